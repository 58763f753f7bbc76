/** How many ids several requests of a run bear: traces are read without checking that. */
import { textOf } from '../../traces/text-cache.ts';
import type { RecordedDecisions } from './recorder.ts';

/**
 * Ids that more than one request bears; a VM submitted again after a failure is the same request. Takes 4 bytes a decision, since only ids
 * whose hashes are equal become texts.
 */
export function countRepeatedIds({ id, attempt }: Pick<RecordedDecisions, 'id' | 'attempt'>): number {
  const hashes = new Uint32Array(id.length);
  let requests = 0;
  forEachRequest({ id, attempt }, (bytes, start, end) => {
    hashes[requests++] = hashOf(bytes, start, end);
  });
  const sorted = hashes.subarray(0, requests).sort();
  const repeatedHashes = new Set<number>();
  for (let index = 1; index < requests; index++) {
    if (sorted[index] === sorted[index - 1]) repeatedHashes.add(sorted[index]!);
  }
  if (repeatedHashes.size === 0) return 0;
  const seen = new Set<string>();
  const repeated = new Set<string>();
  forEachRequest({ id, attempt }, (bytes, start, end) => {
    if (!repeatedHashes.has(hashOf(bytes, start, end))) return;
    const text = textOf(bytes, start, end);
    (seen.has(text) ? repeated : seen).add(text);
  });
  return repeated.size;
}

/** The id of each request, at its first submission. */
function forEachRequest(
  { id, attempt }: Pick<RecordedDecisions, 'id' | 'attempt'>,
  take: (bytes: Uint8Array, start: number, end: number) => void,
): void {
  let row = 0;
  id.forEachBytes((bytes, start, end) => {
    if (attempt.at(row++) === 1) take(bytes, start, end);
  });
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let index = start; index < end; index++) hash = (Math.imul(hash, 31) + bytes[index]!) | 0;
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}
