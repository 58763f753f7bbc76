/** What the HEPS workload is made of: `workloads/heps.json` with its names resolved. */
import type { VmRequest } from '../core/request.ts';
import type { HepsCalendar } from './heps-calendar.ts';
import type { Weighted } from './weighted-choice.ts';

/** What a desktop of one kind may ask for. */
export type DesktopSize = Omit<VmRequest, 'id'>;

/** How long desktops run: lognormal, cut at both ends. */
export interface Lifetime {
  /** Hours. */
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
  /** The flavor. */
  readonly name: string;
  /** By weight. */
  readonly images: readonly Weighted<string>[];
  /** Not used during beamtime, where the slot decides. */
  readonly lifetime: Lifetime;
  /** By weight. */
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
  /** Of the technique. */
  readonly name: string;
  /** Desktops per user and beamtime, mean at load 1. */
  readonly beamtimePerUser: number;
  /** Desktops per user in the weeks after a beamtime, mean at load 1. */
  readonly analysisPerUser: number;
  /** Desktops during a beamtime, by weight. */
  readonly beamtime: readonly Weighted<DesktopKind>[];
  /** Desktops afterwards, by weight. */
  readonly analysis: readonly Weighted<DesktopKind>[];
}

/** An experimental station. */
export interface Beamline {
  /** The station of an Arrival. */
  readonly id: string;
  /** In words. */
  readonly name: string;
  /** What is measured there. */
  readonly technique: string;
  /** How its groups use desktops. */
  readonly profile: Profile;
}

/** Desktops that no beamtime causes: staff, method development, training of models. */
export interface EverydayUse {
  /** In words. */
  readonly name: string;
  /** Desktops on a full working day in a run, mean at load 1. */
  readonly perWorkday: number;
  /** The same during shutdowns, as a share of it. */
  readonly shutdownShare: number;
  /** When. */
  readonly rhythm: Rhythm;
  /** By weight. */
  readonly kinds: readonly Weighted<DesktopKind>[];
  /** Stations that its desktops are counted for. */
  readonly beamlines: readonly Beamline[];
  /** Different people per beamline. */
  readonly people: number;
}

/** Everything that the generator reads. */
export interface HepsParameters {
  /** Runs, shutdowns and shifts. */
  readonly calendar: HepsCalendar;
  /** How beam time is given out. */
  readonly proposals: {
    /** Shifts in a row that a proposal gets. */
    readonly shifts: readonly Weighted<number>[];
    readonly users: readonly Weighted<number>[];
  };
  /** Desktops during a beamtime. */
  readonly beamtime: {
    /** The first desktops start this long before the slot. */
    readonly prepareH: number;
    /** How long after that a desktop is started: exponential of this mean, at most until the slot's end. */
    readonly startMeanH: number;
    /** How long after the slot it is kept: exponential of this mean, at most `tailLongestH`. */
    readonly tailMeanH: number;
    readonly tailLongestH: number;
  };
  /** Desktops after a beamtime. */
  readonly analysis: {
    /** Analysis fades over the days after the beamtime: weight exp(−day / fadeDays). */
    readonly fadeDays: number;
    readonly longestDays: number;
    readonly rhythm: Rhythm;
  };
  /** The desktop catalogue. */
  readonly kinds: readonly DesktopKind[];
  /** The stations. */
  readonly beamlines: readonly Beamline[];
  /** Desktops that no beamtime causes. */
  readonly everyday: readonly EverydayUse[];
}
