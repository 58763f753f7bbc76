/** A score for each host of a cluster, and the highest of each block of hosts, so that finding the best visits few. */

/** Stands for a host that cannot serve. */
export const impossible = Number.NEGATIVE_INFINITY;

/** Hosts in a block: about the square root of a large cluster. */
const blockHosts = 32;

export class ScoredHosts {
  /** One per host; for reading. */
  readonly scores: Float64Array;
  readonly #tops: Float64Array;

  /** @param scores one per host; kept */
  constructor(scores: Float64Array) {
    this.scores = scores;
    this.#tops = new Float64Array(Math.ceil(scores.length / blockHosts));
    for (let block = 0; block < this.#tops.length; block++) this.#tops[block] = this.#topOf(block);
  }

  set(host: number, score: number): void {
    const before = this.scores[host]!;
    if (score === before) return;
    this.scores[host] = score;
    const block = Math.floor(host / blockHosts);
    const top = this.#tops[block]!;
    if (score > top) this.#tops[block] = score;
    else if (before === top) this.#tops[block] = this.#topOf(block);
  }

  /** Of the hosts that `hasRoom` takes, the one with the highest score, the first of equals; -1 when no host can serve. */
  best(hasRoom: (host: number) => boolean): number {
    const { scores } = this;
    let best = -1;
    let bestScore = impossible;
    for (let block = 0; block < this.#tops.length; block++) {
      if (this.#tops[block]! <= bestScore) continue;
      const end = Math.min(scores.length, (block + 1) * blockHosts);
      for (let host = block * blockHosts; host < end; host++) {
        if (scores[host]! <= bestScore || !hasRoom(host)) continue;
        best = host;
        bestScore = scores[host]!;
      }
    }
    return best;
  }

  #topOf(block: number): number {
    let top = impossible;
    const end = Math.min(this.scores.length, (block + 1) * blockHosts);
    for (let host = block * blockHosts; host < end; host++) if (this.scores[host]! > top) top = this.scores[host]!;
    return top;
  }
}
