/** What the documents say of the repository itself: links lead somewhere, commands exist, the citation is of this version. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const { scripts, version } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string>; version: string };

/** The name by which a heading is linked to. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

const anchorsOf = (file: string): string[] =>
  [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));

test.each(documents)('%s links to files and headings that exist', (document) => {
  const broken = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, to]) => to!)
    .filter((to) => !/^[a-z]+:/.test(to))
    .filter((to) => {
      const [path, anchor] = to.split('#');
      const file = path === '' ? document : join(dirname(document), path!);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor);
    });
  expect(broken).toEqual([]);
});

test.each(['README.md', 'CONTRIBUTING.md'])('the npm commands and files of .ci that %s names exist', (document) => {
  const text = textOf(document);
  const commands = [...text.matchAll(/npm (?:run )?(start|test|dev|(?<=run )[a-z][a-z:-]*)/g)].map(([, name]) => name!);
  expect(commands.length).toBeGreaterThan(2);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
  const files = [...text.matchAll(/\.ci\/[a-z0-9-]+/g)].map(([file]) => file);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test('CONTRIBUTING names every suite of the gate and every npm script that tests', () => {
  const text = textOf('CONTRIBUTING.md');
  const suites = textOf('.ci/suites').matchAll(/^([a-z0-9-]+) /gm);
  const named = [
    ...[...suites].map(([, name]) => `.ci/${name}`),
    ...Object.keys(scripts).filter((name) => /^test:/.test(name)),
  ];
  expect(named.filter((name) => !text.includes(name))).toEqual([]);
});

test('the table of documents names each of them', () => {
  const text = textOf('docs/README.md');
  const others = documents.filter((file) => /^docs\/[^/]+\.md$/.test(file) && file !== 'docs/README.md');
  expect(others.filter((file) => !text.includes(`](${file.slice('docs/'.length)})`))).toEqual([]);
});

test('CITATION.cff is of version 1.2.0 of its format, and cites this version and the paper', () => {
  const citation = parse(textOf('CITATION.cff'));
  expect(citation).toMatchObject({
    'cff-version': '1.2.0',
    title: 'heps-vcd',
    type: 'software',
    message: expect.any(String),
    version,
    license: 'Apache-2.0',
    authors: [{ name: 'heps-vcd developers' }],
    'preferred-citation': { type: 'conference-paper', authors: [{ 'family-names': 'Xu' }, { 'family-names': 'Hu' }] },
  });
  const known = 'cff-version message type title abstract version license authors keywords preferred-citation'.split(
    ' ',
  );
  expect(Object.keys(citation).filter((key) => !known.includes(key))).toEqual([]);
});
