/** A sweep as it is carried out, `"format": "heps-sweep/1"`: every point settled, so that later edits of the plan change nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anArray, anObject, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { writeOutput } from '../../files/output-file.ts';
import type { DecisionPlan } from '../runs/run.ts';
import type { PlanValues } from './plan-options.ts';

export const sweepFormat = 'heps-sweep/1';

/** One run of a sweep. */
export interface SweepPoint {
  /** Null where the plan has no experiments. */
  readonly experiment: string | null;
  /** Every option that the plan names somewhere, besides `seeds`, as written there, or its default. */
  readonly options: PlanValues;
  readonly plan: DecisionPlan;
  /** Of the inputs, as the run file gives them. */
  readonly clusterSha256: string;
  readonly workloadSha256: string;
  /** Run file, from the sweep's folder. Its name holds a digest of all that decides what is in it. */
  readonly file: string;
}

export interface Sweep {
  readonly format: typeof sweepFormat;
  /** Version of heps-vcd that carries it out. */
  readonly heps: string;
  /** Of its code (`simulatorSha256`). */
  readonly codeSha256: string;
  readonly runs: 'summary' | 'full';
  /** Options whose values differ between points, besides policy and seed. */
  readonly varied: readonly string[];
  /** In the plan's order; two may share a file. */
  readonly points: readonly SweepPoint[];
}

/** Where a sweep lies in its folder. */
export function sweepPath(folder: string): string {
  return join(folder, 'sweep.json');
}

/** The file's text: one line a point. */
export function formatSweep({ points, ...head }: Sweep): string {
  const fields = Object.entries(head).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)},\n`);
  return `{\n${fields.join('')}"points": [\n${points.map((point) => JSON.stringify(point)).join(',\n')}\n]}\n`;
}

/** @throws InputError when the folder cannot be written */
export function writeSweep(folder: string, sweep: Sweep): void {
  writeOutput(sweepPath(folder), formatSweep(sweep));
}

/** @throws InputError */
export function readSweepFile(path: string): Sweep {
  let value: unknown;
  try {
    // An editor may have put a byte order mark before it.
    value = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(path, 'a sweep, as heps sweep writes it', error.message);
    throw InputError.unreadable(path, 'a sweep, as heps sweep writes it', error as NodeJS.ErrnoException);
  }
  const sweep = anObject(value, path);
  if (sweep.format !== sweepFormat) throw new InputError(`${path}, format`, sweepFormat, sweep.format);
  anArray(sweep.varied, `${path}, varied`);
  anArray(sweep.points, `${path}, points`).forEach((point, index) => {
    const { file, plan, options } = anObject(point, `${path}, points[${index}]`);
    aText(file, `${path}, points[${index}].file`);
    anObject(plan, `${path}, points[${index}].plan`);
    anObject(options, `${path}, points[${index}].options`);
  });
  return value as Sweep;
}
