/** The worlds in which the findings are tried: what each is, and the experiments of a sweep's plan that play it. */
import type { Variant } from './screening.ts';

/** A value of a plan's option. */
type Value = string | number | boolean | readonly (string | number)[];

/** One world. Replications are runs that differ in seed, in the nodes drawn, or in both, and are paired between policies. */
export interface World {
  /** Begins the names of its experiments: `NAME-rejecting`. */
  readonly name: string;
  /** In words, for the tables: `openb, 10 nodes`. */
  readonly title: string;
  /** What it is, in a sentence. */
  readonly description: string;
  /** Options of its runs, besides those of the mode. */
  readonly options: Readonly<Record<string, Value>>;
  /** How many runs a policy has. */
  readonly replications: number;
  /** By mode the policies that are played. */
  readonly policies: Readonly<Partial<Record<Mode, readonly string[]>>>;
}

/** What becomes of a VM that no host can take. */
export type Mode = 'rejecting' | 'queueing';

/** In the order in which they are shown. */
export const modes: readonly Mode[] = ['rejecting', 'queueing'];

/** Options of a mode. */
export const modeOptions: Readonly<Record<Mode, Readonly<Record<string, Value>>>> = {
  rejecting: {},
  queueing: { 'on-full': 'queue', backfill: true, patience: '4h' },
};

/** Policies that are compared in every world. */
export const comparedPolicies = [
  ...['hybrid', 'least-card', 'demand-aware', 'first-fit', 'random', 'fgd', 'nova-aliases'],
] as const;
/** Those that are compared on HEPS as it is planned, besides. */
export const hepsPolicies = [...comparedPolicies, 'nova'] as const;
/** Those that are compared under all variants of HEPS. */
export const screenedPolicies = ['hybrid', 'least-card', 'demand-aware', 'nova-aliases'] as const;
/** What least-card is made of, each half alone: policies beside this plan's folder. */
export const halves = ['gpu-choice-alone', 'cpu-packing-alone'] as const;

/** What the sweep of the worlds was made from; `worlds.json` beside its plan. */
export interface WorldsFile {
  readonly worlds: readonly World[];
  /** Worlds that could not be played, and why. */
  readonly skipped: readonly { readonly title: string; readonly why: string }[];
  readonly variants: readonly Variant[];
}
