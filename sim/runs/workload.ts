/** What arrives: generated from a preset, read from a trace, or given in memory; each with a digest of what it says. */
import { basename } from 'node:path';
import { mostCountedVms, RequestKinds, typicalRequestsOf } from '../../core/fragmentation/typical-requests.ts';
import { InputError } from '../../core/input-error.ts';
import type { TypicalRequest } from '../../core/typical-request.ts';
import type { Arrival, ArrivalStream } from '../../traces/arrival.ts';
import { readTrace, type TraceOptions, traceFiles } from '../../traces/formats.ts';
import { formatHepsCsv, hepsCsvHeader } from '../../traces/heps-csv.ts';
import { readHepsParameters } from '../../traces/heps-parameters-reader.ts';
import { generateHeps } from '../../traces/heps-workload.ts';
import { readJson, sha256, sha256OfFiles } from './inputs.ts';
import { presetPath } from './presets.ts';

/** Which arrivals: generated from a preset, or read from a trace file. */
export interface WorkloadPlan {
  /** Name of a preset, such as `heps`; null when a trace is read. */
  readonly preset: string | null;
  /** Path of a trace; null when a preset generates. */
  readonly trace: string | null;
  /** Length, days; null = the whole trace. A preset needs it. */
  readonly days: number | null;
  /** Arrivals relative to the plan; presets only. */
  readonly load: number;
  /** How openb times are read; null = as recorded, where they are. */
  readonly times: 'real' | 'order' | null;
  /** Leave wrong rows out instead of stopping at the first. */
  readonly skipInvalid: boolean;
}

/** A workload ready to be run. */
export interface Workload {
  readonly name: string;
  readonly arrivals: ArrivalStream;
  /** How many there are; null when only reading will tell. */
  readonly count: number | null;
  /** Rows left out so far; grows while `arrivals` is read. */
  readonly skipped: readonly string[];
  /** What it is made of: the typical requests among its first 100 000 VMs. A trace is read once more for it. */
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
  const file = presetPath('workloads', name) ?? name;
  const parsed = readJson(file, 'workloads');
  const days = plan.days ?? 30;
  const parameters = withFile(file, () => readHepsParameters(parsed));
  const arrivals = generateHeps({ days, load: plan.load, seed, parameters });
  const digest = sha256(JSON.stringify(parsed));
  return {
    name: basename(name, '.json'),
    arrivals: inBatches(arrivals),
    count: arrivals.length,
    skipped: [],
    typicalRequests: async () => typicalRequestsOf(arrivals.map(({ request }) => request)),
    sha256: async () => digest,
  };
}

async function openTrace(path: string, plan: WorkloadPlan, seed: number, hasNames: boolean): Promise<Workload> {
  const skipped: string[] = [];
  const options: TraceOptions = {
    seed,
    hasNames,
    times: plan.times ?? undefined,
    onInvalid: plan.skipInvalid ? (error) => skipped.push(error.message) : undefined,
  };
  const arrivals = await readTrace(path, options);
  const typicalRequests = async () => {
    const kinds = new RequestKinds();
    const onInvalid = plan.skipInvalid ? () => {} : undefined;
    for await (const batch of await readTrace(path, { ...options, hasNames: false, onInvalid })) {
      for (const { request } of batch) if (kinds.total < mostCountedVms) kinds.add(request);
      if (kinds.total === mostCountedVms) break;
    }
    return kinds.typical();
  };
  return { name: basename(path), arrivals, count: null, skipped, typicalRequests, sha256: () => workloadSha256(plan) };
}

/** Digest of what a plan's arrivals come from, as `Workload.sha256` gives it, without opening them. @throws InputError */
export async function workloadSha256({ preset, trace }: WorkloadPlan): Promise<string> {
  if (trace !== null) return sha256OfFiles(await traceFiles(trace));
  const name = preset ?? 'heps';
  return sha256(JSON.stringify(readJson(presetPath('workloads', name) ?? name, 'workloads')));
}

/** Arrivals in memory as a workload. Its digest is that of the heps CSV they would be written as. */
export function workloadInMemory(arrivals: readonly Arrival[]): Workload {
  return {
    name: 'arrivals',
    arrivals: inBatches(arrivals),
    count: arrivals.length,
    skipped: [],
    typicalRequests: async () => typicalRequestsOf(arrivals.map(({ request }) => request)),
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
