/** docs/policies.md names every policy and every option, and its example runs. `npm test` builds first. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { policies } from '../../core/policies/index.ts';

const text = readFileSync('docs/policies.md', 'utf8');
/** Cells of the rows whose first cell is code. */
const rows = [...text.matchAll(/^\| (`.*)\|$/gm)].map(([, row]) => row!.split(' | ').map((cell) => cell.trim()));
const codesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

test('every policy has its row', () => {
  const named = rows.flatMap(([first]) => codesIn(first!));
  for (const { name } of policies) expect(named).toContain(name);
});

test('every option has one row, with its policies and its default first', () => {
  const names = [...new Set(policies.flatMap(({ options = {} }) => Object.keys(options)))];
  for (const name of names) {
    const found = rows.filter(([first]) => codesIn(first!).join() === name);
    expect(found.length, name).toBe(1);
    const having = policies.filter(({ options }) => options?.[name] !== undefined);
    expect(codesIn(found[0]![1]!)).toEqual(having.map((policy) => policy.name));
    const { default: usual, choices = [] } = having[0]!.options![name]!;
    expect(found[0]![2]).toMatch(choices.length === 0 ? new RegExp(`^${usual}:`) : new RegExp(`^[^\`]*\`${usual}\``));
    for (const choice of choices) expect(found[0]![2]).toContain(`\`${choice}\``);
  }
});

test('the policy that it shows runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heps-docs-policies-'));
  try {
    writeFileSync(join(folder, 'mine.ts'), /```ts\n(.*?)```/s.exec(text)![1]!);
    const words = ['simulate', '--policy', './mine.ts', '--cluster', 'heps-test-3', '--days', '1', '--load', '0.2'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('dist/cli.js'), ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('emptiest on heps-test-3');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
