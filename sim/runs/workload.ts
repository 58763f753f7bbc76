/** What arrives: generated from a preset, read from a trace, or given in memory; each with a digest of what it says. */
import { basename } from 'node:path';
import { mostCountedVms, RequestKinds, typicalRequestsOf } from '../../core/fragmentation/typical-requests.ts';
import { InputError } from '../../core/input-error.ts';
import { instantS } from '../../core/instant.ts';
import type { TypicalRequest } from '../../core/typical-request.ts';
import type { Arrival, ArrivalStream } from '../../traces/arrival.ts';
import { readTrace, type TraceOptions, traceFiles } from '../../traces/formats.ts';
import { formatHepsCsv, hepsCsvHeader } from '../../traces/heps-csv.ts';
import { readHepsParameters } from '../../traces/heps-parameters-reader.ts';
import { generateHeps } from '../../traces/heps-workload.ts';
import { type LeftOut, LeftOutRows, RowError } from '../../traces/left-out.ts';
import type { QuietTime } from '../measures/quiet-time.ts';
import { type Beginning, beginAt, type From } from './beginning.ts';
import { existingPath, readJson, sha256, sha256OfFiles } from './inputs.ts';

/** Which arrivals: generated from a preset, or read from a trace file. */
export interface WorkloadPlan {
  /** Name of a preset, such as `heps`; null when a trace is read. */
  readonly preset: string | null;
  /** Path of a trace; null when a preset generates. */
  readonly trace: string | null;
  /** Where time begins. Absent: at 0, as that of a preset always does. */
  readonly from?: From | undefined;
  /** Length from there, days; null = the whole trace. A preset needs it. */
  readonly days: number | null;
  /** Arrivals relative to the plan; presets only. */
  readonly load: number;
  /** How openb times are read; null = as recorded, where they are. */
  readonly times: 'real' | 'order' | null;
  /** Leave wrong rows out instead of stopping at the first. */
  readonly skipInvalid: boolean;
}

/** What became of the rows of a workload. */
export interface ReadRows {
  /** VMs that were read. */
  readonly vms: number;
  /** Rows left out, by reason. */
  readonly leftOut: readonly LeftOut[];
  /** Where time begins among them. */
  readonly begin: Beginning;
  /** Most of the time, if hardly any VM arrives in it; null where that is not so, or nothing was measured. */
  readonly quietTime: QuietTime | null;
}

/** What became of them so far, while they are read. */
export type RowsSoFar = Pick<ReadRows, 'vms' | 'leftOut'>;

/** A workload ready to be run. */
export interface Workload {
  readonly name: string;
  readonly arrivals: ArrivalStream;
  /** How many there are; null when only reading will tell. */
  readonly count: number | null;
  /** What `arrivals` has given and left out so far. */
  readonly rows: RowsSoFar;
  /** What it is made of: the typical requests among its first 100 000 VMs from where time begins. A trace is read once more for it. */
  typicalRequests(): Promise<TypicalRequest[]>;
  /** Hex digest of the trace file, or of the preset's parameters. Reads the file once more: 0.09 µs a VM. */
  sha256(): Promise<string>;
}

/**
 * Opens a workload for one run.
 *
 * @param hasNames whether station, flavor, image and user are wanted; reading them takes a third of the time
 * @throws InputError
 */
export async function openWorkload(plan: WorkloadPlan, seed: number, hasNames = true): Promise<Workload> {
  if (plan.trace !== null) return openTrace(plan.trace, plan, seed, hasNames);
  const name = plan.preset ?? 'heps';
  const file = existingPath(name, 'workloads');
  const parsed = await readJson(file);
  const days = plan.days ?? 30;
  const parameters = withFile(file, () => readHepsParameters(parsed));
  const arrivals = generateHeps({ days, load: plan.load, seed, parameters });
  const digest = sha256(JSON.stringify(parsed));
  return {
    name: basename(name).replace(/(\.json)?(\.gz)?$/, ''),
    arrivals: inBatches(arrivals),
    count: arrivals.length,
    rows: { vms: arrivals.length, leftOut: [] },
    typicalRequests: async () => typicalRequestsOf(arrivals.map(({ request }) => request)),
    sha256: async () => digest,
  };
}

async function openTrace(path: string, plan: WorkloadPlan, seed: number, hasNames: boolean): Promise<Workload> {
  const leftOut = new LeftOutRows();
  const leaveOut = (row: RowError): void => leftOut.add(row);
  const options: TraceOptions = { seed, hasNames, times: plan.times ?? undefined };
  const open = async (more: TraceOptions, onInvalid: (row: RowError) => void): Promise<ArrivalStream> =>
    plan.skipInvalid
      ? readTrace(path, { ...options, ...more, onInvalid })
      : withWayOut(await readTrace(path, { ...options, ...more }));
  let vms = 0;
  const arrivals = counted(await open({ onNoVm: leaveOut }, leaveOut), (count) => {
    vms += count;
  });
  const typicalRequests = async () => {
    const kinds = new RequestKinds();
    const { arrivals: counted } = await beginAt(await open({ hasNames: false }, () => {}), plan.from ?? 0);
    for await (const batch of counted) {
      for (const { request } of batch) if (kinds.total < mostCountedVms) kinds.add(request);
      if (kinds.total === mostCountedVms) break;
    }
    return kinds.typical();
  };
  return {
    name: basename(path),
    arrivals,
    count: null,
    rows: {
      get vms() {
        return vms;
      },
      get leftOut() {
        return leftOut.list;
      },
    },
    typicalRequests,
    sha256: () => workloadSha256(plan),
  };
}

async function* counted(arrivals: ArrivalStream, add: (count: number) => void): ArrivalStream {
  for await (const batch of arrivals) {
    add(batch.length);
    yield batch;
  }
}

/** Says in the error of a wrong row how to go on without it. */
async function* withWayOut(arrivals: ArrivalStream): ArrivalStream {
  try {
    yield* arrivals;
  } catch (error) {
    if (!(error instanceof RowError)) throw error;
    const sort = error.reason === 'out-of-order' ? '; sorted by time, all of them are read' : '';
    throw InputError.saying(`${error.message} (--skip-invalid leaves such rows out, and counts them${sort})`);
  }
}

/** Digest of what a plan's arrivals come from, as `Workload.sha256` gives it, without opening them. @throws InputError */
export async function workloadSha256({ preset, trace }: WorkloadPlan): Promise<string> {
  if (trace !== null) return sha256OfFiles(await traceFiles(trace));
  const name = preset ?? 'heps';
  return sha256(JSON.stringify(await readJson(existingPath(name, 'workloads'))));
}

/** Arrivals in memory as a workload. Its digest is that of the heps CSV they would be written as. */
export function workloadInMemory(arrivals: readonly Arrival[], from: From = 0): Workload {
  return {
    name: 'arrivals',
    arrivals: inBatches(arrivals),
    count: arrivals.length,
    rows: { vms: arrivals.length, leftOut: [] },
    typicalRequests: async () => {
      const counted = from === 'first' ? arrivals : arrivals.filter(({ atS }) => instantS(atS) >= from);
      return typicalRequestsOf(counted.map(({ request }) => request));
    },
    sha256: async () => sha256(`${hepsCsvHeader}\n${formatHepsCsv(arrivals)}`),
  };
}

/** A list as a stream. */
export async function* inBatches(arrivals: readonly Arrival[]): ArrivalStream {
  const size = 1000;
  for (let start = 0; start < arrivals.length; start += size) yield arrivals.slice(start, start + size);
}

/** Names the file in an error about one of its fields. */
function withFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw InputError.saying(`${file}, ${error.message}`);
    throw error;
  }
}
