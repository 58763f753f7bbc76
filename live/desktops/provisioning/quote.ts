/** Values as literals of the languages that user data is written in. None of them can be left from inside the value. */

/** One word for a POSIX shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A string expression for PowerShell, in ASCII whatever the text: Windows PowerShell reads a script without byte order mark in the machine's
 * code page, where the UTF-8 of `ő` holds a typographic quote, and such a quote ends a string as an apostrophe does.
 */
export function powershellQuote(text: string): string {
  if (/^[\x20-\x7e\r\n\t]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  return `([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64}')))`;
}
