/** A cluster in steady state at 88 % vCPU use, 20 % of the requests for cards: each step places one VM and ends about one. */

import { modelNamed } from '../core/card-catalogue.ts';
import { Cluster, type Placement } from '../core/cluster.ts';
import { addressOf } from '../core/cluster-file.ts';
import type { GpuCard } from '../core/gpu-card.ts';
import type { HostSpec } from '../core/host.ts';
import { hybrid } from '../core/policies/hybrid.ts';
import { createPolicy } from '../core/policy.ts';
import { type VmRequest, vmRequest } from '../core/request.ts';
import { type Engine, Scheduler } from '../core/scheduler.ts';
import { type RandomStream, randomStream } from '../traces/random.ts';

export interface SteadyStateOptions {
  readonly hosts: number;
  /** Different sizes of VM; Infinity: every request is different. */
  readonly flavors: number;
  /** Every host of a size of its own, or all of a kind alike. */
  readonly sizes: 'alike' | 'different';
  /** Eight cards of one model a host, passed through; of three models in each host; or of one model, shared. Defaults to the first. */
  readonly cards?: 'one model' | 'three models' | 'shared';
}

/** What decides and keeps account of what is free. */
export interface Cloud {
  decide(request: VmRequest): { readonly host: number; readonly cards: readonly number[] } | undefined;
  bind(placement: Placement): void;
  release(placement: Placement): void;
}

const gib = 1024;
const wantedUse = 0.88;
const drawnBeforehand = 1 << 16;

type MutablePlacement = { -readonly [Field in keyof Placement]: Placement[Field] };

/** Our scheduler on a cluster. */
export function schedulerOn(cluster: Cluster, engine: Engine): Cloud {
  const scheduler = new Scheduler(cluster, createPolicy(hybrid), engine);
  return {
    decide(request) {
      const decision = scheduler.schedule(request);
      return decision.kind === 'placed' ? decision : undefined;
    },
    bind: (placement) => cluster.bind(placement),
    release: (placement) => cluster.release(placement),
  };
}

export class SteadyState {
  readonly cluster: Cluster;
  #cloud: Cloud;
  /** Requests and lots as they come, drawn beforehand so that steps cost no drawing; used round and round. */
  readonly #requests: readonly VmRequest[];
  readonly #lots: Float64Array;
  #drawn = 0;
  readonly #bound: MutablePlacement[] = [];
  /** Placements that have ended, to be used again: what keeps them is not part of what is measured. */
  readonly #left: MutablePlacement[] = [];
  readonly #vcpus: number;
  #vcpusUsed = 0;
  #refused = 0;
  #decided = 0;

  constructor(options: SteadyStateOptions) {
    const stream = randomStream(1, 'steady-state');
    this.cluster = new Cluster(hostsOf(options, stream));
    this.#requests = requestsOf(options.flavors, stream);
    this.#lots = Float64Array.from({ length: drawnBeforehand }, stream);
    this.#cloud = schedulerOn(this.cluster, 'auto');
    this.#vcpus = this.cluster.vcpus.reduce((sum, vcpus) => sum + vcpus, 0);
    while (this.#vcpusUsed < wantedUse * this.#vcpus) this.#arrive();
    for (let turn = 0; turn < 2 * options.hosts; turn++) this.step();
  }

  get use(): number {
    return this.#vcpusUsed / this.#vcpus;
  }

  /** Share of the requests that no host could take. */
  get refusedShare(): number {
    return this.#refused / this.#decided;
  }

  /** Another decides from now on; it must start from the state that the cluster has now. */
  continueWith(cloud: Cloud): void {
    this.#cloud = cloud;
  }

  /** A request as it would come next. */
  nextRequest(): VmRequest {
    return this.#requests[this.#drawn++ % drawnBeforehand]!;
  }

  /** One arrival, decided and bound; then departures until use is back. */
  step(): void {
    this.#arrive();
    while (this.#vcpusUsed > wantedUse * this.#vcpus) this.#leave();
  }

  #arrive(): void {
    const request = this.nextRequest();
    const decision = this.#cloud.decide(request);
    this.#decided++;
    if (decision === undefined) {
      this.#refused++;
      this.#leave();
      return;
    }
    const { host, cards } = decision;
    const placement = this.#left.pop() ?? { request, host, cards, wholeCards: false };
    placement.request = request;
    placement.host = host;
    placement.cards = cards;
    this.#cloud.bind(placement);
    this.#bound.push(placement);
    this.#vcpusUsed += request.vcpus;
  }

  #leave(): void {
    const place = Math.floor(this.#lots[this.#drawn % drawnBeforehand]! * this.#bound.length);
    const placement = this.#bound[place]!;
    this.#bound[place] = this.#bound.at(-1)!;
    this.#bound.pop();
    this.#left.push(placement);
    this.#cloud.release(placement);
    this.#vcpusUsed -= placement.request.vcpus;
  }
}

/** Half of the hosts have eight cards. */
function hostsOf({ hosts, sizes, cards = 'one model' }: SteadyStateOptions, stream: RandomStream): HostSpec[] {
  const models = ['RTX A6000', 'A10', 'A100-80GB'].map((name) => modelNamed(name)!);
  const below = (limit: number): number => Math.floor(stream() * limit);
  const cardOf = (host: number, place: number): GpuCard => {
    const {
      name: model,
      memoryMib,
      cores,
      fp32Tflops,
      bandwidthGBs,
      clockMhz,
    } = models[cards === 'three models' ? below(3) : host % 3]!;
    const sharing = cards === 'shared' ? 'shared' : 'passthrough';
    return { address: addressOf(place), model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz, sharing };
  };
  return Array.from({ length: hosts }, (_, index) => ({
    name: `host-${index}`,
    vcpus: sizes === 'different' ? 32 + below(64) : 64,
    ramMib: sizes === 'different' ? 256 * gib + below(512 * gib) : 512 * gib,
    diskGib: 4000,
    cpuAllocationRatio: 1,
    cards: index % 2 === 1 ? Array.from({ length: 8 }, (__, place) => cardOf(index, place)) : [],
  }));
}

/** What the flavors ask for is spread evenly over the same ranges, so that few flavors ask for as much as many do. */
function requestsOf(flavors: number, stream: RandomStream): VmRequest[] {
  const count = Math.min(flavors, drawnBeforehand);
  /** Each flavor's place in a range, in [0, 1): evenly spread, in an order of its own. */
  const spread = (): number[] => {
    const places = Array.from({ length: count }, (_, index) => ({ lot: stream(), place: (index + 0.5) / count }));
    return places.sort((a, b) => a.lot - b.lot).map(({ place }) => place);
  };
  const [vcpus, ram] = [spread(), spread()];
  const gpuShare = 0.2;
  const drawn = spread().map((gpu, index) => {
    const isGpu = gpu < gpuShare;
    const wish = gpu / gpuShare;
    const cards = isGpu ? 1 + Math.floor(((wish * 7) % 1) ** 2 * 4) : 0;
    return vmRequest({
      id: `flavor-${index}`,
      vcpus: 2 + Math.floor(vcpus[index]! * 14),
      ramMib:
        flavors === Infinity ? 4000 + Math.floor(ram[index]! * 122_880) : (4 + Math.floor(ram[index]! * 120)) * gib,
      diskGib: 40,
      cards,
      cardMemoryMib: isGpu ? [8000, 20_000, 45_000][Math.floor(wish * 3)]! : 0,
    });
  });
  return Array.from({ length: drawnBeforehand }, (_, index) => {
    return flavors === Infinity ? drawn[index]! : drawn[Math.floor(stream() * count)]!;
  });
}
