/** Checks in steps, each with what was found and what to do about it: what `heps live host check` and `heps live doctor` print. */

/** What a check found. `cannot-tell`: it is not to be seen from here, and somebody has to look. */
export type CheckStatus = 'ok' | 'wrong' | 'cannot-tell';

export interface Check {
  /** Counted from 1. */
  readonly step: number;
  readonly status: CheckStatus;
  /** What was found. */
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

const labels: Readonly<Record<CheckStatus, string>> = { ok: 'ok', wrong: 'WRONG', 'cannot-tell': 'cannot tell' };

/** For a terminal. @param titles of the steps, in order */
export function describeChecks(titles: readonly string[], checks: readonly Check[]): string {
  const lines = titles.flatMap((title, index) => [
    `${index + 1}. ${title}`,
    ...checks
      .filter(({ step }) => step === index + 1)
      .flatMap(({ status, found, remedy }) => [
        `   ${labels[status].padEnd(12)}${found}`,
        ...(remedy === null ? [] : [`${' '.repeat(15)}→ ${remedy}`]),
      ]),
  ]);
  return lines.join('\n');
}
