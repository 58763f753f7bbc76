/** The entries of the library: what they offer, and what is not loaded for it. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { Cluster, compare, explain, policies, readCluster, schedule, simulate } from '../index.ts';

const root = join(import.meta.dirname, '..');

/** Files and packages that a source loads when it is imported; what is only a type, or is imported later, is not. */
function loadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(join(root, file), 'utf8');
  for (const [, what, to] of code.matchAll(/^(?:import|export) ([^;]*?)from '([^']+)';/gms)) {
    const isType = what!.startsWith('type ') || /^\{(?:\s*type \w+,?)+\s*\} $/.test(what!);
    if (isType) continue;
    if (to!.startsWith('.')) loadedBy(relative(root, join(root, dirname(file), to!)), seen);
    else seen.add(to!);
  }
  return seen;
}

test('the library has what a script needs', () => {
  for (const value of [Cluster, readCluster, schedule, explain, simulate, compare])
    expect(value).toBeTypeOf('function');
  expect(policies.map(({ name }) => name)).toContain('hybrid');
});

test('importing it loads no live cloud, no threads, no solver, no command line', () => {
  const loaded = [...loadedBy('index.ts')];
  expect(loaded).toContain('rxjs');
  const heavy = ['piscina', 'highs', 'libsql', 'mysql2', 'commander', 'cli-progress', 'hyparquet-writer', 'undici'];
  expect(loaded.filter((name) => heavy.includes(name) || name.startsWith('live/'))).toEqual([]);
});

test('the core loads nothing of Node and no package', () => {
  expect([...loadedBy('core/index.ts')].filter((name) => !name.startsWith('core/'))).toEqual([]);
});
