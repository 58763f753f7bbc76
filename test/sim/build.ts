/** Small workloads and clouds for tests, a log of what a cloud did, and arbitrary runs for properties. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { onTestFinished } from 'vitest';
import { Cluster } from '../../core/cluster.ts';
import { formatCluster } from '../../core/cluster-file.ts';
import { policies } from '../../core/policies/index.ts';
import type { Policy } from '../../core/policy.ts';
import type { PolicyOptions } from '../../core/policy-options.ts';
import type { RequestNumbers } from '../../core/request.ts';
import {
  type CloudOptions,
  type DecisionColumns,
  type RunFile,
  type RunInputs,
  runFormat,
} from '../../core/runs/run-file.ts';
import { OutputFile } from '../../files/output-file.ts';
import { Cloud, type CloudObserver } from '../../sim/cloud/cloud.ts';
import { defaultCloud } from '../../sim/cloud/cloud-options.ts';
import { priorities } from '../../sim/cloud/priorities.ts';
import type { Vm } from '../../sim/cloud/vm.ts';
import type { WaitingRoom, WaitQueue } from '../../sim/cloud/wait-queue.ts';
import { Simulator } from '../../sim/engine/engine.ts';
import { plainDecisions } from '../../sim/records/recorder.ts';
import { readRunFile, writeRunFile } from '../../sim/records/run-file-io.ts';
import { type Measured, measure } from '../../sim/runs/play.ts';
import { inBatches } from '../../sim/runs/workload.ts';
import type { Arrival } from '../../traces/arrival.ts';
import { anyHosts, anyRequest, ask, type HostSize, hostSpec, policyNamed, typicalRequests } from '../core/build.ts';

/** A VM of one vCPU and 1 GiB, unless said otherwise. */
export function vm(id: string, atS: number, lifetimeS: number, numbers: Partial<RequestNumbers> = {}): Arrival {
  return { atS, lifetimeS, request: ask({ id, ...numbers }), station: '', flavor: '', image: '', user: '' };
}

/** Hosts with these vCPUs, whose RAM, disk and cards never matter. */
export function hostsOf(...vcpus: readonly number[]): HostSize[] {
  return vcpus.map((each) => ({ vcpus: each, ramMib: 1024 * 1024 }));
}

/** A host or card (-1: the whole host) that fails, or comes back. */
export interface Fault {
  readonly atS: number;
  readonly host: number;
  readonly card?: number;
  readonly isUp: boolean;
}

export interface Scenario {
  readonly hosts: readonly HostSize[];
  readonly arrivals: readonly Arrival[];
  readonly cloud?: Partial<CloudOptions>;
  readonly faults?: readonly Fault[];
  /** By name, or one of one's own. Defaults to `first-fit`. */
  readonly policy?: string | Policy;
  readonly observers?: readonly CloudObserver[];
  /** How those who wait are tried. */
  readonly queueOf?: (room: WaitingRoom) => WaitQueue;
}

/** What the cloud told its observers, one line each, and the cloud afterwards. */
export interface Played {
  readonly log: string[];
  readonly cloud: Cloud;
  readonly simulator: Simulator;
}

/** Plays a scenario to its end, with the faults given and no others. */
export function playCloud(scenario: Scenario): Played {
  const { hosts, arrivals, cloud: options, faults = [], policy: named = 'first-fit', observers = [] } = scenario;
  const simulator = new Simulator();
  const log: string[] = [];
  const cloudOptions = { ...defaultCloud, ...options };
  const watching = [logTo(log), ...observers];
  const policy = typeof named === 'string' ? policyNamed(named) : named;
  const cloud = new Cloud(
    ...([simulator, hosts.map(hostSpec), policy, cloudOptions, watching, 'auto', true] as const),
    scenario.queueOf,
  );
  const fault = simulator.kind(priorities.fault, (index) => {
    const { host, card = -1, isUp } = faults[index]!;
    cloud.fault(host, card, isUp);
  });
  for (const [index, { atS }] of faults.entries()) simulator.at(atS, fault, index);
  for (const arrival of arrivals) {
    simulator.advance(arrival.atS, priorities.arrival);
    cloud.arrive(arrival);
  }
  cloud.close();
  simulator.run();
  return { log, cloud, simulator };
}

/** Lines such as `10 a on 0` (with cards `10 a on 0/1-2`), `20 a ends`, `5 b waits: vcpus:1`. */
function logTo(log: string[]): CloudObserver {
  const idOf = ({ id, number }: Vm): string => `${id}${number === 1 ? '' : `#${number}`}`;
  return {
    waits: (vm, nowS) => log.push(`${nowS} ${idOf(vm)} waits: ${vm.waitReason}`),
    bound(vm, nowS) {
      const { host, cards } = vm;
      log.push(`${nowS} ${idOf(vm)} on ${host}${cards.length > 0 ? `/${cards.join('-')}` : ''}`);
    },
    ended: (vm, nowS, outcome, reason) =>
      log.push(`${nowS} ${idOf(vm)} ${outcome === 'completed' ? 'ends' : `lost: ${reason}`}`),
    turnedAway: (vm, nowS, outcome) => log.push(`${nowS} ${idOf(vm)} ${outcome}: ${vm.reason}`),
    conflicted: (vm, host, nowS) => log.push(`${nowS} ${idOf(vm)} refused by ${host}`),
    faulted: (nowS, host, card, isUp) =>
      log.push(`${nowS} ${card < 0 ? `host ${host}` : `card ${host}/${card}`} ${isUp ? 'back' : 'fails'}`),
  };
}

/** Everything that decides a run, as plain data. */
export interface Run {
  readonly hosts: readonly HostSize[];
  readonly arrivals: readonly Arrival[];
  readonly policy: string;
  readonly cloud: CloudOptions;
  readonly seed: number;
  readonly untilS: number | null;
  readonly intervalS: number;
  /** Defaults to 0. */
  readonly warmUpS?: number;
}

/** A run with the defaults: first-fit, refusing what does not fit, measured until the last arrival. */
export function runOf(
  hosts: readonly HostSize[],
  arrivals: readonly Arrival[],
  { cloud, ...rest }: Partial<Omit<Run, 'cloud'>> & { cloud?: Partial<CloudOptions> } = {},
): Run {
  const fixed = { policy: 'first-fit', seed: 1, untilS: null, intervalS: 3600 };
  return { ...fixed, hosts, arrivals, ...rest, cloud: { ...defaultCloud, ...cloud } };
}

/** Simulates, with every decision kept. */
export async function simulated(
  run: Run,
  decisionsFile?: OutputFile,
): Promise<Omit<Measured, 'decisions'> & { decisions: DecisionColumns }> {
  const { cloud, seed, untilS, intervalS, warmUpS = 0 } = run;
  const policy = policyNamed(run.policy, { seed });
  const options = { cloud, seed, untilS, intervalS, warmUpS, record: true, typicalRequests, decisionsFile };
  const result = await measure(run.hosts.map(hostSpec), inBatches(run.arrivals), policy, options);
  return { ...result, decisions: plainDecisions(result.decisions!) };
}

/** A directory that is gone when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'heps-sim-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** The run file of a run, written to that path and read back. */
export async function runFileOf(run: Run, path: string): Promise<RunFile & { decisions: DecisionColumns }> {
  const policyOptions: PolicyOptions = { seed: run.seed, similarity: 'normalised', typicalRequests };
  const inputs: RunInputs = {
    cluster: { name: 'test', sha256: '' },
    workload: { name: 'test', sha256: '', days: null, load: null, skipped: 0 },
    policy: { name: run.policy, options: policyOptions },
    cloud: run.cloud,
    seed: run.seed,
  };
  const cluster = formatCluster({ name: 'test', hosts: run.hosts.map(hostSpec) });
  const file = new OutputFile(path);
  writeRunFile(file, { format: runFormat, heps: 'test', inputs, cluster, ...(await simulated(run)) });
  file.finish();
  const read = readRunFile(path);
  return { ...read, decisions: read.decisions! };
}

/** A cluster of those hosts with nothing bound. */
export function emptyCluster(hosts: readonly HostSize[]): Cluster {
  return new Cluster(hosts.map(hostSpec));
}

/** Up to 25 VMs in order of time, many at the same moment, with ids of their own. */
export const anyArrivals: fc.Arbitrary<Arrival[]> = fc
  .array(
    fc.record({
      gapS: fc.constantFrom(0, 0, 1, 2, 5, 5, 10, 17, 60),
      lifetimeS: fc.constantFrom(1, 5, 10, 20, 40, 100),
      request: anyRequest,
      flavor: fc.constantFrom('', 'office', 'gpu'),
    }),
    { maxLength: 25 },
  )
  .map((rows) => {
    let atS = 0;
    return rows.map(({ gapS, lifetimeS, request, flavor }, index) => {
      atS += gapS;
      const id = `vm-${index}`;
      return { atS, lifetimeS, request: { ...request, id }, station: '', flavor, image: '', user: '' };
    });
  });

/**
 * Every option of the cloud. Failures are some minutes apart, so that runs of some minutes have some, and still a VM on four
 * cards lives to its end: one that never does is submitted again for ever.
 */
export const anyCloud: fc.Arbitrary<CloudOptions> = fc.record({
  onFull: fc.constantFrom('queue', 'queue', 'reject'),
  backfill: fc.boolean(),
  patienceS: fc.constantFrom(null, 0, 5, 20, 60),
  bootS: fc.constantFrom(0, 0, 3, 15),
  srmIntervalS: fc.constantFrom(0, 0, 5, 10, 30),
  schedulers: fc.constantFrom(1, 1, 2, 3),
  mtbfH: fc.constantFrom(null, null, 0.05, 0.2),
  cardMtbfH: fc.constantFrom(null, null, 0.05, 0.2),
  mttrH: fc.constantFrom(0.001, 0.01),
  resubmit: fc.constantFrom(0, 1000),
});

export const anyRun: fc.Arbitrary<Run> = fc.record({
  hosts: anyHosts,
  arrivals: anyArrivals,
  policy: fc.constantFrom(...policies.map(({ name }) => name)),
  cloud: anyCloud,
  seed: fc.nat(1000),
  untilS: fc.constantFrom(null, 30, 60, 200),
  intervalS: fc.constantFrom(7, 10, 60, 3600),
});
