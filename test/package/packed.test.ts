/** The package as a user meets it: packed, installed into an empty folder, imported, compiled. Needs `npm run build`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPacked, type PackedPackage, root } from './packed.ts';

let packed: PackedPackage;
beforeAll(() => {
  packed = installPacked();
});
afterAll(() => packed.remove());

/** An experiment of a researcher, in the types' own words. */
const experiment = `
import { Cluster, compare, createPolicy, explain, type Policy, type PolicyFactory, policies, readCluster, schedule, simulate } from 'heps-vcd';
import { vmRequest } from 'heps-vcd/core';

const { hosts } = await readCluster('heps-250');
const cluster = new Cluster(hosts);
const request = vmRequest({ id: 'a', vcpus: 8, ramMib: 16384, cards: 1, cardMemoryMib: 20000 });
const hybrid: PolicyFactory = policies.find(({ name }) => name === 'hybrid')!;
const policy: Policy = createPolicy(hybrid);
const decision = schedule(cluster, request, policy);
const { verdicts } = explain(cluster, request, policy);
console.log(decision.kind, verdicts.length);

const run = await simulate({ cluster: 'heps-250', days: 1, policy: 'hybrid', seed: 1 });
const served: number = run.summary.all.placed;
const comparison = await compare({ cluster: 'heps-250', days: 1, policies: ['hybrid', 'nova'], seeds: [1, 2] });
console.log(served > 0, comparison.policies.join());
`;

describe('the packed package', () => {
  test('the packed package is imported from an empty folder, and schedules, explains, simulates and compares', () => {
    packed.write(
      'experiment.mjs',
      experiment.replace(/, type \w+|: PolicyFactory|: Policy|: number|\)!/g, (part) => (part === ')!' ? ')' : '')),
    );
    expect(packed.run('node', 'experiment.mjs')).toBe('placed 250\ntrue hybrid,nova\n');
  });

  test.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('compiles under strict with module %s and %s resolution', (module, moduleResolution) => {
    packed.write('experiment.ts', experiment);
    const options = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      module,
      '--moduleResolution',
      moduleResolution,
    ];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    expect(packed.run('node', tsc, ...options, '--types', '', 'experiment.ts')).toBe('');
  });

  test('the packed package has the command heps', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(packed.run('npx', 'heps', '--version')).toBe(`${version}\n`);
    expect(packed.run('npx', 'heps', 'cluster', 'describe', 'heps-250')).toContain('250 hosts');
  });

  test('the packed package is found free of faults by publint and attw', () => {
    const publint = execFileSync('npx', ['publint', '--strict', packed.tarball], { cwd: root, encoding: 'utf8' });
    expect(publint).toContain('All good!');
    const attw = spawnSync('npx', ['attw', '--profile', 'esm-only', '--format', 'json', packed.tarball], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(attw.status, attw.stdout).toBe(0);
  });

  test('the packed package holds what a user needs, and no sources, tests or benchmarks', () => {
    const files = packed.files();
    for (const file of [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/cli.js',
      'dist/viz/index.html',
      'dist/portal/index.html',
    ]) {
      expect(files).toContain(file);
    }
    const strange = files.filter(
      (file) =>
        (/^(?:bench|test|findings|viz|core|sim)\//.test(file) && file !== 'bench/README.md') ||
        /(?<!\.d)\.ts$|\.tsbuildinfo$|\.test\.[jt]s$/.test(file.replace(/^docs\/examples\/.*/, '')),
    );
    expect(strange).toEqual([]);
  });

  test('the packed package holds every document that its documents link to', () => {
    const files = new Set(packed.files());
    const dead = [...files]
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) => {
        const text = readFileSync(join(packed.folder, 'node_modules/heps-vcd', file), 'utf8');
        const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+\.(?:md|png|ipynb))(?:#[^)]*)?\)/g)].map(
          ([, to]) => to!,
        );
        return links
          .map((to) => relative('.', join(dirname(file), to)))
          .filter((to) => !files.has(to))
          .map((to) => `${file} → ${to}`);
      });
    expect(dead).toEqual([]);
  });
});

test('heps-vcd/core needs nothing of Node: bundled for a browser, it schedules in an empty context', async () => {
  const { build } = await import('vite');
  const { createContext, runInContext } = await import('node:vm');
  const entry = join(packed.folder, 'node_modules/heps-vcd/dist/core/index.js');
  const result = await build({
    logLevel: 'silent',
    configFile: false,
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'heps' } },
  });
  const [{ output }] = result as unknown as [{ output: [{ code: string }] }];
  const { code } = output[0];
  const script = `${code}
    const cluster = new heps.Cluster([{ name: 'a', vcpus: 8, cpuAllocationRatio: 1, ramMib: 8192, diskGib: 10, cards: [] }]);
    heps.schedule(cluster, heps.vmRequest({ id: 'v', vcpus: 2, ramMib: 1024 }), heps.createPolicy(heps.policyNamed('hybrid'))).kind`;
  expect(runInContext(script, createContext({}))).toBe('placed');
});
