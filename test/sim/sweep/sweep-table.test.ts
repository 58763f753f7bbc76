import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { measures } from '../../../core/runs/measures.ts';
import type { RunSummary } from '../../../core/runs/run-file.ts';
import type { SweepResult } from '../../../sim/sweep/results.ts';
import { formatCsv, formatParquet, measureColumn, sweepTable } from '../../../sim/sweep/sweep-table.ts';

/** A run with only some figures known; every measure reads those or null. */
function resultWith(overrides: Partial<SweepResult>, servedShare: number | null): SweepResult {
  const none = { mean: null, p50: null, p95: null, p99: null, max: null };
  const summary = { servedShare, gpuServedShare: null, acceptanceShare: 0.5, waitS: { ...none, mean: 5400 } };
  return {
    experiment: null,
    policy: 'hybrid',
    seed: 1,
    options: {},
    file: 'a.run.json',
    inputs: {} as SweepResult['inputs'],
    summary: summary as unknown as RunSummary,
    ...overrides,
  };
}

const results = [
  resultWith({ options: { load: 0.7, patience: '4h', backfill: true, trace: 'a "b", c.csv' } }, 0.25),
  resultWith({ seed: 2, options: { load: null, patience: 90, backfill: false, trace: 'd.csv' } }, null),
];
const varied = ['load', 'patience', 'backfill', 'trace'];

test('columns are experiment, policy and seed, what varies, and every measure with its unit', () => {
  const names = sweepTable(results, ['srm-interval-s']).map(({ name }) => name);
  expect(names.slice(0, 4)).toEqual(['experiment', 'policy', 'seed', 'srm_interval_s']);
  expect(names).toContain('served_as_asked_percent');
  expect(names).toContain('wait_95th_percentile_h');
  expect(names).toContain('conflicts');
  expect(names).toHaveLength(4 + measures.length);
});

test('no two measures have the same column', () => {
  expect(new Set(measures.map(measureColumn)).size).toBe(measures.length);
});

test('CSV reads back as written: quotes, commas, and empty cells where nothing was measured', () => {
  const rows: Record<string, string>[] = parse(formatCsv(sweepTable(results, varied)), { columns: true });
  expect(rows).toHaveLength(2);
  // Shares become percent (0.25 → 25), seconds hours (5400 → 1.5); values of several kinds stay as the plan wrote them.
  expect(rows[0]).toMatchObject({
    ...{ experiment: '', policy: 'hybrid', seed: '1', load: '0.7', patience: '4h', backfill: 'true' },
    ...{ trace: 'a "b", c.csv', served_as_asked_percent: '25', wait_mean_h: '1.5', wait_95th_percentile_h: '' },
  });
  expect(rows[1]).toMatchObject({ load: '', patience: '90', backfill: 'false', served_as_asked_percent: '' });
});

test('Parquet reads back with types: numbers, texts, flags and nulls', async () => {
  const bytes = await formatParquet(sweepTable(results, varied));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  expect(rows[0]).toMatchObject({
    ...{ experiment: null, policy: 'hybrid', seed: 1, load: 0.7, patience: '4h', backfill: true },
    ...{ trace: 'a "b", c.csv', served_as_asked_percent: 25, wait_mean_h: 1.5, wait_95th_percentile_h: null },
  });
  expect(rows[1]).toMatchObject({
    seed: 2,
    load: null,
    patience: '90',
    backfill: false,
    served_as_asked_percent: null,
  });
  const types = new Map(parquetMetadata(file).schema.map(({ name, type }) => [name, type]));
  expect(types.get('seed')).toBe('INT32');
  expect(types.get('load')).toBe('DOUBLE');
  expect(types.get('backfill')).toBe('BOOLEAN');
  expect(types.get('gpu_vms_served_as_asked_percent')).toBe('DOUBLE');
});
