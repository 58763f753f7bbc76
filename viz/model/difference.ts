/** Two runs that were asked for the same VMs: which of them each served, and how long it let them wait. */
import { hasWrongCards } from '../../core/card-fit.ts';
import { cardsAt, requestAt, textAt } from '../../core/runs/run-file.ts';
import type { Placements, Run } from './run.ts';

/** A VM counts as served when it got some host, or only when its cards have the memory and cores it asked for. */
export type ServedMeaning = 'accepted' | 'as-asked';

/** Who served a VM. */
export const differenceClasses = ['both', 'first', 'second', 'neither'] as const;
export type DifferenceClass = (typeof differenceClasses)[number];

/** VMs of a number in each class. */
export type ClassCounts = Readonly<Record<DifferenceClass, number>>;

/** The VMs that both runs decided on, in order of their submission. Arrays have one row per VM. */
export interface Pairing {
  /** Row of its last attempt in the first run, and in the second. */
  readonly firstRow: Uint32Array;
  readonly secondRow: Uint32Array;
  /** Seconds; of its first attempt. */
  readonly submitS: Float64Array;
  /** VMs that only one of the runs knows, or that asked for something else at another time: not 0 where requests differ. */
  readonly unmatched: number;
}

/** Joins two runs by VM id. A VM that was lost to a failure and submitted again counts by its last attempt. */
export function pairRuns(first: Placements, second: Placements): Pairing {
  const ofFirst = attemptsOf(first);
  const ofSecond = attemptsOf(second);
  const pairs: { firstRow: number; secondRow: number; submitS: number }[] = [];
  for (const [id, { firstAttempt, lastAttempt: firstRow }] of ofFirst) {
    const other = ofSecond.get(id);
    if (other === undefined || !areSameRequests(first, firstAttempt, second, other.firstAttempt)) continue;
    pairs.push({ firstRow, secondRow: other.lastAttempt, submitS: first.submitS[firstAttempt]! });
  }
  pairs.sort((a, b) => a.submitS - b.submitS || a.firstRow - b.firstRow);
  return {
    firstRow: Uint32Array.from(pairs, ({ firstRow }) => firstRow),
    secondRow: Uint32Array.from(pairs, ({ secondRow }) => secondRow),
    submitS: Float64Array.from(pairs, ({ submitS }) => submitS),
    unmatched: ofFirst.size + ofSecond.size - 2 * pairs.length,
  };
}

/** The class of each VM of a pairing, as its place in `differenceClasses`. */
export function classesOf(pairing: Pairing, first: Run, second: Run, meaning: ServedMeaning): Uint8Array {
  const classes = new Uint8Array(pairing.firstRow.length);
  for (let vm = 0; vm < classes.length; vm++) {
    const byFirst = isServed(first, pairing.firstRow[vm]!, meaning);
    const bySecond = isServed(second, pairing.secondRow[vm]!, meaning);
    classes[vm] = byFirst ? (bySecond ? 0 : 1) : bySecond ? 2 : 3;
  }
  return classes;
}

/** Whether the decision of a row serves its VM. */
export function isServed(run: Run, row: number, meaning: ServedMeaning): boolean {
  return run.placements!.host[row]! >= 0 && (meaning === 'accepted' || !hasSmallCards(run, row));
}

/** Whether the VM of a row got a card with less memory or fewer cores than it asked for. */
export function hasSmallCards({ cluster, placements }: Run, row: number): boolean {
  const { decisions, host } = placements!;
  if (host[row]! < 0 || decisions.cards[row] === 0) return false;
  return hasWrongCards(cluster, host[row]!, cardsAt(decisions, row), requestAt(decisions, row));
}

/** One line of the counts: all VMs, those of a kind, or those of a flavor. */
export interface CountedKind {
  readonly name: string;
  readonly counts: ClassCounts;
}

/** Counts of all VMs, CPU VMs and GPU VMs, then of flavors, those with the most differently served VMs first. */
export function countKinds(
  pairing: Pairing,
  classes: Uint8Array,
  first: Run,
): { all: CountedKind[]; flavors: CountedKind[] } {
  const { decisions } = first.placements!;
  const names = new Map<string, Record<DifferenceClass, number>>();
  const countsOf = (name: string): Record<DifferenceClass, number> => {
    const known = names.get(name) ?? { both: 0, first: 0, second: 0, neither: 0 };
    names.set(name, known);
    return known;
  };
  const [all, cpu, gpu] = [countsOf(' all'), countsOf(' cpu'), countsOf(' gpu')];
  for (let vm = 0; vm < classes.length; vm++) {
    const row = pairing.firstRow[vm]!;
    const name = differenceClasses[classes[vm]!]!;
    all[name]++;
    (decisions.cards[row]! > 0 ? gpu : cpu)[name]++;
    countsOf(textAt(decisions.flavor, row) || 'no flavor')[name]++;
  }
  const flavors = [...names].slice(3).map(([name, counts]) => ({ name, counts }));
  flavors.sort((a, b) => differing(b.counts) - differing(a.counts) || (a.name < b.name ? -1 : 1));
  return {
    all: [
      { name: 'all VMs', counts: all },
      { name: 'CPU VMs', counts: cpu },
      { name: 'GPU VMs', counts: gpu },
    ],
    flavors,
  };
}

/** VMs that one run served and the other did not. */
export function differing({ first, second }: ClassCounts): number {
  return first + second;
}

/** How much longer the second run let VMs wait that both served: from submission to start, seconds; null where there are none. */
export interface WaitDifference {
  readonly vms: number;
  readonly longer: number;
  readonly shorter: number;
  readonly meanS: number | null;
  /** Of the differences; by nearest rank. */
  readonly medianS: number | null;
}

export function compareWaits(pairing: Pairing, classes: Uint8Array, first: Run, second: Run): WaitDifference {
  const differencesS: number[] = [];
  classes.forEach((each, vm) => {
    if (each !== 0) return;
    differencesS.push(waitS(second, pairing.secondRow[vm]!) - waitS(first, pairing.firstRow[vm]!));
  });
  differencesS.sort((a, b) => a - b);
  const vms = differencesS.length;
  return {
    vms,
    longer: differencesS.filter((differenceS) => differenceS > 0).length,
    shorter: differencesS.filter((differenceS) => differenceS < 0).length,
    meanS: vms === 0 ? null : differencesS.reduce((sum, differenceS) => sum + differenceS, 0) / vms,
    medianS: vms === 0 ? null : differencesS[Math.ceil(vms / 2) - 1]!,
  };
}

/** From submission to start of a placed VM, seconds; until it was turned away for others. */
export function waitS({ placements }: Run, row: number): number {
  const { decisions, decidedS, submitS } = placements!;
  return (decisions.startS[row] ?? decidedS[row]!) - submitS[row]!;
}

/** First and last row of each VM. */
function attemptsOf({ decisions }: Placements): Map<string, { firstAttempt: number; lastAttempt: number }> {
  const attempts = new Map<string, { firstAttempt: number; lastAttempt: number }>();
  decisions.id.forEach((id, row) => {
    const known = attempts.get(id);
    if (known === undefined) attempts.set(id, { firstAttempt: row, lastAttempt: row });
    else known.lastAttempt = row;
  });
  return attempts;
}

function areSameRequests(first: Placements, a: number, second: Placements, b: number): boolean {
  const [x, y] = [first.decisions, second.decisions];
  return (
    x.submitS[a] === y.submitS[b] &&
    x.vcpus[a] === y.vcpus[b] &&
    x.ramMib[a] === y.ramMib[b] &&
    x.cards[a] === y.cards[b] &&
    x.cardMemoryMib[a] === y.cardMemoryMib[b] &&
    x.cardCores[a] === y.cardCores[b]
  );
}
