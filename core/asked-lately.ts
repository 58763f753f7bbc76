/**
 * What was asked for lately, by kind: all that a scheduler may know of what will be asked for next. Nothing here looks ahead, and the order
 * of requests within one instant does not matter, so that a run file is enough to tell later what was known then.
 */
import { isGpuRequest, type VmRequest } from './request.ts';
import type { RequestKind } from './typical-request.ts';

/** A kind of request as it came lately. Sizes are the largest of those that came, vCPUs and RAM their means. */
export interface AskedKind extends RequestKind {
  /** How many came; of what is only supposed to come, a fraction too. */
  readonly count: number;
  /** RAM, MiB. */
  readonly ramMib: number;
}

/** How far back is remembered, s: two weeks, so that working days and weekends are both in it. */
export const rememberedS = 14 * 86_400;
/** Kinds are counted again at every multiple of this, s. */
export const recountedS = 6 * 3600;
/** Kinds that are told apart at most, the most frequent ones. */
const mostKinds = 128;

/** The requests that one scheduler was asked for. */
export class AskedLately {
  #asked: { readonly atS: number; readonly request: VmRequest }[] = [];
  #countedUntilS = -Infinity;
  #kinds: readonly AskedKind[] = [];

  /** Notes a request when it comes; times do not fall. A VM that is submitted again asks again. */
  note(request: VmRequest, atS: number): void {
    this.#asked.push({ atS, request });
    const untilS = Math.floor(atS / recountedS) * recountedS;
    if (untilS > this.#countedUntilS) this.#recount(untilS);
  }

  /**
   * Kinds of what was asked for in the two weeks before the last multiple of six hours, the most frequent first; empty until then. The same
   * array until they are counted again.
   */
  get kinds(): readonly AskedKind[] {
    return this.#kinds;
  }

  #recount(untilS: number): void {
    this.#countedUntilS = untilS;
    this.#asked = this.#asked.filter(({ atS }) => atS >= untilS - rememberedS);
    const sums = new Map<string, KindSum>();
    for (const { atS, request } of this.#asked) {
      if (atS >= untilS) continue;
      const key = keyOf(request);
      const sum = sums.get(key);
      if (sum === undefined) sums.set(key, new KindSum(request));
      else sum.add(request);
    }
    this.#kinds = [...sums]
      .sort(([keyA, a], [keyB, b]) => b.count - a.count || (keyA < keyB ? -1 : 1))
      .slice(0, mostKinds)
      .map(([, sum]) => sum.kind());
  }
}

/** Requests of one kind. Sums are of whole numbers, so that they do not depend on the order. */
class KindSum {
  count = 0;
  readonly #first: VmRequest;
  #milliVcpus = 0;
  #ramMib = 0;
  #cardMemoryMib = 0;
  #cardCores = 0;

  constructor(first: VmRequest) {
    this.#first = first;
    this.add(first);
  }

  add(request: VmRequest): void {
    this.count++;
    this.#milliVcpus += Math.round(request.vcpus * 1000);
    this.#ramMib += request.ramMib;
    this.#cardMemoryMib = Math.max(this.#cardMemoryMib, request.cardMemoryMib);
    this.#cardCores = Math.max(this.#cardCores, request.cardCores);
  }

  kind(): AskedKind {
    const { cards, cardModels } = this.#first;
    const { count } = this;
    const rest = { count, vcpus: this.#milliVcpus / count / 1000, ramMib: this.#ramMib / count };
    // What a CPU VM says of cards means nothing.
    if (cards === 0) return { ...rest, cards, cardMemoryMib: 0, cardCores: 0, cardModels: [] };
    return { ...rest, cards, cardMemoryMib: this.#cardMemoryMib, cardCores: this.#cardCores, cardModels };
  }
}

/** Of one kind are requests for as many cards of the same models that ask for about as much of the rest: within a power of two. */
function keyOf(request: VmRequest): string {
  const { vcpus, cards, cardMemoryMib, cardCores, cardModels } = request;
  const magnitude = (value: number): number => (value === 0 ? -1 : Math.ceil(Math.log2(value)));
  if (!isGpuRequest(request)) return `${magnitude(vcpus)}`;
  const models = [...cardModels].sort().join('|');
  return `${magnitude(vcpus)} ${cards} ${magnitude(cardMemoryMib)} ${magnitude(cardCores)} ${models}`;
}
