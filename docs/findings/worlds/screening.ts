/**
 * Screens the parameters of the HEPS workload (Morris, Technometrics 33, 1991): which of them changes a comparison of policies, and how far.
 * Each trajectory starts at a random point of a grid and moves one factor after the other by half its range, so that every step is an
 * elementary effect; all its points together are variants of HEPS that nobody chose.
 */
import { type RandomStream, randomStream } from '../../../traces/random.ts';

/** Parameters of `workloads/heps.json` as parsed, as far as a factor changes them. */
interface Workload {
  name: string;
  description: string;
  beamtime: { tailMeanH: number };
  analysis: { fadeDays: number };
  kinds: {
    lifetime: { medianH: number; sigma: number; leastH: number; longestH: number };
    sizes: { weight: number; cards?: number; cardMemoryMib?: number; cardCores?: number }[];
  }[];
  profiles: { beamtimePerUser: number; analysisPerUser: number }[];
  everyday: { name: string; perWorkday: number }[];
}

/** A parameter that is varied, from its least to its most; 1 is HEPS as it is planned, except for loads. */
export interface Factor {
  readonly name: string;
  /** Values between which it is drawn, and why. */
  readonly least: number;
  readonly most: number;
  readonly reason: string;
  /** Changes the workload; absent for the load, which is an option of the run. */
  apply?(workload: Workload, value: number): void;
}

const isPicky = ({ cardMemoryMib = 0 }: Workload['kinds'][number]['sizes'][number]): boolean => cardMemoryMib >= 40_000;

/** Ranges are half to twice the plan's, where nothing better is known. */
export const factors: readonly Factor[] = [
  { name: 'load', least: 0.7, most: 1.3, reason: '250 machines for 500 desktops, read as the most or as the mean' },
  {
    name: 'lifetimes',
    least: 0.5,
    most: 2,
    reason: 'medians of all kinds; facilities keep desktops from days to weeks',
    apply(workload, value) {
      for (const { lifetime } of workload.kinds) lifetime.medianH *= value;
    },
  },
  {
    name: 'spread of lifetimes',
    least: 0.7,
    most: 1.3,
    reason: 'sigma of the lognormal of all kinds',
    apply(workload, value) {
      for (const { lifetime } of workload.kinds) lifetime.sigma *= value;
    },
  },
  {
    name: 'desktops in beamtimes',
    least: 0.5,
    most: 2,
    reason: 'per user and beamtime',
    apply(workload, value) {
      for (const profile of workload.profiles) profile.beamtimePerUser *= value;
    },
  },
  {
    name: 'desktops for analysis',
    least: 0.5,
    most: 2,
    reason: 'per user in the weeks after a beamtime',
    apply(workload, value) {
      for (const profile of workload.profiles) profile.analysisPerUser *= value;
    },
  },
  {
    name: 'everyday desktops',
    least: 0.5,
    most: 2,
    reason: 'notebooks, staff desktops and training, a working day',
    apply(workload, value) {
      for (const use of workload.everyday) use.perWorkday *= value;
    },
  },
  {
    name: 'large cards asked for',
    least: 0.5,
    most: 2,
    reason: 'weight of sizes that ask for cards of 40 000 MiB or more, of those of the same kind',
    apply(workload, value) {
      for (const size of workload.kinds.flatMap(({ sizes }) => sizes)) if (isPicky(size)) size.weight *= value;
    },
  },
  {
    name: 'several cards asked for',
    least: 0.5,
    most: 2,
    reason: 'weight of sizes that ask for two cards or more, of those of the same kind',
    apply(workload, value) {
      for (const size of workload.kinds.flatMap(({ sizes }) => sizes)) {
        if ((size.cards ?? 0) >= 2) size.weight *= value;
      }
    },
  },
];

/** One point of a trajectory: a value of every factor, in their order, and which factor moved since the point before; -1 at the start. */
export interface Variant {
  readonly trajectory: number;
  readonly moved: number;
  readonly values: readonly number[];
}

/** Levels of a factor: 0, 1/3, 2/3, 1 of its range. A step is two levels: levels / (2 (levels − 1)) of the range, as Morris recommends. */
const levels = 4;
const step = levels / (2 * (levels - 1));

/** The points of the design, trajectory after trajectory. */
export function morrisDesign(trajectories: number, seed: number): Variant[] {
  const random = randomStream(seed, 'morris');
  return Array.from({ length: trajectories }, (_, trajectory) => trajectoryOf(trajectory, random)).flat();
}

function trajectoryOf(trajectory: number, random: RandomStream): Variant[] {
  const shares = factors.map(() => Math.floor(random() * levels) / (levels - 1));
  const variant = (moved: number): Variant => ({ trajectory, moved, values: shares.map(inRange) });
  const variants = [variant(-1)];
  const order = factors.map((_, index) => index);
  for (let left = order.length; left > 0; left--) {
    const [moved] = order.splice(Math.floor(random() * left), 1);
    const share = shares[moved!]!;
    shares[moved!] = share + step <= 1 + 1e-9 ? share + step : share - step;
    variants.push(variant(moved!));
  }
  return variants;
}

/** Ranges whose ends are a factor apart, such as half to twice, are walked in equal ratios. */
function inRange(share: number, factor: number): number {
  const { least, most } = factors[factor]!;
  return Number((least * (most / least) ** share).toFixed(6));
}

/** The workload of a variant; the load stays for the run. @param parsed `workloads/heps.json` */
export function workloadOf(parsed: unknown, { trajectory, values }: Variant, name: string): unknown {
  const workload = structuredClone(parsed) as Workload;
  factors.forEach((factor, index) => {
    factor.apply?.(workload, values[index]!);
  });
  for (const { lifetime } of workload.kinds) lifetime.medianH = Math.min(lifetime.medianH, lifetime.longestH);
  const changes = factors.map((factor, index) => `${factor.name} ${values[index]}`).join(', ');
  return { ...workload, name, description: `HEPS with ${changes} (trajectory ${trajectory}).` };
}
