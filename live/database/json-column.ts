/** Columns that hold JSON: read once, by the store, and checked there. */
import { InputError } from '../../core/input-error.ts';

/** A row holds what this version cannot read; the message says which row and column. */
export class UnreadableColumn extends Error {
  override readonly name = 'UnreadableColumn';
}

/**
 * @param where table, key and column, for the message: `requests 3f2a, cards`
 * @param check as those of core/check.ts; what it returns is returned
 * @throws UnreadableColumn
 */
export function readJsonColumn<T>(text: string, where: string, check: (value: unknown, where: string) => T): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadableColumn(`${where}: expected JSON`);
  }
  try {
    return check(value, where);
  } catch (error) {
    // Nobody outside has sent it: it is no InputError, which would be told as the sender's.
    if (!(error instanceof InputError || error instanceof RangeError)) throw error;
    const { message } = error;
    throw new UnreadableColumn(message.startsWith(where) ? message : `${where}: ${message}`);
  }
}
