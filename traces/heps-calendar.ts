/** When HEPS gives beam: cycles of a run and a shutdown, one day of machine study a week, 8-hour shifts. */

export const secondsPerHour = 3600;
export const secondsPerDay = 24 * secondsPerHour;

/** Days are counted from the start of the workload, a Monday 00:00 local time; days before it are negative. */
export interface HepsCalendar {
  /** A run and the shutdown after it, days. */
  readonly cycleDays: number;
  /** Days of a cycle that belong to the run; the rest is shutdown. */
  readonly runDays: number;
  /** Day of each week of a run without beam for users, 0 = Monday. */
  readonly studyWeekday: number;
  /** Length of a shift, hours. */
  readonly shiftHours: number;
  /** The workload's day 0 is this day of a run, counted from 0. */
  readonly startsOnRunDay: number;
}

/** Days of beam without a break: what proposals share out among themselves. */
export interface BeamBlock {
  readonly startS: number;
  readonly shifts: number;
}

/** The cycle a day lies in; day 0 lies in cycle 0. */
export function cycleOf(calendar: HepsCalendar, day: number): number {
  return Math.floor((day + calendar.startsOnRunDay) / calendar.cycleDays);
}

/** Day of the week, 0 = Monday. */
export function weekdayOf(day: number): number {
  return ((day % 7) + 7) % 7;
}

/** Whether the day lies in a run; otherwise the ring is shut down. */
export function isRunDay(calendar: HepsCalendar, day: number): boolean {
  return day - firstDayOf(calendar, cycleOf(calendar, day)) < calendar.runDays;
}

/** The beam of one cycle in order of time: its run, cut at the days of machine study. */
export function beamBlocks(calendar: HepsCalendar, cycle: number): BeamBlock[] {
  const shiftsPerDay = Math.floor(24 / calendar.shiftHours);
  const first = firstDayOf(calendar, cycle);
  const end = first + calendar.runDays;
  const blocks: BeamBlock[] = [];
  let blockStart = first;
  for (let day = first; day <= end; day++) {
    if (day < end && weekdayOf(day) !== calendar.studyWeekday) continue;
    if (day > blockStart) {
      blocks.push({ startS: blockStart * secondsPerDay, shifts: (day - blockStart) * shiftsPerDay });
    }
    blockStart = day + 1;
  }
  return blocks;
}

function firstDayOf(calendar: HepsCalendar, cycle: number): number {
  return cycle * calendar.cycleDays - calendar.startsOnRunDay;
}
