/** Holds the walls between the folders, and `core` free of files, network, timers, clocks and chance. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** From where each folder may import besides itself. `sim` and `live` do not know each other; both find the package's files and load policies from files, and a recorded cloud is a trace. */
const mayImport = {
  core: [],
  files: ['core'],
  traces: ['core'],
  'policy-modules': ['core'],
  sim: ['core', 'traces', 'policy-modules', 'package-files.ts', 'command-groups.ts', 'idle-options.ts', 'files'],
  live: ['core', 'traces', 'policy-modules', 'package-files.ts', 'command-groups.ts', 'idle-options.ts', 'files'],
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

const sources = Object.keys(mayImport).flatMap(sourcesOf);

/** What each source imports of the project. */
const importsByFile = new Map(
  sources.map((source) => [source.file, importsOf(source).filter((to) => !to.startsWith('package '))]),
);

/** Imports between two sources, without those of files that put others together and may know all of them. */
const arrows = [...importsByFile].flatMap(([from, imports]) =>
  /(^|\/)(cli|main|index)\.ts$/.test(from) ? [] : imports.map((to) => [from, to] as const),
);

/** Members of circles: those reached from themselves. */
function inCircles(next: ReadonlyMap<string, Iterable<string>>): string[] {
  return [...next.keys()].filter((start) => reachedFrom(next, start).has(start));
}

/** What is reached in one step or more. */
function reachedFrom(next: ReadonlyMap<string, Iterable<string>>, ...starts: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const open = [...starts];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const to of next.get(at) ?? []) {
      if (reached.has(to)) continue;
      reached.add(to);
      open.push(to);
    }
  }
  return reached;
}

/** The folders in a folder, each with all that is in it, and the folder's own files together as `.`: who imports whom. */
function arrowsInside(folder: string): Map<string, Set<string>> {
  const placeOf = (file: string): string | null => {
    if (!file.startsWith(`${folder}/`)) return null;
    const [first, ...rest] = file.slice(folder.length + 1).split('/');
    return rest.length === 0 ? '.' : first!;
  };
  const next = new Map<string, Set<string>>();
  for (const [from, to] of arrows) {
    const [one, other] = [placeOf(from), placeOf(to)];
    if (one === null || other === null || one === other) continue;
    next.set(one, (next.get(one) ?? new Set()).add(other));
  }
  return next;
}

function foldersIn(area: string): string[] {
  const folders = sourcesOf(area).map(({ file }) => dirname(file).split('/'));
  return [...new Set(folders.flatMap((parts) => parts.map((_, index) => parts.slice(0, index + 1).join('/'))))];
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

test('the portal imports core/wire and the helpers of every page only', () => {
  const allowed = /^(?:package |viz[\\/]portal[\\/]|viz[\\/]page[\\/]|core[\\/]wire[\\/])/;
  const outside = sourcesOf('viz/portal').flatMap((source) =>
    importsOf(source)
      .filter((to) => !allowed.test(to))
      .map((to) => `${source.file} imports ${to}`),
  );
  expect(outside).toEqual([]);
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

test('no file imports itself by way of others', () => {
  expect(importsByFile.size).toBeGreaterThan(400);
  expect(inCircles(importsByFile)).toEqual([]);
});

const areasWithoutCircles = ['core', 'traces', 'sim', 'live', 'viz'];

test.each(areasWithoutCircles)('at no level of %s do folders import each other in a circle', (area) => {
  const circles = foldersIn(area).flatMap((folder) =>
    inCircles(arrowsInside(folder)).map((place) => join(folder, place)),
  );
  expect(circles).toEqual([]);
});

test('nothing else of core imports core/wire, what servers and pages say to each other', () => {
  const climbing = [...importsByFile].filter(
    ([file, imports]) =>
      file.startsWith('core/') && !file.startsWith('core/wire/') && imports.some((to) => to.startsWith('core/wire/')),
  );
  expect(climbing.map(([file]) => file)).toEqual([]);
});

test('the portal reaches nothing of core but core/wire, whatever of viz it goes through', () => {
  const outsideWire = new Map([...importsByFile].filter(([file]) => !file.startsWith('core/')));
  const portal = [...importsByFile.keys()].filter((file) => file.startsWith('viz/portal/'));
  expect(portal.length).toBeGreaterThan(20);
  const reached = [...reachedFrom(outsideWire, ...portal)].filter((file) => !/^(viz|core\/wire)\//.test(file));
  expect(reached).toEqual([]);
});

test('live/database imports nothing of live', () => {
  const imports = [...importsByFile].filter(([file]) => file.startsWith('live/database/')).flatMap(([, all]) => all);
  expect(imports.filter((to) => to.startsWith('live/') && !to.startsWith('live/database/'))).toEqual([]);
});

test('sim has no loose files but its doors', () => {
  const loose = sourcesOf('sim').filter(({ file }) => dirname(file) === 'sim');
  expect(loose.map(({ file }) => file).filter((file) => file !== 'sim/cli.ts' && file !== 'sim/index.ts')).toEqual([]);
});
