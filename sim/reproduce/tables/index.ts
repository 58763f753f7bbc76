/** The tables of the documentation that can be made again. */
import { comparisonTables } from './comparison-tables.ts';
import type { DocTable } from './doc-table.ts';
import { fgdTables } from './fgd-tables.ts';
import { findingsPages } from './findings-pages.ts';

/** Those that take least first. */
export const docTables: readonly DocTable[] = [...fgdTables, ...comparisonTables, ...findingsPages].sort(
  (a, b) => a.measured.cpuMinutes - b.measured.cpuMinutes,
);
