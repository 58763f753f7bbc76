/** Pipelines of RxJS on the project's clock: here the simulated one. */
import { bufferTime, Subject, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { schedulerOf } from '../../live/clock-scheduler.ts';
import { Simulator } from '../../sim/engine/engine.ts';

test('timers of RxJS run on the simulated clock, and a cancelled one does nothing', () => {
  const clock = new Simulator();
  const atS: number[] = [];
  timer(1500, 1000, schedulerOf(clock)).subscribe((turn) => void (turn < 3 && atS.push(clock.nowS)));
  timer(2000, schedulerOf(clock))
    .subscribe(() => atS.push(-1))
    .unsubscribe();
  clock.advance(4, 0);
  expect(atS).toEqual([1.5, 2.5, 3.5]);
});

test('what comes within a quarter of a second is gathered on the simulated clock', () => {
  const clock = new Simulator();
  const source = new Subject<number>();
  const groups: number[][] = [];
  source.pipe(bufferTime(250, schedulerOf(clock))).subscribe((group) => groups.push(group));
  clock.after(0.1, () => source.next(1));
  clock.after(0.2, () => source.next(2));
  clock.after(0.3, () => source.next(3));
  clock.advance(0.5, 1);
  expect(groups).toEqual([[1, 2], [3]]);
});
