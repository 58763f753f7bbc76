/** Time cut into buckets of equal length, over which the relaxations average what is in use. */

/** Lengths to choose from, s: they divide an hour, a day or a week. */
const lengthsS = [
  1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_419_200,
];

const mostBuckets = 1000;

/**
 * The shortest length for which the model stays small enough, with at most 1000 buckets: more gain little.
 *
 * @param endS where the last bucket ends, s
 * @param entriesOf how many entries the model has for a length
 * @returns undefined if it is too large for all of them
 */
export function bucketLengthS(
  endS: number,
  entriesOf: (bucketS: number) => number,
  mostEntries: number,
): number | undefined {
  const longest = lengthsS.at(-1)!;
  return lengthsS.find(
    (bucketS) => (endS / bucketS <= mostBuckets || bucketS === longest) && entriesOf(bucketS) <= mostEntries,
  );
}

/** Calls `each` with every bucket that [fromS, untilS) touches, and for how many seconds it does. */
export function eachOverlap(
  fromS: number,
  untilS: number,
  bucketS: number,
  each: (bucket: number, overlapS: number) => void,
): void {
  for (let bucket = Math.floor(fromS / bucketS); bucket * bucketS < untilS; bucket++) {
    const overlapS = Math.min(untilS, (bucket + 1) * bucketS) - Math.max(fromS, bucket * bucketS);
    if (overlapS > 0) each(bucket, overlapS);
  }
}

/** Length of a bucket; the last one ends at the horizon. */
export function bucketWidthS(bucket: number, bucketS: number, horizonS: number): number {
  return Math.min(bucketS, horizonS - bucket * bucketS);
}
