/** A distribution kept exactly, in memory that grows with the number of different values and not of values. */

/** Mean, nearest-rank quantiles and maximum; null without values. */
export type DistributionSummary = Readonly<Record<'mean' | 'p50' | 'p95' | 'p99' | 'max', number | null>>;

export class Distribution {
  readonly #counts = new Map<number, number>();
  #total = 0;
  #sum = 0;

  add(value: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
    this.#total++;
    this.#sum += value;
  }

  summary(): DistributionSummary {
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
}
