/** Series in whole days or weeks, so that the rhythm of people is in each value alike. */

export const dayS = 86_400;
export const weekS = 7 * dayS;

/** The shortest time that is a multiple of both, s; whole seconds. */
export function commonMultipleS(aS: number, bS: number): number {
  let [divisorS, restS] = [aS, bS];
  while (restS > 0) [divisorS, restS] = [restS, divisorS % restS];
  return (aS / divisorS) * bS;
}

/** Means of consecutive groups of `size` values; what fills no group is left out at the end. */
export function meansOfGroups(values: readonly number[], size: number): number[] {
  return Array.from({ length: Math.floor(values.length / size) }, (_, group) => {
    const start = group * size;
    return values.slice(start, start + size).reduce((sum, each) => sum + each, 0) / size;
  });
}
