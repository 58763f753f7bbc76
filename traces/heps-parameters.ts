/** What the HEPS workload is made of: `workloads/heps.json` with its names resolved. */
import type { VmRequest } from '../core/request.ts';
import type { HepsCalendar } from './heps-calendar.ts';
import type { Weighted } from './weighted-choice.ts';

/** What a desktop of one kind may ask for. */
export type DesktopSize = Omit<VmRequest, 'id'>;

/** How long desktops run: lognormal, cut at both ends. */
export interface Lifetime {
  readonly medianH: number;
  /** Standard deviation of the logarithm; the mean is about median · exp(σ²/2). */
  readonly sigma: number;
  /** Shorter ones last this long. */
  readonly leastH: number;
  /** The service deletes a desktop after this time. */
  readonly longestH: number;
}

/** One entry of the desktop catalogue: the `flavor` of an Arrival. */
export interface DesktopKind {
  readonly name: string;
  readonly images: readonly Weighted<string>[];
  /** Not used during beamtime, where the slot decides. */
  readonly lifetime: Lifetime;
  readonly sizes: readonly Weighted<DesktopSize>[];
}

/** When people start desktops. */
export interface Rhythm {
  /** Relative to a full working day, Monday first; 7 values. */
  readonly weekdays: readonly number[];
  /** Hours 0 to 23 of the day, by weight. */
  readonly hours: readonly Weighted<number>[];
}

/** How groups of one technique use desktops. */
export interface Profile {
  readonly name: string;
  /** Desktops per user and beamtime, mean at load 1. */
  readonly beamtimePerUser: number;
  /** Desktops per user in the weeks after a beamtime, mean at load 1. */
  readonly analysisPerUser: number;
  readonly beamtime: readonly Weighted<DesktopKind>[];
  readonly analysis: readonly Weighted<DesktopKind>[];
}

/** An experimental station. */
export interface Beamline {
  readonly id: string;
  readonly name: string;
  readonly technique: string;
  readonly profile: Profile;
}

/** Desktops that no beamtime causes: staff, method development, training of models. */
export interface EverydayUse {
  readonly name: string;
  /** Desktops on a full working day in a run, mean at load 1. */
  readonly perWorkday: number;
  /** The same during shutdowns, as a share of it. */
  readonly shutdownShare: number;
  readonly rhythm: Rhythm;
  readonly kinds: readonly Weighted<DesktopKind>[];
  readonly beamlines: readonly Beamline[];
  /** Different people per beamline. */
  readonly people: number;
}

/** Everything that the generator reads. */
export interface HepsParameters {
  readonly calendar: HepsCalendar;
  readonly proposals: {
    /** Shifts in a row that a proposal gets. */
    readonly shifts: readonly Weighted<number>[];
    readonly users: readonly Weighted<number>[];
  };
  readonly beamtime: {
    /** The first desktops start this long before the slot. */
    readonly prepareH: number;
    /** How long after that a desktop is started: exponential of this mean, at most until the slot's end. */
    readonly startMeanH: number;
    /** How long after the slot it is kept: exponential of this mean, at most `tailLongestH`. */
    readonly tailMeanH: number;
    readonly tailLongestH: number;
  };
  readonly analysis: {
    /** Analysis fades over the days after the beamtime: weight exp(−day / fadeDays). */
    readonly fadeDays: number;
    readonly longestDays: number;
    readonly rhythm: Rhythm;
  };
  readonly kinds: readonly DesktopKind[];
  readonly beamlines: readonly Beamline[];
  readonly everyday: readonly EverydayUse[];
}
