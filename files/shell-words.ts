/** Words of commands that are printed to be copied into a shell. */

/** A word as a POSIX shell reads it back: bare where it is harmless, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
