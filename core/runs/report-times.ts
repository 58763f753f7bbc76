/** When the simulator's SRM reports come: at whole multiples of the interval, all hosts at once. Times and intervals in seconds. */

/** The first report at or after that time. */
export function nextReportS(timeS: number, intervalS: number): number {
  let count = Math.floor(timeS / intervalS) - 1; // the quotient may be rounded across a whole number
  while (count * intervalS < timeS) count++;
  return count * intervalS;
}

/** The first report after that time: what is bound at the instant of a report is bound after it. */
export function reportAfterS(timeS: number, intervalS: number): number {
  const nextS = nextReportS(timeS, intervalS);
  return nextS > timeS ? nextS : nextReportS(timeS + intervalS / 2, intervalS);
}

/** The last report at or before that time. */
export function lastReportS(timeS: number, intervalS: number): number {
  let count = Math.ceil(timeS / intervalS) + 1;
  while (count * intervalS > timeS) count--;
  return count * intervalS;
}
