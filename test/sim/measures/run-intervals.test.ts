import { describe, expect, test } from 'vitest';
import type { SeriesColumns } from '../../../core/runs/run-file.ts';
import { DailyCounts } from '../../../sim/measures/daily-counts.ts';
import { intervalsOf } from '../../../sim/measures/run-intervals.ts';

const dayS = 86_400;

/** Two VMs a day, the second for GPUs and served on every other day; the first waits an hour. Half the vCPUs in use on even days, all on odd ones. */
function tenants(days: number): { series: SeriesColumns; daily: DailyCounts } {
  const daily = new DailyCounts();
  for (let day = 0; day < days; day++) {
    for (const isGpu of [false, true]) {
      const isServed = !isGpu || day % 2 === 0;
      daily.arrived(day * dayS, isGpu);
      daily.placed(day * dayS, isGpu ? 0 : 3600, isGpu, isServed);
    }
  }
  const vcpuShare = Array.from({ length: days * 4 }, (_, index) => (Math.floor(index / 4) % 2 === 0 ? 0.5 : 1));
  const none = vcpuShare.map(() => 0);
  const names = ['ramShare', 'cardShare', 'cardMemoryAskedShare', 'strandedCards', 'cpuVmsOnGpuHosts'];
  const series = { intervalS: dayS / 4, vcpuShare, ...Object.fromEntries(names.map((name) => [name, none])) };
  return { series: series as unknown as SeriesColumns, daily };
}

const intervalOf = (label: string, days: number, fromS = 0, untilS = days * dayS) => {
  const { series, daily } = tenants(days);
  return intervalsOf(series, daily, fromS, untilS).find((each) => each.label === label);
};

describe('intervals of one run', () => {
  test('shares are ratios of what the days counted', () => {
    // Ten days: 2 and 1 of 2 served; residuals ±½; error √(10 · ¼ / 90) / 2 = 1/12; t(9) = 2.26216: 18.851 %.
    expect(intervalOf('served as asked', 10)).toMatchObject({ unit: '%', batches: 10, batchDays: 1 });
    expect(intervalOf('served as asked', 10)!.halfWidth).toBeCloseTo((100 * 2.262157) / 12, 4);
    // GPU VMs: 1 and 0 of 1, residuals ±½, error 1/6.
    expect(intervalOf('GPU VMs served as asked', 10)!.halfWidth).toBeCloseTo((100 * 2.262157) / 6, 4);
    // Waits: an hour over two VMs each day.
    expect(intervalOf('wait, mean', 10)).toMatchObject({ unit: 'h', halfWidth: 0 });
  });

  test('levels are means of whole days', () => {
    // ½ and 1: residuals ±¼, error √(10 / 16 / 90) = 1/12.
    expect(intervalOf('vCPUs in use', 10)!.halfWidth).toBeCloseTo((100 * 2.262157) / 12, 4);
  });

  test('counts and quantiles of one run have no interval', () => {
    expect(intervalOf('conflicts', 10)).toBeUndefined();
    expect(intervalOf('wait, 95th percentile', 10)).toBeUndefined();
  });

  test('days that the warm-up or the end cuts are left out', () => {
    expect(intervalOf('served as asked', 12, dayS / 2, 11.5 * dayS)).toMatchObject({ batches: 10 });
    expect(intervalOf('served as asked', 11, dayS / 2, 10.5 * dayS)).toBeUndefined();
  });

  test('fewer than ten days give no interval, and from ten weeks on batches are weeks', () => {
    expect(intervalOf('served as asked', 9)).toBeUndefined();
    expect(intervalOf('served as asked', 69)).toMatchObject({ batchDays: 3, batches: 23 });
    // Weeks from an even day have 4 even days, the others 3: alternating again, over 14 VMs each: error (1/2 √(10/90)) / 14 = 1/84.
    expect(intervalOf('served as asked', 72)).toMatchObject({ batchDays: 7, batches: 10 });
    expect(intervalOf('served as asked', 72)!.halfWidth).toBeCloseTo((100 * 2.262157) / 84, 4);
  });
});
