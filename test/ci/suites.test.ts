/** Holds what `.ci/run` relies on: a suite that is left out depends on nothing but the paths of its line in `.ci/suites`. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const suites = textOf('.ci/suites')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name, lane, ...paths] = line.split(/\s+/);
    return { name: name!, lane: lane!, paths };
  });

/** The folder of a suite's tests. */
function folderOf(name: string): string {
  const config = /test\/[a-z]+\/vitest\.config\.ts/;
  const command = /npm run (test:[a-z]+)/.exec(textOf(`.ci/${name}`))?.[1];
  const text = command === undefined ? textOf(`.ci/${name}`) : JSON.parse(textOf('package.json')).scripts[command];
  const [file] = config.exec(text) ?? [];
  if (file === undefined) throw new Error(`.ci/${name} names no vitest.config.ts`);
  return dirname(file);
}

const sourcesUnder = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

/** The files given and all that they import; with those of the built command and pages, where one of them names these. */
function closureOf(files: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const open = [...files];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = textOf(file);
    for (const [, to] of text.matchAll(/(?:from|import|import\()\s*'(\.[^']+\.ts)'/g)) {
      open.push(relative(root, join(root, dirname(file), to!)));
    }
    if (text.includes('dist/cli.js')) open.push('cli.ts');
    if (file.startsWith('test/') && /dist\/(viz|portal)/.test(text)) open.push(...sourcesUnder('viz'));
  }
  return seen;
}

test('every suite of the list has a script that can be run, and every script is in the list', () => {
  const scripts = readdirSync(join(root, '.ci')).filter(
    (name) => !['count-tests.mjs', 'lib', 'run', 'suites'].includes(name),
  );
  expect(suites.map(({ name }) => name).sort()).toEqual(scripts.sort());
  for (const name of [...scripts, 'run']) accessSync(join(root, '.ci', name), constants.X_OK);
});

test('lint, types, unit tests and the first command are never left out', () => {
  const always = suites.filter(({ lane }) => lane === 'first');
  expect(always).toEqual(['lint', 'types', 'unit', 'start'].map((name) => ({ name, lane: 'first', paths: [] })));
});

const some = suites.filter(({ lane, paths }) => lane !== 'first' && !paths.includes('.'));
test.each(some)('the paths of suite $name exist, and hold all that its tests import', ({ name, paths }) => {
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const isCovered = (file: string) => paths.some((path) => file === path || file.startsWith(`${path}/`));
  const folder = folderOf(name);
  expect(statSync(join(root, folder)).isDirectory()).toBe(true);
  const files = closureOf(sourcesUnder(folder));
  expect(files.size).toBeGreaterThan(2);
  expect([...files].filter((file) => !isCovered(file))).toEqual([]);
});
