/** Holds the import rules of the folders, and `core` free of files, network, timers, clocks and chance. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** From where each folder may import besides itself. `sim` and `live` do not know each other; both find the package's files and load policies from files, and a recorded cloud is a trace. */
const mayImport = {
  core: [],
  traces: ['core'],
  'policy-modules': ['core'],
  sim: ['core', 'traces', 'policy-modules', 'package-files.ts'],
  live: ['core', 'traces', 'policy-modules', 'package-files.ts'],
  viz: ['core'],
};
const impure =
  /\b(?:process|document|window|Date|performance|setTimeout|setInterval|fetch|require)\b|\bMath\.random\b/g;

/** The sources under a folder, with comments taken out; none where the folder does not exist. */
function sourcesOf(folder: string): { file: string; code: string }[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[mc]?[jt]sx?$/.test(file) && !file.includes('node_modules'))
    .map((file) => ({ file: join(folder, file), text: readFileSync(join(root, folder, file), 'utf8') }))
    .map(({ file, text }) => ({ file, code: text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '') }));
}

/** What a source imports: a path from the root, or the bare name of a package. */
function importsOf({ file, code }: { file: string; code: string }): string[] {
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, to]) =>
    to!.startsWith('.') ? relative(root, join(root, file, '..', to!)) : `package ${to}`,
  );
}

describe.each(Object.entries(mayImport))('%s', (folder, others) => {
  test(`imports nothing of the project but ${[folder, ...others].join(', ')}`, () => {
    const outside = sourcesOf(folder).flatMap((source) =>
      importsOf(source)
        .filter((to) => !to.startsWith('package ') && ![folder, ...others].includes(to.split(sep)[0]!))
        .map((to) => `${source.file} imports ${to}`),
    );
    expect(outside).toEqual([]);
  });
});

test('core imports no package, not even of Node, and names nothing of the world outside', () => {
  const sources = sourcesOf('core');
  expect(sources.length).toBeGreaterThan(10);
  for (const source of sources) {
    expect(
      importsOf(source).filter((to) => to.startsWith('package ')),
      source.file,
    ).toEqual([]);
    // Texts may speak of a document or a process.
    expect(source.code.replace(/'[^'\n]*'/g, '').match(impure) ?? [], source.file).toEqual([]);
  }
});
