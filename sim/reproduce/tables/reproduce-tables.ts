/** Makes tables of the documentation again and holds them against the committed ones. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageRoot } from '../../../package-files.ts';
import { findData } from '../data-files.ts';
import type { DocTable } from './doc-table.ts';
import { type Cost, runMeasured } from './measured-command.ts';
import { differingLines, tableIn } from './table-in-page.ts';

/** What came of a table. */
export type TableOutcome =
  | { readonly kind: 'same'; readonly cost: Cost }
  /** Lines that differ; see `differingLines`. */
  | { readonly kind: 'different'; readonly cost: Cost; readonly lines: readonly string[] }
  /** Why it was not made, a sentence each. */
  | { readonly kind: 'skipped'; readonly why: readonly string[] };

export interface TableSettings {
  /** Folder with public data, searched with the folders in it; undefined: tables that need some are skipped. */
  readonly data: string | undefined;
  /** Folder for what commands write. */
  readonly out: string;
  /** Runs at a time. */
  readonly threads: number;
}

/** @throws InputError when a command fails */
export async function reproduceTable(table: DocTable, { data, out, threads }: TableSettings): Promise<TableOutcome> {
  const root = packageRoot();
  const why = table.sources
    .filter((path) => !existsSync(join(root, path)))
    .map((path) => `it needs ${path}, which only a clone of the repository with npm ci has`);
  const pagePath = join(root, table.page);
  const committed = existsSync(pagePath) ? tableIn(readFileSync(pagePath, 'utf8'), table.firstLine) : undefined;
  if (committed === undefined) why.push(`${table.page} has no such table`);
  const found = findData(data, table.data);
  why.push(
    ...(data === undefined && table.data.length > 0
      ? [`--data must name a folder with ${table.data.map(({ name }) => name).join(', ')}`]
      : found.absent.values()),
  );
  if (why.length > 0 || committed === undefined) return { kind: 'skipped', why };

  const workFolder = resolve(out, table.name);
  mkdirSync(workFolder, { recursive: true });
  const inputs = {
    pathOf: (file: (typeof table.data)[number]) => found.paths.get(file)!,
    dataFolder: data === undefined ? undefined : resolve(data),
    workFolder,
    threads,
  };
  const outputs: string[] = [];
  let cost: Cost = { cpuS: 0, wallS: 0, memoryMib: 0 };
  for (const command of table.commands(inputs)) {
    const done = await runMeasured(command, workFolder);
    outputs.push(done.output);
    cost = {
      cpuS: cost.cpuS + done.cost.cpuS,
      wallS: cost.wallS + done.cost.wallS,
      memoryMib: Math.max(cost.memoryMib, done.cost.memoryMib),
    };
  }
  const lines = differingLines(committed, table.text(outputs, inputs));
  return lines.length === 0 ? { kind: 'same', cost } : { kind: 'different', cost, lines };
}
