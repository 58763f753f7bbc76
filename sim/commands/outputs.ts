/** What is said of result files, and of rows left out. */

/** Rows that were left out: how many, and the first of them, on standard error. */
export function listSkipped(skipped: readonly string[]): void {
  if (skipped.length === 0) return;
  const listed = 20;
  console.error(`heps: left out ${skipped.length} wrong rows:`);
  for (const message of skipped.slice(0, listed)) console.error(`  ${message}`);
  if (skipped.length > listed) console.error(`  … and ${skipped.length - listed} more`);
}

/**
 * Names of the run files, and what can be done with them.
 *
 * @param viewed those to look at beside each other, the first six of them are named; none where decisions were left out
 */
export function listFiles(paths: readonly string[], viewed: readonly string[]): string {
  const listed = 12;
  const shown = paths.slice(0, listed).map((path) => `  ${path}`);
  const more = paths.length > listed ? [`  … and ${paths.length - listed} more`] : [];
  const hints = [
    '',
    `Why a VM went where it went:  npx heps explain ${paths[0]} ID`,
    `See it in the browser:        npx heps view ${viewed.slice(0, 6).join(' ')}`,
  ];
  return [paths.length === 1 ? 'run file' : 'run files', ...shown, ...more, ...(viewed.length > 0 ? hints : [])].join(
    '\n',
  );
}
