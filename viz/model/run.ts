/** A run as the page uses it: the file, its hosts, and the columns that are read in every frame as plain numbers. */
import { Cluster } from '../../core/cluster.ts';
import { parseCluster } from '../../core/cluster-file.ts';
import { InputError } from '../../core/input-error.ts';
import type { PolicyFactory } from '../../core/policy.ts';
import { schedulersOf } from '../../core/runs/deciding-scheduler.ts';
import { beginOf, type DecisionColumns, type RunFile } from '../../core/runs/run-file.ts';
import { History } from './history.ts';
import { type RunPolicy, runPolicyOf } from './run-policy.ts';

/** What is read of the decisions in every frame. Arrays have one row per decision. */
export interface Placements {
  readonly decisions: DecisionColumns;
  readonly history: History;
  readonly decidedS: Float64Array;
  readonly submitS: Float64Array;
  /** -Infinity where the VM was turned away. */
  readonly endS: Float64Array;
  /** Host index; -1 where the VM was turned away. */
  readonly host: Int32Array;
  readonly vcpus: Float64Array;
  readonly ramMib: Float64Array;
  /** Card indexes on the host, by place in `decisions.cardIndexes.texts`. */
  readonly cardSets: readonly (readonly number[])[];
  /** Rows that were turned away, ascending. */
  readonly turnedAway: readonly number[];
  /** All submissions, ascending: how many had asked by some moment. */
  readonly submissionsS: Float64Array;
}

export interface Run {
  /** Name of its file. */
  readonly name: string;
  /** What tells it from the others that are open. */
  readonly title: string;
  readonly file: RunFile;
  /** Its hosts with nothing on them. */
  readonly cluster: Cluster;
  readonly policy: RunPolicy;
  /** Null in a file written with `--summary-only`. */
  readonly placements: Placements | null;
  /** Where the time axis begins, seconds: an instant of the workload, as all times of the page are. */
  readonly beginS: number;
  /** Where it ends: of what was measured. A few that were submitted again may be decided later. */
  readonly endS: number;
}

/**
 * @param own the run's policy, where it does not come with heps; or why it is not here
 * @throws InputError when a decision names a host or a card that the cluster does not have, or comes before an earlier one
 */
export function runOf(file: RunFile, name: string, own?: PolicyFactory | string): Run {
  const cluster = new Cluster(parseCluster(file.cluster, `${name}, cluster`).hosts);
  const placements = file.decisions === null ? null : placementsOf(file.decisions, cluster, name);
  const { series, inputs } = file;
  const beginS = beginOf(inputs);
  return {
    name,
    title: inputs.policy.name,
    file,
    cluster,
    policy: runPolicyOf(file, own),
    placements,
    beginS,
    endS: beginS + series.intervalS * Math.max(1, series.vms.length),
  };
}

function placementsOf(decisions: DecisionColumns, cluster: Cluster, name: string): Placements {
  const host = Int32Array.from(decisions.host);
  const decidedS = Float64Array.from(decisions.decidedS);
  const endS = Float64Array.from(decisions.endS, (endsS) => endsS ?? -Infinity);
  const cardSets = decisions.cardIndexes.texts.map((text) => (text === '' ? [] : text.split('-').map(Number)));
  const turnedAway: number[] = [];
  const where = `${name}, decisions`;
  for (let row = 0; row < host.length; row++) {
    if (!(host[row]! >= -1 && host[row]! < cluster.specs.length)) {
      throw new InputError(`${where}.host[${row}]`, `-1 to ${cluster.specs.length - 1}`, decisions.host[row]);
    }
    if (row > 0 && decidedS[row]! < decidedS[row - 1]!) {
      throw new InputError(`${where}.decidedS[${row}]`, `at least ${decidedS[row - 1]}`, decidedS[row]);
    }
    if (host[row]! < 0) {
      turnedAway.push(row);
      endS[row] = -Infinity;
      continue;
    }
    const cards = cluster.specs[host[row]!]!.cards.length;
    for (const card of cardSets[decisions.cardIndexes.rows[row]!]!) {
      if (!(card >= 0 && card < cards)) {
        throw new InputError(`${where}.cardIndexes[${row}]`, `cards of a host that has ${cards}`, card);
      }
    }
  }
  return {
    decisions,
    history: new History(decidedS, endS),
    decidedS,
    submitS: Float64Array.from(decisions.submitS),
    endS,
    host,
    vcpus: Float64Array.from(decisions.vcpus),
    ramMib: Float64Array.from(decisions.ramMib),
    cardSets,
    turnedAway,
    submissionsS: Float64Array.from(decisions.submitS).sort(),
  };
}

/** Names that tell runs apart: the policy, and whatever else differs among them. */
export function titlesOf(runs: readonly Run[]): string[] {
  const parts: ((run: Run) => string)[] = [
    ({ file }) => file.inputs.policy.name,
    ({ policy }) => policy.optionWords.join(', '),
    ({ file }) => file.inputs.workload.name,
    ({ file }) => (file.inputs.workload.load === null ? '' : `load ${file.inputs.workload.load}`),
    ({ file }) => file.inputs.cluster.name,
    ({ file }) => (file.inputs.cloud.onFull === 'reject' ? 'rejecting' : 'queueing'),
    ({ file }) => (file.inputs.cloud.srmIntervalS > 0 ? `SRM every ${file.inputs.cloud.srmIntervalS} s` : 'SRM exact'),
    ({ file }) => (schedulersOf(file.inputs.cloud) > 1 ? `${schedulersOf(file.inputs.cloud)} schedulers` : ''),
    ({ beginS }) => `from day ${Number((beginS / 86_400).toFixed(2))}`,
    ({ file }) => `warm-up ${Number(((file.inputs.warmUpS ?? 0) / 86_400).toFixed(2))} days`,
    ({ file }) => `seed ${file.inputs.seed}`,
  ];
  const telling = parts.filter((part, index) => index === 0 || new Set(runs.map(part)).size > 1);
  const titles = runs.map((run) => telling.flatMap((part) => part(run) || []).join(' · '));
  return titles.map((title, index) =>
    titles.indexOf(title) === titles.lastIndexOf(title) ? title : `${title} · ${runs[index]!.name}`,
  );
}

/** The row of a VM: of its submission number `attempt`, or of the last where that is 0; -1 where there is none. */
export function rowOfVm({ decisions }: Placements, id: string, attempt: number): number {
  const { id: ids, attempt: attempts } = decisions;
  let row = ids.lastIndexOf(id);
  while (attempt > 0 && row >= 0 && attempts[row] !== attempt) row = row === 0 ? -1 : ids.lastIndexOf(id, row - 1);
  return row;
}
