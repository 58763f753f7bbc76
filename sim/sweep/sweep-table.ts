/** The one tidy table of a sweep: a row a point, in the plan's order, as CSV and as Parquet. */
import type { BasicType, ColumnSource } from 'hyparquet-writer';
import { type Measure, measures } from '../../core/runs/measures.ts';
import type { PlanValue } from './plan-options.ts';
import type { SweepResult } from './results.ts';

/** A column with one cell a row; null where there is nothing. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'text' | 'number' | 'whole' | 'flag';
  readonly cells: readonly PlanValue[];
}

/** `wait, 95th percentile` in hours → `wait_95th_percentile_h`. */
export function measureColumn({ label, unit }: Measure): string {
  const suffix = unit === '%' ? ' percent' : unit === '' ? '' : ` ${unit}`;
  return snakeCase(label + suffix);
}

function snakeCase(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

/**
 * Experiment, policy and seed, the varied options, then every measure of a run.
 *
 * @param varied names of options
 */
export function sweepTable(results: readonly SweepResult[], varied: readonly string[]): TableColumn[] {
  return [
    { name: 'experiment', type: 'text', cells: results.map(({ experiment }) => experiment) },
    { name: 'policy', type: 'text', cells: results.map(({ policy }) => policy) },
    { name: 'seed', type: 'whole', cells: results.map(({ seed }) => seed) },
    ...varied.map((name) =>
      optionColumn(
        snakeCase(name),
        results.map(({ options }) => options[name]!),
      ),
    ),
    ...measures.map((measure) => ({
      name: measureColumn(measure),
      type: 'number' as const,
      cells: results.map(({ summary }) => measure.read(summary)),
    })),
  ];
}

/** Values that are not all of one kind are texts. */
function optionColumn(name: string, cells: readonly PlanValue[]): TableColumn {
  const kinds = new Set(cells.filter((cell) => cell !== null).map((cell) => typeof cell));
  if (kinds.size === 1 && kinds.has('number')) return { name, type: 'number', cells };
  if (kinds.size === 1 && kinds.has('boolean')) return { name, type: 'flag', cells };
  return { name, type: 'text', cells: cells.map((cell) => (cell === null ? null : String(cell))) };
}

/** CSV (RFC 4180, but lines end with a line feed); an empty cell where there is nothing. */
export function formatCsv(columns: readonly TableColumn[]): string {
  const quoted = (cell: PlanValue): string => {
    const text = cell === null ? '' : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = columns[0]!.cells.map((_, row) => columns.map(({ cells }) => quoted(cells[row]!)).join(','));
  return [columns.map(({ name }) => quoted(name)).join(','), ...rows, ''].join('\n');
}

const parquetTypes: Readonly<Record<TableColumn['type'], BasicType>> = {
  text: 'STRING',
  number: 'DOUBLE',
  whole: 'INT32',
  flag: 'BOOLEAN',
};

/** The same table as a Parquet file. */
export async function formatParquet(columns: readonly TableColumn[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = columns.map(
    ({ name, type, cells }): ColumnSource => ({ name, type: parquetTypes[type], data: [...cells] }),
  );
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'heps-vcd' }));
}
