/** When the simulator's SRM reports come: at whole multiples of the interval after the run's time begins, all hosts at once. In seconds of whole milliseconds. */
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

/** The last report at or before that time. @param beginS when the run's time begins, for times that are instants of the workload */
export function lastReportS(timeS: number, intervalS: number, beginS = 0): number {
  const intervalMs = millisecondsOf(intervalS);
  const beginMs = millisecondsOf(beginS);
  return (beginMs + Math.floor((millisecondsOf(timeS) - beginMs) / intervalMs) * intervalMs) / 1000;
}
