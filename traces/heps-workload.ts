/**
 * The HEPS workload: desktops during beamtime, in the weeks of analysis after it, and in everyday use. No production trace of
 * HEPS is public; every number is a parameter with its reason in `workloads/heps.json`.
 */
import { anInteger, aPositive } from '../core/check.ts';
import type { Arrival } from './arrival.ts';
import { isRunDay, secondsPerDay, secondsPerHour, weekdayOf } from './heps-calendar.ts';
import type { Beamline, DesktopKind, DesktopSize, HepsParameters, Lifetime, Rhythm } from './heps-parameters.ts';
import { heldProposals, type Proposal } from './heps-proposals.ts';
import { exponential, type RandomStream, randomStream } from './random.ts';
import { choose, type Weighted } from './weighted-choice.ts';

/** What to generate. */
export interface HepsOptions {
  /** Length of the workload from Monday 00:00 local time, whole days. */
  readonly days: number;
  /** Desktops relative to the planned use of about 500 at a time; beamtimes stay as they are. */
  readonly load: number;
  /** Of all that is drawn. */
  readonly seed: number;
  /** From `readHepsParameters`. */
  readonly parameters: HepsParameters;
}

/** A desktop before it is an Arrival. */
interface Desktop {
  /** Whole seconds from the start of the workload; negative if it was there before. */
  readonly startS: number;
  readonly endS: number;
  readonly beamline: Beamline;
  readonly user: string;
  readonly kind: DesktopKind;
  readonly size: DesktopSize;
  readonly image: string;
}

/**
 * The arrivals in order of time; those at one time in order of generation. The cloud is in steady state from the start: a desktop
 * that was there before arrives at 0 with the rest of its lifetime.
 *
 * More days add arrivals after the others; a higher load adds arrivals among the others; neither changes any but in its id.
 */
export function generateHeps({ days, load, seed, parameters }: HepsOptions): Arrival[] {
  anInteger(days, 'days', 1);
  aPositive(load, 'load');
  const firstDay = -historyDays(parameters);
  const desktops: Desktop[] = [];
  // Up to the day after the last, since desktops are prepared before their slot.
  for (const proposal of heldProposals(parameters, seed, firstDay, days)) {
    addBeamtime(desktops, proposal, parameters, load, seed);
    addAnalysis(desktops, proposal, parameters, load, seed);
  }
  for (let day = firstDay; day < days; day++) addEverydayUse(desktops, day, parameters, load, seed);
  return arrivalsFrom(desktops, days * secondsPerDay);
}

/** How far back a desktop that still runs at 0 can have its cause: a beamtime, then analysis, then the longest lifetime. */
function historyDays({ analysis, kinds, beamtime }: HepsParameters): number {
  const longestH = Math.max(beamtime.tailLongestH, ...kinds.map((kind) => kind.lifetime.longestH));
  // Beam without a break ends after at most 6 days.
  const beamtimeDays = 7;
  return beamtimeDays + analysis.longestDays + Math.ceil(longestH / 24);
}

/** Desktops at the instrument: started around the slot's start, kept until after its end. */
function addBeamtime(
  desktops: Desktop[],
  proposal: Proposal,
  { beamtime }: HepsParameters,
  load: number,
  seed: number,
): void {
  const { profile } = proposal.beamline;
  const stream = randomStream(seed, `beamtime ${proposal.id}`);
  const { prepareH, startMeanH, tailMeanH, tailLongestH } = beamtime;
  poissonTimes(stream, load * proposal.users * profile.beamtimePerUser, () => {
    const startH = exponential(stream, startMeanH) - prepareH;
    const tailH = Math.min(exponential(stream, tailMeanH), tailLongestH);
    const startS = Math.min(proposal.startS + inSeconds(startH), proposal.endS - 1);
    const endS = proposal.endS + inSeconds(tailH);
    desktops.push({ startS, endS, ...groupMember(stream, proposal), ...configuration(stream, profile.beamtime) });
  });
}

/** Desktops of the same people in the weeks after, in working hours, fewer as time goes by. */
function addAnalysis(
  desktops: Desktop[],
  proposal: Proposal,
  { analysis }: HepsParameters,
  load: number,
  seed: number,
): void {
  const { profile } = proposal.beamline;
  const stream = randomStream(seed, `analysis ${proposal.id}`);
  const days = analysisDays(proposal, analysis);
  poissonTimes(stream, load * proposal.users * profile.analysisPerUser, () => {
    const startS = choose(stream, days) * secondsPerDay + timeOfDay(stream, analysis.rhythm);
    const chosen = configuration(stream, profile.analysis);
    const endS = startS + lifetimeS(stream, chosen.kind.lifetime);
    desktops.push({ startS, endS, ...groupMember(stream, proposal), ...chosen });
  });
}

/** The days after a beamtime, by how much is analysed on them. */
function analysisDays(proposal: Proposal, analysis: HepsParameters['analysis']): Weighted<number>[] {
  const firstDay = Math.ceil(proposal.endS / secondsPerDay);
  return Array.from({ length: analysis.longestDays }, (_, after) => ({
    value: firstDay + after,
    weight: Math.exp(-after / analysis.fadeDays) * analysis.rhythm.weekdays[weekdayOf(firstDay + after)]!,
  }));
}

/** Desktops of one day that no beamtime causes. */
function addEverydayUse(
  desktops: Desktop[],
  day: number,
  { calendar, everyday }: HepsParameters,
  load: number,
  seed: number,
): void {
  for (const use of everyday) {
    const stream = randomStream(seed, `everyday ${use.name} day ${day}`);
    const share = isRunDay(calendar, day) ? 1 : use.shutdownShare;
    poissonTimes(stream, load * use.perWorkday * share * use.rhythm.weekdays[weekdayOf(day)]!, () => {
      const startS = day * secondsPerDay + timeOfDay(stream, use.rhythm);
      const chosen = configuration(stream, use.kinds);
      const endS = startS + lifetimeS(stream, chosen.kind.lifetime);
      const beamline = use.beamlines[Math.floor(stream() * use.beamlines.length)]!;
      const user = `${beamline.id.toLowerCase()}-s${1 + Math.floor(stream() * use.people)}`;
      desktops.push({ startS, endS, beamline, user, ...chosen });
    });
  }
}

/**
 * Calls `each` a Poisson number of times of that mean. The calls are the points of a Poisson process of rate 1 on [0, mean], and
 * `each` draws from the same stream: a larger mean has the calls of a smaller one first, with the same draws.
 */
function poissonTimes(stream: RandomStream, mean: number, each: () => void): void {
  for (let at = exponential(stream, 1); at <= mean; at += exponential(stream, 1)) each();
}

function configuration(stream: RandomStream, kinds: readonly Weighted<DesktopKind>[]) {
  const kind = choose(stream, kinds);
  return { kind, size: choose(stream, kind.sizes), image: choose(stream, kind.images) };
}

function groupMember(stream: RandomStream, { id, beamline, users }: Proposal) {
  return { beamline, user: `${id}-u${1 + Math.floor(stream() * users)}` };
}

/** Seconds since midnight. */
function timeOfDay(stream: RandomStream, { hours }: Rhythm): number {
  return choose(stream, hours) * secondsPerHour + Math.floor(stream() * secondsPerHour);
}

function lifetimeS(stream: RandomStream, { medianH, sigma, leastH, longestH }: Lifetime): number {
  const hours = medianH * Math.exp(sigma * standardNormal(stream));
  return inSeconds(Math.min(Math.max(hours, leastH), longestH));
}

/** A draw from the normal distribution of mean 0 and deviation 1, by Box and Muller (doi:10.1214/aoms/1177706645). */
function standardNormal(stream: RandomStream): number {
  const radius = Math.sqrt(-2 * Math.log(1 - stream()));
  return radius * Math.cos(2 * Math.PI * stream());
}

/** Whole seconds, so that the last bits of Math.log, which differ between engines, change no result. */
function inSeconds(hours: number): number {
  return Math.round(hours * secondsPerHour);
}

function arrivalsFrom(desktops: readonly Desktop[], endS: number): Arrival[] {
  return desktops
    .filter((desktop) => desktop.endS > Math.max(0, desktop.startS) && desktop.startS < endS)
    .sort((a, b) => Math.max(0, a.startS) - Math.max(0, b.startS))
    .map((desktop, index) => {
      const atS = Math.max(0, desktop.startS);
      return {
        atS,
        lifetimeS: desktop.endS - atS,
        request: { id: `heps-${String(index + 1).padStart(6, '0')}`, ...desktop.size },
        station: desktop.beamline.id,
        flavor: desktop.kind.name,
        image: desktop.image,
        user: desktop.user,
      };
    });
}
