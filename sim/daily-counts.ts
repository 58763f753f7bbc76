/** VMs by the day on which they arrived, and what became of them: what batch means of shares and waits are made of. */
import type { DayCount } from '../core/runs/measures.ts';
import { dayS } from '../core/statistics/periods.ts';

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

  /** One value per day, from day `fromDay` to the day before `untilDay`. */
  column(count: DayCount, fromDay: number, untilDay: number): number[] {
    return Array.from(
      { length: untilDay - fromDay },
      (_, index) => this.#days.get(fromDay + index)?.[places[count]] ?? 0,
    );
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
