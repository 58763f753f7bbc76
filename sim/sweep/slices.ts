/** Shares of a sweep for the tasks of a batch system: slice k of n has every n-th run, so that long ones spread. */
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { packageRoot } from '../../package-files.ts';
import type { SweepPoint } from './sweep-file.ts';

export interface Slice {
  /** 1 to `count`. */
  readonly number: number;
  readonly count: number;
}

/** Most tasks of an array: Slurm's MaxArraySize is 1001 unless it is set. */
export const mostSlices = 1000;

/** `3/16`. */
export function parseSlice(text: string): Slice {
  const [, number = 0, count = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
  if (number < 1 || number > count) throw new InvalidArgumentError('Expected a slice such as 3/16.');
  return { number, count };
}

/** @param points all distinct points, in the plan's order */
export function pointsOfSlice(points: readonly SweepPoint[], { number, count }: Slice): SweepPoint[] {
  return points.filter((_, index) => index % count === number - 1);
}

/** Numbers of the slices that have one of the missing points, ascending. */
export function slicesWith(missing: readonly SweepPoint[], points: readonly SweepPoint[], count: number): number[] {
  const files = new Set(missing.map(({ file }) => file));
  const numbers = points.flatMap(({ file }, index) => (files.has(file) ? [(index % count) + 1] : []));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** Node and the command: what a task runs, wherever it runs. */
export function hepsCommand(): [string, string] {
  return [process.execPath, join(packageRoot(), 'dist', 'cli.js')];
}
