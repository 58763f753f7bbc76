/** Whether there is a file or folder of that name: what `existsSync` answers with no, whatever the reason, is said here. */
import { statSync } from 'node:fs';
import { InputError } from '../core/input-error.ts';

/** @throws InputError with the reason where that cannot be told: a folder on the way that may not be entered, a circle of links */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw InputError.unreadable(path, 'a readable file', error as NodeJS.ErrnoException);
  }
}
