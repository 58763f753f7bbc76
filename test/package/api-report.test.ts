/** The public API against its committed report; `npm run test:package -- -u` writes it again. Needs `npm run build`. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ApiReport, entries, reportOf } from './api-report.ts';

const folder = join(import.meta.dirname, '../../docs/api-report');
const names = Object.keys(entries) as (keyof typeof entries)[];
const reports = new Map<string, ApiReport>();

beforeAll(() => {
  for (const name of names) reports.set(name, reportOf(name));
});

describe.each(names)('%s', (entry) => {
  test('is what its committed report says', async () => {
    const { name, text } = reports.get(entry)!;
    await expect(text).toMatchFileSnapshot(join(folder, name));
  });

  test('mentions only types that it or another entry exports', () => {
    const exported = new Set([...reports.values()].flatMap((report) => report.exported));
    expect(reports.get(entry)!.unnamed.filter((name) => !exported.has(name))).toEqual([]);
  });

  test('has a sentence on every export', () => {
    const { undocumented, complaints } = reports.get(entry)!;
    expect(undocumented).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
