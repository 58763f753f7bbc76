/** The examples of docs/library.md compile under `strict`, run, and print what stands beside `//>`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const blocks = [...readFileSync('docs/library.md', 'utf8').matchAll(/^```ts( compile)?\n(.*?)^```$/gms)].map(
  ([, only, code], index) => ({ name: `example-${index + 1}`, code: code!, isRun: only === undefined }),
);
let folder: string;

/** In the package, where `heps-vcd` is the package itself. */
beforeAll(() => {
  folder = mkdtempSync(resolve('dist/library-'));
  for (const { name, code } of blocks) writeFileSync(join(folder, `${name}.mts`), code);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('they compile', () => {
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--skipLibCheck', '--types', 'node'];
  const files = blocks.map(({ name }) => join(folder, `${name}.mts`));
  const { stdout, status } = spawnSync('npx', ['tsc', '--ignoreConfig', ...options, ...files], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test.each(blocks.filter(({ isRun }) => isRun))('$name prints what stands beside it', ({ name, code }) => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, `${name}.mjs`)], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toEqual([...code.matchAll(/\/\/> (.*)$/gm)].map(([, text]) => text));
});
