/** A run of somebody's own policy on the built page, in a real browser: served, as one file, without its policy, and with one that the page cannot load. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startView } from '../cli/view-process.ts';
import { heps, openTab, runIsShown, startChromium } from './chromium.ts';

const policy = resolve('docs/examples/own-policy/own-policy.ts');
let browser: Browser;
let folder: string;
let run: string;
let page: Page;
let errors: string[];

beforeAll(async () => {
  browser = await startChromium();
  folder = mkdtempSync(join(tmpdir(), 'heps-own-policy-'));
  run = join(folder, 'own.run.json');
  heps(['simulate', '--policy', policy, '--days', '1', '--cluster', 'heps-test-3', '--load', '0.2', '--out', run]);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  ({ page, errors } = await openTab(browser, { width: 1440, height: 900 }));
});

afterEach(async () => {
  await page.close();
});

const vm = 'heps-000003';
const decision = () => page.locator('section.decision');

/** Opens the page on a VM's decision. */
async function openDecision(address: string): Promise<void> {
  await page.goto(address);
  await runIsShown(page);
  await page.getByRole('searchbox').fill(vm);
  await page.getByRole('searchbox').press('Enter');
  await decision().getByText(`${vm} went to`).waitFor();
}

test('the served page decides again by the policy itself, as heps explain does', async () => {
  const server = await startView([run], process.cwd());
  try {
    await openDecision(server.url);
    await decision().getByText('cardMemory', { exact: true }).first().waitFor();
    const score = /score (-[\d.]+)/.exec(heps(['explain', run, vm]))![1]!;
    await decision().getByText(Number(score).toFixed(6)).first().waitFor();
    expect(errors).toEqual([]);
  } finally {
    await server.end('SIGINT');
  }
});

test('an exported page carries the policy', async () => {
  const out = join(folder, 'page.html');
  heps(['view', run, '--export', out]);
  await openDecision(pathToFileURL(out).href);
  await decision().getByText('cardMemory', { exact: true }).first().waitFor();
  expect(errors).toEqual([]);
});

test('a run without its policy is shown, and says which file explanations need', async () => {
  const moved = join(folder, 'moved');
  mkdirSync(moved);
  const lost = join(moved, 'lost.run.json');
  const mine = join(folder, 'mine.mjs');
  heps(['policy', 'new', mine]);
  heps(['simulate', '--policy', mine, '--days', '1', '--cluster', 'heps-test-3', '--load', '0.2', '--out', lost]);
  renameSync(mine, join(folder, 'elsewhere.mjs'));
  const server = await startView([lost], process.cwd());
  try {
    await openDecision(server.url);
    await decision().getByText(`open this run with heps view RUN --policy ${mine}`).waitFor();
    expect(errors).toEqual([]);
  } finally {
    const { stderr } = await server.end('SIGINT');
    expect(stderr).toContain(`made by policy mine of ${mine}, which is not there; give it with --policy FILE`);
  }
});

test('a policy of several files is shown without explanations, and the page says why', async () => {
  const parts = join(folder, 'parts.mjs');
  writeFileSync(join(folder, 'part.mjs'), 'export const weight = 1;\n');
  writeFileSync(
    parts,
    `import { fineGrained } from 'heps-vcd';
import { weight } from './part.mjs';
export default { name: 'parts', summary: 'first fit of two files', create: () => ({ ...fineGrained, name: 'parts', score: () => weight, terms: () => ({ weight }) }) };
`,
  );
  const out = join(folder, 'parts.run.json');
  heps(['simulate', '--policy', parts, '--days', '1', '--cluster', 'heps-test-3', '--load', '0.2', '--out', out]);
  const server = await startView([out], process.cwd());
  try {
    await openDecision(server.url);
    await decision().getByText('one file and imports from heps-vcd alone').waitFor();
  } finally {
    await server.end('SIGINT');
  }
});
