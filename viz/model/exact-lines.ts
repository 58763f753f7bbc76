/** Use and waiting VMs at every single change, for a close-up of part of a run. */
import { requestAt } from '../../core/runs/run-file.ts';
import { RowList } from './history.ts';
import type { Placements, Run } from './run.ts';
import type { Steps } from './timeline-strips.ts';

const quantities = ['vcpus', 'ram', 'cards', 'waiting'] as const;

/** Shares of all vCPUs, RAM and cards of the cluster, and a number of VMs. */
type Amounts = Record<(typeof quantities)[number], number>;

const nothing: Amounts = { vcpus: 0, ram: 0, cards: 0, waiting: 0 };

/** More changes than this are not told one by one. */
const mostChanges = 30_000;

/** Between two moments, seconds; null when there are too many changes. */
export function exactLines(
  run: Run,
  placements: Placements,
  fromS: number,
  toS: number,
): Readonly<Record<keyof Amounts, Steps>> | null {
  const { history, decidedS, submitS, endS, host } = placements;
  const running = new RowList();
  history.runningAt(fromS, running);
  const first = history.decidedBy(fromS);
  const end = history.decidedBy(toS);
  if (running.length + end - first > mostChanges) return null;
  const held = heldBy(run, placements);
  const changes: (Amounts & { readonly atS: number })[] = [{ ...nothing, atS: fromS }];
  const addVm = (row: number, atS: number): void => {
    const { vcpus, ram, cards } = held(row);
    changes.push({ vcpus, ram, cards, waiting: 0, atS });
    if (endS[row]! <= toS) changes.push({ vcpus: -vcpus, ram: -ram, cards: -cards, waiting: 0, atS: endS[row]! });
  };
  for (const row of running.rows.subarray(0, running.length)) addVm(row, fromS);
  for (let row = first; row < end; row++) {
    if (host[row]! >= 0) addVm(row, decidedS[row]!);
  }
  // Who waits in this part of the run may be decided after its end: so rows are read on for the longest wait of the run.
  const lastS = toS + longestWaitS(placements);
  for (let row = first; row < host.length && decidedS[row]! <= lastS; row++) {
    if (submitS[row]! > toS || decidedS[row]! === submitS[row]!) continue;
    changes.push({ ...nothing, waiting: 1, atS: Math.max(fromS, submitS[row]!) });
    if (decidedS[row]! <= toS) changes.push({ ...nothing, waiting: -1, atS: decidedS[row]! });
  }
  return stepsOf(
    changes.sort((a, b) => a.atS - b.atS),
    toS,
  );
}

/** What the VM of a row holds, as shares of the cluster; a shared card counts by the part of its cores, as in a run's summary. */
function heldBy({ cluster, policy }: Run, placements: Placements): (row: number) => Omit<Amounts, 'waiting'> {
  const { vcpus, ramMib, cardSets, decisions, host } = placements;
  const allVcpus = sum(cluster.vcpus);
  const allRamMib = sum(cluster.ramMib);
  const cardOf = (row: number, card: number): number => {
    if (policy.wholeCards || cluster.cardIsShared[card] === 0) return 1;
    const { cores } = cluster.cardShare(card, requestAt(decisions, row), false);
    return cores / cluster.models[cluster.cardModel[card]!]!.cores;
  };
  return (row) => {
    const first = cluster.cardStart[host[row]!]!;
    const cards = cardSets[decisions.cardIndexes.rows[row]!]!;
    return {
      vcpus: vcpus[row]! / allVcpus,
      ram: ramMib[row]! / allRamMib,
      cards: cards.reduce((held, card) => held + cardOf(row, first + card), 0) / cluster.cardHealthy.length,
    };
  };
}

/** Adds changes in order of time up; those of one moment are one step. */
function stepsOf(changes: readonly (Amounts & { readonly atS: number })[], endS: number): Record<keyof Amounts, Steps> {
  const atS: number[] = [];
  const values = { vcpus: [] as number[], ram: [] as number[], cards: [] as number[], waiting: [] as number[] };
  const now = { ...nothing };
  for (const change of changes) {
    if (atS.at(-1) !== change.atS) atS.push(change.atS);
    for (const quantity of quantities) {
      now[quantity] += change[quantity];
      values[quantity][atS.length - 1] = now[quantity];
    }
  }
  const steps = (quantity: keyof Amounts): Steps => ({ atS, values: values[quantity], endS });
  return { vcpus: steps('vcpus'), ram: steps('ram'), cards: steps('cards'), waiting: steps('waiting') };
}

const longestWaits = new WeakMap<Placements, number>();

function longestWaitS(placements: Placements): number {
  let longestS = longestWaits.get(placements);
  if (longestS === undefined) {
    longestS = 0;
    const { decidedS, submitS } = placements;
    for (let row = 0; row < decidedS.length; row++) longestS = Math.max(longestS, decidedS[row]! - submitS[row]!);
    longestWaits.set(placements, longestS);
  }
  return longestS;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
