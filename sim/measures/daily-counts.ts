/** VMs by the day on which they arrived, and what became of them: what batch means of shares and waits are made of. */
import type { DayCount } from '../../core/runs/measures.ts';
import { dayS } from '../../core/statistics/periods.ts';

const places = { arrived: 0, gpuArrived: 1, placed: 2, served: 3, gpuServed: 4, waitS: 5 } as const satisfies Record<
  DayCount,
  number
>;

export class DailyCounts {
  /** One row of counts per day on which VMs arrived. */
  readonly #days = new Map<number, Float64Array>();
  #day = Number.NaN;
  #row: Float64Array = new Float64Array(0);

  /** @param submitS when the VM arrived */
  arrived(submitS: number, isGpu: boolean): void {
    const row = this.#rowOf(submitS);
    row[places.arrived]!++;
    if (isGpu) row[places.gpuArrived]!++;
  }

  placed(submitS: number, waitS: number, isGpu: boolean, isServed: boolean): void {
    const row = this.#rowOf(submitS);
    row[places.placed]!++;
    row[places.waitS]! += waitS;
    if (isServed) row[places.served]!++;
    if (isServed && isGpu) row[places.gpuServed]!++;
  }

  /**
   * Sums over periods of a number of days.
   *
   * @param first the period with which to begin, counted from time 0
   * @param periods how many
   */
  sums(count: DayCount, periodDays: number, first: number, periods: number): number[] {
    const sums = Array.from({ length: periods }, () => 0);
    for (const [day, row] of this.#days) {
      const period = Math.floor(day / periodDays) - first;
      if (period >= 0 && period < periods) sums[period]! += row[places[count]]!;
    }
    return sums;
  }

  /** Mostly that of the VM before. */
  #rowOf(submitS: number): Float64Array {
    const day = Math.floor(submitS / dayS);
    if (day === this.#day) return this.#row;
    let row = this.#days.get(day);
    if (row === undefined) {
      row = new Float64Array(Object.keys(places).length);
      this.#days.set(day, row);
    }
    [this.#day, this.#row] = [day, row];
    return row;
  }
}
