/**
 * A host with its free RAM as one number, so that one comparison orders two of them: by free RAM, and of equal ones the lower index is the
 * larger. RAM in MiB, below 2³¹, times 2²¹, plus how far the host is below 2²¹.
 */

import { mostHosts } from '../host.ts';

/** @param ramMib whole MiB */
export function entryOf(host: number, ramMib: number): number {
  return ramMib * mostHosts + (mostHosts - 1 - host);
}

export function hostOf(entry: number): number {
  return mostHosts - 1 - (entry - Math.floor(entry / mostHosts) * mostHosts);
}

export function ramMibOf(entry: number): number {
  return Math.floor(entry / mostHosts);
}

/** No entry with that much RAM free, or more, is below this. */
export function leastEntry(ramMib: number): number {
  return ramMib * mostHosts;
}
