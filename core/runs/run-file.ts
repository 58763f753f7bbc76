/** The result of one run, `"format": "heps-run/1"`: what ran, on which hosts, what came of it. */
import type { ClusterFile } from '../cluster-file.ts';
import type { PolicyOptions } from '../policy-options.ts';
import type { VmRequest } from '../request.ts';

/** Name and version of the format of run files. */
export const runFormat = 'heps-run/1';

/** A column of texts that repeat: row `i` is `texts[rows[i]]`. */
export interface TextColumn {
  /** Each text once. */
  readonly texts: readonly string[];
  /** Index into `texts`, one per row. */
  readonly rows: readonly number[];
}

/** How the cloud behaved around the scheduler. */
export interface CloudOptions {
  /** What becomes of a VM that no host can take: it waits, or is refused. */
  readonly onFull: 'queue' | 'reject';
  /** Whether a later VM may start before an earlier one that still waits. */
  readonly backfill: boolean;
  /** Seconds after which a waiting VM gives up; null = never. */
  readonly patienceS: number | null;
  /** Seconds from binding to start; the lifetime counts from the start. */
  readonly bootS: number;
  /** Seconds between SRM reports; 0 = the scheduler always sees the truth. */
  readonly srmIntervalS: number;
  /**
   * Schedulers working in parallel; `decidingScheduler` says which has a VM. Each sees its own bindings at once and those of the others
   * when a report tells of them. Defaults to 1.
   */
  readonly schedulers?: number;
  /** Mean hours between failures of one host; null = hosts do not fail. */
  readonly mtbfH: number | null;
  /** Mean hours between failures of one card; null = cards do not fail. */
  readonly cardMtbfH: number | null;
  /** Mean hours until a host or card is repaired. */
  readonly mttrH: number;
  /** How many times a VM lost to failures is submitted again, each time with its whole lifetime. */
  readonly resubmit: number;
}

/** The file of a policy that does not come with heps. */
export interface PolicyModuleRecord {
  /** Path as it was given, such as `./mine.ts`. */
  readonly file: string;
  /** Hex digest of its bytes. */
  readonly sha256: string;
  /** It takes shared cards whole, `Policy.wholeCards`; absent where it does not. */
  readonly wholeCards?: true;
}

/** What ran. Two files with equal `what` hold equal results. */
export interface RunInputs {
  /** Name and hex digest of its `heps-cluster/1` form. */
  readonly cluster: { readonly name: string; readonly sha256: string };
  /** Name, hex digest, length and load of what arrived. */
  readonly workload: {
    readonly name: string;
    readonly sha256: string;
    readonly days: number | null;
    readonly load: number | null;
    /** Instant of the workload at which the run's time begins, s; absent where that is 0, and in older files. `beginOf` reads it. */
    readonly beginS?: number;
    /** Rows left out: wrong ones (`--skip-invalid`), and those that are no VM, such as cancelled jobs. */
    readonly skipped: number;
  };
  /** Name and options of the policy. */
  readonly policy: {
    readonly name: string;
    readonly options: PolicyOptions;
    /** The policy's own file, where it does not come with heps. */
    readonly module?: PolicyModuleRecord;
  };
  /** How the cloud behaved. */
  readonly cloud: CloudOptions;
  /** Of workload, failures and policies that draw lots. */
  readonly seed: number;
  /** Seconds from where time begins that the summary leaves out; absent where nobody asked for a warm-up, and in older files. */
  readonly warmUpS?: number;
}

/** How one kind of VM was served. */
export interface KindSummary {
  /** VMs that asked. */
  readonly arrived: number;
  /** VMs that got a host. */
  readonly placed: number;
  /** Placed on cards that have what was asked for (CPU VMs: placed). */
  readonly served: number;
  /** VMs that no host could take, and that did not wait. */
  readonly refused: number;
  /** VMs that waited too long. */
  readonly gaveUp: number;
  /** VMs that fit on no empty host. */
  readonly unservable: number;
  /** Mean time from submission to start, s, over those placed; null without any. */
  readonly meanWaitS: number | null;
}

/**
 * Figures of a run. Shares are in [0, 1]; `null` where nothing was there to measure. Uses are means over the `durationS` that follow
 * the warm-up; VMs that arrived before, and what happened before, are not counted.
 */
export interface RunSummary {
  /** Time over which use is averaged: from where the run's time begins, the asked days, or until the last arrival of a trace; less the warm-up. */
  readonly durationS: number;
  /** Every VM. */
  readonly all: KindSummary;
  /** VMs without cards. */
  readonly cpu: KindSummary;
  /** VMs with cards. */
  readonly gpu: KindSummary;
  /** By desktop kind. */
  readonly byFlavor: Readonly<Record<string, KindSummary>>;
  /** Placed / arrived. */
  readonly acceptanceShare: number | null;
  /** Served / arrived: acceptance without the VMs that got a card too small for them. */
  readonly servedShare: number | null;
  /** The same of GPU VMs. */
  readonly gpuServedShare: number | null;
  /** From submission to start (boot included), over placed VMs; quantiles by nearest rank. */
  readonly waitS: Readonly<Record<'mean' | 'p50' | 'p95' | 'p99' | 'max', number | null>>;
  /** VMs that had to wait. */
  readonly waited: number;
  /** vCPUs in use, of those that hosts give out. */
  readonly vcpuShare: number;
  /** RAM in use. */
  readonly ramShare: number;
  /** Shared cards count by the part of their cores that is held. */
  readonly cardShare: number | null;
  /** Memory of the cards, or parts of cards, that are held. */
  readonly cardMemoryShare: number | null;
  /** Memory that the holders asked for. */
  readonly cardMemoryAskedShare: number | null;
  /** VMs that ran at a time. */
  readonly meanVms: number;
  /** VMs that waited at a time. */
  readonly meanWaiting: number;
  /** CPU VMs that were put on GPU hosts. */
  readonly cpuVmsOnGpuHosts: number;
  /** The same, at a time. */
  readonly meanCpuVmsOnGpuHosts: number;
  /** Mean number of idle cards on hosts that lack the vCPUs or the RAM of the smallest GPU VM seen so far. */
  readonly meanStrandedCards: number;
  /** S_card, Eq. (2), of the cards that GPU VMs got, mean over those placed; of several cards that of the slowest. Missing in older run files. */
  readonly meanCardScore?: number | null;
  /**
   * Of the GPU time that was idle on running hosts, the part in which typical requests could not have used it: ∫ F dt / ∫ T dt of
   * `core/fragmentation/fragments.ts`. Null also where the workload was not known beforehand; missing in files of earlier versions.
   */
  readonly fragmentShare?: number | null;
  /** GPU VMs that got a card with less memory or fewer cores than asked. */
  readonly wrongCards: number;
  /** GPU VMs that stock counting (policy `nova`) would have given such a card, at the moment they were placed. */
  readonly stockWrongCards: number;
  /** Bindings that the truth refused, since the scheduler's view was old. */
  readonly conflicts: number;
  /** Failures of hosts. */
  readonly hostFailures: number;
  /** Failures of cards. */
  readonly cardFailures: number;
  /** VMs that failures ended. */
  readonly lostVms: number;
  /** What those had computed, vCPU-hours. */
  readonly lostVcpuHours: number;
  /** The same, card-hours. */
  readonly lostCardHours: number;
  /**
   * Cards × time that GPU VMs ran until the measured time ended, a warm-up included, on cards as asked, without what was lost to failures in that time; of a VM
   * submitted again, the run that was not lost. Missing in files of earlier versions.
   */
  readonly servedCardHours?: number;
}

/** One row per decision that settled something, in the order in which they were made. */
export interface DecisionColumns {
  /** Id of the VM. */
  readonly id: readonly string[];
  /** 1, or more for a VM submitted again after a failure. */
  readonly attempt: readonly number[];
  /** When it asked, s from the start. */
  readonly submitS: readonly number[];
  /** How long it runs once started, s. */
  readonly lifetimeS: readonly number[];
  /** vCPUs asked for. */
  readonly vcpus: readonly number[];
  /** RAM asked for, MiB. */
  readonly ramMib: readonly number[];
  /** Disk asked for, GiB. */
  readonly diskGib: readonly number[];
  /** Cards asked for. */
  readonly cards: readonly number[];
  /** Least memory of each card, MiB; 0 = any. */
  readonly cardMemoryMib: readonly number[];
  /** Least cores of each card; 0 = any. */
  readonly cardCores: readonly number[];
  /** Models separated by `|`. */
  readonly cardModels: TextColumn;
  /** Experimental station, or empty. */
  readonly station: TextColumn;
  /** Desktop kind, or empty. */
  readonly flavor: TextColumn;
  /** Image, or empty. */
  readonly image: TextColumn;
  /** User, or empty. */
  readonly user: TextColumn;
  /** When the VM was bound or turned away. */
  readonly decidedS: readonly number[];
  /** Host index; -1 when turned away. */
  readonly host: readonly number[];
  /** Card indexes on the host, joined by `-`. */
  readonly cardIndexes: TextColumn;
  /** Score of the host as shown; null when turned away. */
  readonly score: readonly (number | null)[];
  /** When it started, s; null when turned away. */
  readonly startS: readonly (number | null)[];
  /** When it ended, s; null when turned away. */
  readonly endS: readonly (number | null)[];
  /** completed, lost, refused, gave-up, unservable. */
  readonly outcome: TextColumn;
  /** Why it was turned away or lost: `vcpus:12|no-cards:190|cards-busy:48` counts hosts. */
  readonly reason: TextColumn;
  /** Why it had to wait: the same at its first try; empty when it did not. */
  readonly waitReason: TextColumn;
  /** Rows that stood before its first try. */
  readonly firstTriedAfter: readonly number[];
}

/** Hosts and cards that failed and came back, in order of time. `card` is -1 for the whole host; `up` 0 or 1 is the new state. */
export interface FaultColumns {
  /** When, s. */
  readonly atS: readonly number[];
  /** Host index. */
  readonly host: readonly number[];
  /** Card index on the host. */
  readonly card: readonly number[];
  /** New state. */
  readonly up: readonly number[];
}

/** Refused bindings: on the way to decision row `decision`, `host` was tried in vain. Tries between the first and the last are only counted. */
export interface ConflictColumns {
  /** Row of the decision. */
  readonly decision: readonly number[];
  /** Host that refused. */
  readonly host: readonly number[];
  /** 1: at its first try, after which it waited; 0: at its last. */
  readonly firstTry: readonly number[];
}

/** Names of the series, each the mean over one interval. */
export const seriesNames = [
  'vms',
  'waiting',
  'vcpuShare',
  'ramShare',
  'cardShare',
  'cardMemoryShare',
  'cardMemoryAskedShare',
  'strandedCards',
  'cpuVmsOnGpuHosts',
] as const;

/** A level or count over time that runs keep. */
export type SeriesName = (typeof seriesNames)[number];

/** Use over time, the warm-up included: row `i` covers [i, i + 1) × intervalS from where the run's time begins (`beginOf`). Counts are of that interval. */
export type SeriesColumns = { readonly intervalS: number } & Readonly<Record<SeriesName, readonly number[]>> &
  Readonly<Record<'arrived' | 'placed' | 'turnedAway', readonly number[]>>;

/** A run as a JSON file, `heps-run/1` (docs/formats.md). */
export interface RunFile {
  /** Format and its version. */
  readonly format: typeof runFormat;
  /** Version of heps-vcd that wrote it. */
  readonly heps: string;
  /** What ran. */
  readonly inputs: RunInputs;
  /** On which hosts. */
  readonly cluster: ClusterFile;
  /** Its figures. */
  readonly summary: RunSummary;
  /** Use over time. */
  readonly series: SeriesColumns;
  /** Null with `--summary-only`. */
  readonly decisions: DecisionColumns | null;
  /** Null unless decisions are kept. */
  readonly faults: FaultColumns | null;
  /** Null unless decisions are kept. */
  readonly conflicts: ConflictColumns | null;
}

/** Instant of the workload at which the run's time begins, s: decisions and faults have the workload's own instants, all else counts from here. */
export function beginOf({ workload }: Pick<RunInputs, 'workload'>): number {
  return workload.beginS ?? 0;
}

/** Text of row `row`. */
export function textAt(column: TextColumn, row: number): string {
  return column.texts[column.rows[row]!]!;
}

/** The request of a decision row. */
export function requestAt(decisions: DecisionColumns, row: number): VmRequest {
  const models = textAt(decisions.cardModels, row);
  return {
    id: decisions.id[row]!,
    vcpus: decisions.vcpus[row]!,
    ramMib: decisions.ramMib[row]!,
    diskGib: decisions.diskGib[row]!,
    cards: decisions.cards[row]!,
    cardMemoryMib: decisions.cardMemoryMib[row]!,
    cardCores: decisions.cardCores[row]!,
    cardModels: models === '' ? [] : models.split('|'),
  };
}

/** The cards of a decision row. */
export function cardsAt(decisions: DecisionColumns, row: number): number[] {
  const text = textAt(decisions.cardIndexes, row);
  return text === '' ? [] : text.split('-').map(Number);
}
