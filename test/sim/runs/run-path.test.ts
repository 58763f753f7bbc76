/** Default names of run files: a run replaces only one that was the same. */
import { expect, test } from 'vitest';
import { defaultCloud } from '../../../sim/cloud/cloud-options.ts';
import type { DecisionPlan } from '../../../sim/runs/run.ts';
import { runPathOf } from '../../../sim/runs/run-path.ts';

const usual: DecisionPlan = {
  cluster: 'heps-250',
  workload: { preset: 'heps', trace: null, days: 30, load: 1, times: null, skipInvalid: false },
  policy: 'hybrid',
  policyOptions: { similarity: 'normalised' },
  cloud: defaultCloud,
  engine: 'auto',
  seed: 1,
};

test('a run with the usual options is named by cluster, workload, policy and seed alone', () => {
  expect(runPathOf('runs', usual)).toBe('runs/heps-250_heps-30d_hybrid_seed1.run.json');
  const trace = { ...usual.workload, preset: null, trace: './week.csv.gz', days: null };
  expect(runPathOf('out', { ...usual, workload: trace })).toBe('out/heps-250_week_hybrid_seed1.run.json');
});

test('runs that differ in anything that decides their file have different names', () => {
  const { workload, cloud } = usual;
  const others: DecisionPlan[] = [
    usual,
    { ...usual, seed: 2 },
    { ...usual, policy: 'nova' },
    { ...usual, policyOptions: { similarity: 'raw' } },
    { ...usual, policyOptions: { similarity: 'normalised', spill: 'never' } },
    { ...usual, cloud: { ...cloud, onFull: 'queue' } },
    { ...usual, cloud: { ...cloud, onFull: 'queue', backfill: true } },
    { ...usual, cloud: { ...cloud, schedulers: 3 } },
    { ...usual, workload: { ...workload, load: 1.1 } },
    { ...usual, workload: { ...workload, skipInvalid: true } },
    { ...usual, workload: { ...workload, preset: 'a/own.json' } },
    { ...usual, workload: { ...workload, preset: 'b/own.json' } },
    { ...usual, cluster: 'a/own.json' },
    { ...usual, cluster: 'b/own.json' },
    { ...usual, warmUpS: 86_400 },
    { ...usual, warmUpS: 'auto' },
    { ...usual, policyModule: { file: '/a/mine.ts', given: 'a/mine.ts', sha256: '' } },
    { ...usual, policyModule: { file: '/b/mine.ts', given: 'b/mine.ts', sha256: '' } },
  ];
  const names = [...others.map((plan) => runPathOf('runs', plan)), runPathOf('runs', usual, true)];
  expect(new Set(names).size).toBe(names.length);
});

test('how the best host is found decides nothing, and neither does an option that is given as it is usually', () => {
  const same: DecisionPlan[] = [
    { ...usual, engine: 'scan' },
    { ...usual, policyOptions: { similarity: 'normalised', spill: 'allowed' } },
    { ...usual, cloud: { ...defaultCloud, schedulers: 1 } },
  ];
  expect(same.map((plan) => runPathOf('runs', plan))).toEqual(same.map(() => runPathOf('runs', usual)));
});
