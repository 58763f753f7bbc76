/** Instants: simulated times are whole milliseconds, so that what happens at one instant does so however its time was added up. */

/**
 * The whole millisecond nearest to a time, in seconds: always the same number for the same instant, whereas 0.1 + 0.2 is not 0.3.
 * Whole seconds stay as they are. Exact up to 285 000 years.
 */
export function instantS(timeS: number): number {
  return Math.round(timeS * 1000) / 1000;
}

/** The instant that lies `spanS` after another, in seconds. */
export function instantAfterS(atS: number, spanS: number): number {
  return instantS(atS + spanS);
}

/** Whole milliseconds of a time in seconds. */
export function millisecondsOf(timeS: number): number {
  return Math.round(timeS * 1000);
}
