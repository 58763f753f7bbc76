/**
 * A host with its free RAM as one number, so that one comparison orders two of them: by free RAM, and of equal ones the lower index is the
 * larger. RAM in MiB, below 2³¹, times 2²¹, plus how far the host is below 2²¹ (`mostHosts` and `ramLimitMib` of `host.ts`).
 */

/** @param ramMib whole MiB */
export function entryOf(host: number, ramMib: number): number {
  return ramMib * 2_097_152 + (2_097_151 - host);
}

export function hostOf(entry: number): number {
  // The remainder by 2²¹ is what the lower 32 bits say of it: no division.
  return 2_097_151 - (entry & 2_097_151);
}

export function ramMibOf(entry: number): number {
  // Multiplying by a power of two is exact.
  return Math.floor(entry * 2 ** -21);
}

/** No entry with that much RAM free, or more, is below this. */
export function leastEntry(ramMib: number): number {
  return ramMib * 2_097_152;
}
