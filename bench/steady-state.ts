/** A cluster in steady state near 88 % vCPU use, 20 % of the requests for cards: each step places one VM and ends another. */

import { modelNamed } from '../core/card-catalogue.ts';
import { Cluster, type Placement } from '../core/cluster.ts';
import { addressOf } from '../core/cluster-file.ts';
import type { HostSpec } from '../core/host.ts';
import { hybrid } from '../core/policies/hybrid.ts';
import { defaultPolicyOptions } from '../core/policy.ts';
import { type VmRequest, vmRequest } from '../core/request.ts';
import { Scheduler } from '../core/scheduler.ts';
import { type RandomStream, randomStream } from '../traces/random.ts';

export interface SteadyStateOptions {
  readonly hosts: number;
  /** Different sizes of VM; Infinity: every request is different. */
  readonly flavors: number;
  /** Every host of a size of its own, or all of a kind alike. */
  readonly sizes: 'alike' | 'different';
}

const gib = 1024;
const wantedUse = 0.88;

export class SteadyState {
  readonly cluster: Cluster;
  /** What `step` places; `decide` draws from it as well. */
  readonly #nextRequest: () => VmRequest;
  readonly #stream: RandomStream = randomStream(1, 'steady-state');
  readonly #scheduler: Scheduler;
  readonly #bound: Placement[] = [];
  readonly #vcpus: number;
  #vcpusUsed = 0;
  #refused = 0;
  #decided = 0;

  constructor(options: SteadyStateOptions) {
    this.cluster = new Cluster(hostsOf(options, this.#stream));
    this.#nextRequest = requestsOf(options.flavors, this.#stream);
    this.#scheduler = new Scheduler(this.cluster, hybrid.create(defaultPolicyOptions));
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

  /** A request as it would come next. */
  nextRequest(): VmRequest {
    return this.#nextRequest();
  }

  /** One arrival, decided and bound; then departures until use is back. */
  step(): void {
    this.#arrive();
    while (this.#vcpusUsed > wantedUse * this.#vcpus) this.#leave();
  }

  #arrive(): void {
    const request = this.#nextRequest();
    const decision = this.#scheduler.schedule(request);
    this.#decided++;
    if (decision.kind !== 'placed') {
      this.#refused++;
      this.#leave();
      return;
    }
    const placement = { request, host: decision.host, cards: decision.cards, wholeCards: false };
    this.cluster.bind(placement);
    this.#bound.push(placement);
    this.#vcpusUsed += request.vcpus;
  }

  #leave(): void {
    const place = Math.floor(this.#stream() * this.#bound.length);
    const placement = this.#bound[place]!;
    this.#bound[place] = this.#bound.at(-1)!;
    this.#bound.pop();
    this.cluster.release(placement);
    this.#vcpusUsed -= placement.request.vcpus;
  }
}

/** Half of the hosts have eight cards, of three models. */
function hostsOf({ hosts, sizes }: SteadyStateOptions, stream: RandomStream): HostSpec[] {
  const models = ['RTX A6000', 'A10', 'A100-80GB'].map((name) => modelNamed(name)!);
  return Array.from({ length: hosts }, (_, index) => {
    const isGpuHost = index % 2 === 1;
    const { name: model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = models[index % 3]!;
    const card = { model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz, sharing: 'passthrough' as const };
    const vary = sizes === 'different' ? stream() : 0.5;
    return {
      name: `host-${index}`,
      vcpus: 32 + Math.floor(64 * vary),
      ramMib: 256 * gib + Math.floor(512 * gib * (sizes === 'different' ? stream() : 0.5)),
      diskGib: 4000,
      cpuAllocationRatio: 1,
      cards: isGpuHost ? Array.from({ length: 8 }, (__, place) => ({ ...card, address: addressOf(place) })) : [],
    };
  });
}

/** Draws one of the flavors, or a new one each time. */
function requestsOf(flavors: number, stream: RandomStream): () => VmRequest {
  let next = 0;
  const draw = (): VmRequest => {
    const cards = stream() < 0.2 ? 1 + Math.floor(stream() ** 2 * 4) : 0;
    return vmRequest({
      id: `vm-${next++}`,
      vcpus: 2 + Math.floor(stream() * 14),
      ramMib: flavors === Infinity ? 4000 + Math.floor(stream() * 120_000) : (4 + Math.floor(stream() * 120)) * gib,
      diskGib: 40,
      cards,
      cardMemoryMib: cards === 0 ? 0 : [8000, 20_000, 45_000][Math.floor(stream() * 3)]!,
    });
  };
  if (flavors === Infinity) return draw;
  const drawn = Array.from({ length: flavors }, draw);
  return () => drawn[Math.floor(stream() * drawn.length)]!;
}
