/** Two runs side by side in a real browser. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRunFile } from '../../sim/records/run-file-io.ts';
import { startView, type ViewProcess } from '../cli/view-process.ts';
import { makeSampleRuns, openTab, type SampleRuns, startChromium } from './chromium.ts';

let browser: Browser;
let runs: SampleRuns;
let server: ViewProcess;
let page: Page;
let errors: string[];

beforeAll(async () => {
  browser = await startChromium();
  runs = makeSampleRuns();
  server = await startView([runs.hybrid, runs.nova], process.cwd());
  ({ page, errors } = await openTab(browser, { width: 1440, height: 900 }));
  await page.goto(`${server.url}#view=compare`);
  await page.locator('.compare-view .verdict').waitFor();
});

afterAll(async () => {
  await browser?.close();
  await server?.end('SIGINT');
  runs?.remove();
  expect(errors).toEqual([]);
});

const figures = async (label: string): Promise<string> =>
  (await page.locator('.compare-view tr').filter({ hasText: label }).first().innerText()).replace(/\s+/g, ' ');

test('the verdict and the table say what the run files say', async () => {
  const [hybrid, nova] = [readRunFile(runs.hybrid).summary, readRunFile(runs.nova).summary];
  expect(await page.locator('.verdict').innerText()).toContain('hybrid serves more VMs as asked than nova');
  const served = await figures('served as asked');
  expect(served).toContain((hybrid.servedShare! * 100).toFixed(2));
  expect(served).toContain((nova.servedShare! * 100).toFixed(2));
  expect(await figures('GPU VMs on a card too small')).toContain(nova.wrongCards.toFixed(1));
});

test('VM by VM: the classes hold every VM, and lead to the decisions in both runs', async () => {
  const classes = page.locator('.class-buttons button');
  const counts = (await classes.allInnerTexts()).map((text) => Number(/[\d,]+/.exec(text)![0].replaceAll(',', '')));
  expect(counts).toHaveLength(4);
  const { all } = readRunFile(runs.hybrid).summary;
  expect(counts.reduce((sum, each) => sum + each, 0)).toBe(all.arrived);
  expect(counts[0]! + counts[1]!).toBe(all.served);

  await page
    .getByRole('button', { name: /^Why: / })
    .first()
    .click();
  await page.waitForFunction(() => location.hash.includes('vm='));
  await page.locator('.side .decision h2').waitFor();
});

test('the figures are saved as one picture, with every number of the table', async () => {
  await page.goto('about:blank');
  await page.goto(`${server.url}#view=compare`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save figures as SVG' }).click(),
  ]);
  const svg = readFileSync(await download.path(), 'utf8');
  for (const { summary } of [readRunFile(runs.hybrid), readRunFile(runs.nova)]) {
    expect(svg).toContain(`>${(summary.servedShare! * 100).toFixed(2)}<`);
  }
  expect(svg.match(/<svg /g)!.length).toBeGreaterThan(10); // the plots of the rows, in it
});

test('a link keeps which runs and which lines are compared', async () => {
  await page.goto('about:blank');
  await page.goto(`${server.url}#view=compare&shown=1&line=2`);
  await page.locator('.compare-map canvas').first().waitFor();
  expect((await page.locator('.compare-map h3').allInnerTexts()).map((text) => text.trim())).toEqual(['nova']);
  expect(await page.locator('.compare-lines select').inputValue()).toBe('2');
});

test('one clock moves all maps', async () => {
  await page.goto(`${server.url}#view=compare&atS=100000`);
  await page.locator('.compare-map canvas').nth(1).waitFor();
  const before = await page.locator('.compare-map').allInnerTexts();
  await page.keyboard.press('Shift+ArrowRight');
  await page.waitForFunction(
    (text) => (document.querySelector('.compare-map') as HTMLElement).innerText !== text,
    before[0]!,
  );
  const after = await page.locator('.compare-map').allInnerTexts();
  expect(after[1]).not.toBe(before[1]);
});
