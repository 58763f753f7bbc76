/** What the databases' own errors mean for whoever wrote. */

/** A row of that key is there. */
export function isTaken(error: unknown): boolean {
  return codeOf(error) === 'ER_DUP_ENTRY' || codeOf(error).startsWith('SQLITE_CONSTRAINT');
}

/** The whole transaction was undone, so that it may be done again. A key taken by another at the same moment is read the next time. */
export function isBeaten(error: unknown): boolean {
  return ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'].includes(codeOf(error)) || isTaken(error);
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException)?.code ?? '');
}
