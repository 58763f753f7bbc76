/** A random choice among options of unequal weight. */
import type { RandomStream } from './random.ts';

/** An option and how often it is taken; weights are relative, they need not sum to 1. */
export interface Weighted<T> {
  /** What is chosen. */
  readonly value: T;
  /** At least 0; one of the options has more. */
  readonly weight: number;
}

/** One option, with one draw of the stream. */
export function choose<T>(stream: RandomStream, options: readonly Weighted<T>[]): T {
  const total = options.reduce((sum, { weight }) => sum + weight, 0);
  let left = stream() * total;
  let last: T | undefined;
  for (const { value, weight } of options) {
    if (weight === 0) continue;
    last = value;
    if (left < weight) return value;
    left -= weight;
  }
  // What rounding leaves over belongs to the last option that can be taken.
  if (last === undefined) throw new RangeError('one option must have a weight above 0');
  return last;
}
