/** A distribution kept exactly, in memory that grows with the number of different values and not of values. */

/** Mean, nearest-rank quantiles and maximum; null without values. */
export type DistributionSummary = Readonly<Record<'mean' | 'p50' | 'p95' | 'p99' | 'max', number | null>>;

export class Distribution {
  readonly #counts = new Map<number, number>();
  /** The value that came last, and how often it came since it is not in `#counts`: most waits are alike, and this spares the lookup. */
  #last = Number.NaN;
  #lastCount = 0;
  #total = 0;
  #sum = 0;

  add(value: number): void {
    if (value === this.#last) this.#lastCount++;
    else {
      this.#settleLast();
      this.#last = value;
      this.#lastCount = 1;
    }
    this.#total++;
    this.#sum += value;
  }

  summary(): DistributionSummary {
    this.#settleLast();
    if (this.#total === 0) return { mean: null, p50: null, p95: null, p99: null, max: null };
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    const quantile = (share: number): number => {
      const rank = Math.max(1, Math.ceil(share * this.#total));
      let below = 0;
      for (const [value, count] of sorted) {
        below += count;
        if (below >= rank) return value;
      }
      return sorted.at(-1)![0];
    };
    return {
      mean: this.#sum / this.#total,
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
      max: sorted.at(-1)![0],
    };
  }

  #settleLast(): void {
    if (this.#lastCount > 0) this.#counts.set(this.#last, (this.#counts.get(this.#last) ?? 0) + this.#lastCount);
    this.#lastCount = 0;
  }
}
