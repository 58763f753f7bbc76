/** What the databases' own errors mean for the writer. */

/** A row of that key is there. */
export function isTaken(error: unknown): boolean {
  return codeOf(error) === 'ER_DUP_ENTRY' || codeOf(error).startsWith('SQLITE_CONSTRAINT');
}

/** MariaDB let another transaction win: the whole of this one was undone, and may be done again. */
export function isBeaten(error: unknown): boolean {
  return ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException)?.code ?? '');
}
