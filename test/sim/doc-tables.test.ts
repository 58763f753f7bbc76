/** Tables of the documentation: found in their pages, and differences told line by line. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { differenceCell, estimateCell, grouped } from '../../sim/reproduce/tables/figure-cells.ts';
import { docTables } from '../../sim/reproduce/tables/index.ts';
import { differingLines, tableIn } from '../../sim/reproduce/tables/table-in-page.ts';

test.each(docTables)('$name stands once in $page, and what it needs of the repository is there', (table) => {
  const page = readFileSync(table.page, 'utf8');
  const lines = page.split('\n').filter((line) => table.firstLine !== null && line.startsWith(table.firstLine));
  expect(lines).toHaveLength(table.firstLine === null ? 0 : 1);
  expect(tableIn(page, table.firstLine)!.split('\n').length).toBeGreaterThan(2);
  for (const path of table.sources) expect([path, existsSync(path)]).toEqual([path, true]);
});

test('a table ends where its lines do; a page without it has none', () => {
  const page = 'a\n| x | y |\n| --- |\n| 1 |\n\n| 2 |\n';
  expect(tableIn(page, '| x |')).toBe('| x | y |\n| --- |\n| 1 |');
  expect(tableIn(page, '| 2 |')).toBe('| 2 |');
  expect(tableIn(page, '| z |')).toBeUndefined();
  expect(tableIn(page, null)).toBe(page.trimEnd());
});

test('lines that differ are told with their number, of both tables, and those that only one has', () => {
  expect(differingLines('a\nb\nc', 'a\nb\nc')).toEqual([]);
  expect(differingLines('a\nb\nc', 'a\nB')).toEqual(['2 - b', '2 + B', '3 - c']);
});

test('figures are written as in the pages', () => {
  expect(grouped(1234567.891, 1)).toBe('1 234 567.9');
  expect(estimateCell({ mean: -1234.5, halfWidth: 0.25 }, 2)).toBe('−1 234.50 ± 0.25');
  expect(estimateCell(null, 2)).toBe('–');
  expect(differenceCell({ mean: 1, halfWidth: null }, 1)).toBe('+1.0');
});
