/** A table as it stands in a page, and how another differs from it. */

/** The table whose first line begins so, without a line break at its end; undefined where the page has none. @param firstLine null: the whole page */
export function tableIn(page: string, firstLine: string | null): string | undefined {
  if (firstLine === null) return page.trimEnd();
  const lines = page.split('\n');
  const first = lines.findIndex((line) => line.startsWith(firstLine));
  if (first < 0) return undefined;
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  return lines.slice(first, length < 0 ? undefined : first + length).join('\n');
}

/** Lines that only one of the two has: `- ` those of the page, `+ ` those made now, each after the line number in the table. */
export function differingLines(committed: string, made: string): string[] {
  const [before, now] = [committed.split('\n'), made.split('\n')];
  const found: string[] = [];
  for (let line = 0; line < Math.max(before.length, now.length); line++) {
    if (before[line] === now[line]) continue;
    if (before[line] !== undefined) found.push(`${line + 1} - ${before[line]}`);
    if (now[line] !== undefined) found.push(`${line + 1} + ${now[line]}`);
  }
  return found;
}
