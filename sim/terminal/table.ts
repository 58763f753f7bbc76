/** Plain tables and sentences for a terminal of 100 columns. */

/** Widest line. */
export const terminalColumns = 100;

/** The first column left-aligned, the others right-aligned, two spaces between; the first row is the header. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!)))
      .join('  ')
      .trimEnd();
  const [header, ...body] = rows;
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(header!), rule, ...body.map(line)].join('\n');
}

/** A text broken between words into lines of at most 100 columns. */
export function wrapText(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= terminalColumns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join('\n');
}
