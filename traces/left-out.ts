/** Rows of a trace that become no VM: why, how many, and the first of each reason. */
import { InputError } from '../core/input-error.ts';

/** Why a row becomes no VM, in words that follow a number of rows. */
export const leftOutWords = {
  'out-of-order': 'out of order',
  'wrong-columns': 'with too few or too many columns',
  'wrong-value': 'with a wrong value',
  'never-ran': 'of jobs cancelled before they ran',
  'outlived-trace': 'of instances that came before the trace or outlived it, so that their lifetime is not known',
  'part-of-job': 'for parts of a checkpointed job, whose own row has the whole of it',
} as const;

/** Why a row of a trace was left out. */
export type LeftOutReason = keyof typeof leftOutWords;

/** A row that becomes no VM. */
export class RowError extends InputError {
  /** Why the row becomes no VM. */
  readonly reason: LeftOutReason;
  /** Of a wrong value; empty otherwise. */
  readonly column: string;

  /** Place, expectation and value are as for every InputError. */
  constructor(where: string, expected: string, got: unknown, reason: LeftOutReason, column = '') {
    super(where, expected, got);
    this.reason = reason;
    this.column = column;
  }
}

/** Rows left out for one reason, and for a wrong value in one column. */
export interface LeftOut {
  /** Why. */
  readonly reason: LeftOutReason;
  /** Of the wrong value; empty for every other reason. */
  readonly column: string;
  /** Number of rows. */
  readonly count: number;
  /** Messages of the first of them. */
  readonly first: readonly string[];
}

/** Messages kept for each reason. */
const keptMessages = 5;

/** Counts rows by reason, in memory that does not grow with them. */
export class LeftOutRows {
  readonly #byReason = new Map<string, { reason: LeftOutReason; column: string; count: number; first: string[] }>();

  /** Counts a row, and keeps the first messages. */
  add({ reason, column, message }: RowError): void {
    const key = `${reason} ${column}`;
    let known = this.#byReason.get(key);
    if (known === undefined) {
      known = { reason, column, count: 0, first: [] };
      this.#byReason.set(key, known);
    }
    known.count++;
    if (known.first.length < keptMessages) known.first.push(message);
  }

  /** One entry per reason and column, in the order in which each came first. */
  get list(): readonly LeftOut[] {
    return [...this.#byReason.values()];
  }
}

/** Rows left out for any reason. */
export function countOf(leftOut: readonly LeftOut[]): number {
  return leftOut.reduce((sum, { count }) => sum + count, 0);
}
