/** The public API against its committed report; `npm run test:package -- -u` writes it again. Needs `npm run build`. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ApiReport, entries, reportOf } from './api-report.ts';

const folder = join(import.meta.dirname, '../../docs/api-report');

describe.each(Object.keys(entries) as (keyof typeof entries)[])('%s', (entry) => {
  let report: ApiReport;

  test('is what its committed report says', async () => {
    report = reportOf(entry);
    await expect(report.text).toMatchFileSnapshot(join(folder, report.name));
  });

  test('exports every type that its exports mention, and documents each', () => {
    expect(report.complaints).toEqual([]);
  });
});
