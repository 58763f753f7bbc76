/** When the simulator's SRM reports come: at whole multiples of the interval, all hosts at once. Times and intervals in seconds, of whole milliseconds. */
import { millisecondsOf } from '../instant.ts';

/** The first report at or after that time. */
export function nextReportS(timeS: number, intervalS: number): number {
  const intervalMs = millisecondsOf(intervalS);
  return (Math.ceil(millisecondsOf(timeS) / intervalMs) * intervalMs) / 1000;
}

/** The first report after that time: what is bound at the instant of a report is bound after it. */
export function reportAfterS(timeS: number, intervalS: number): number {
  const intervalMs = millisecondsOf(intervalS);
  return ((Math.floor(millisecondsOf(timeS) / intervalMs) + 1) * intervalMs) / 1000;
}

/** The last report at or before that time. */
export function lastReportS(timeS: number, intervalS: number): number {
  const intervalMs = millisecondsOf(intervalS);
  return (Math.floor(millisecondsOf(timeS) / intervalMs) * intervalMs) / 1000;
}
