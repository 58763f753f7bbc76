/** The registry as the stream `heps-live/1` tells of it (docs/formats.md): hosts, ages of their records, failed cards, who holds cards. */
import { formatCluster } from '../../core/cluster-file.ts';
import type { HostSpec } from '../../core/host.ts';
import type { SrmCard } from '../../core/srm.ts';
import {
  type LiveChange,
  type LiveHost,
  type LiveSnapshot,
  type LiveVm,
  liveFormat,
} from '../../core/wire/live-stream.ts';
import { type HostState, type HostUsage, inventoryOf, usageOf } from './host-state.ts';

export interface LiveViewOptions {
  /** Name of the policy that decides. */
  readonly policy: string;
  readonly srmIntervalS: number;
  readonly heartbeatS: number;
}

interface SeenHost {
  readonly spec: HostSpec;
  readonly inventory: string;
  usage: string;
  live: LiveHost;
  vms: readonly LiveVm[];
}

export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #hosts: SeenHost[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #vms = new Map<string, LiveVm>();
  #sequence = 0;

  /** @param states at least one */
  constructor(options: LiveViewOptions, states: Iterable<HostState>) {
    this.#options = options;
    const sorted = [...states].sort((one, other) => (one.host < other.host ? -1 : 1));
    for (const state of sorted) {
      const { host: name, inventory, usage } = state;
      const index = this.#hosts.length;
      const spec: HostSpec = { name, cpuAllocationRatio: 1, ...wholeDisk(inventoryOf(state)) };
      const use = usageOf(state);
      const vms = vmsOf(index, spec, use, state.receivedAtS);
      this.#hosts.push({ spec, inventory, usage, live: liveHostOf(state, spec, use.cards), vms });
      this.#indexes.set(name, index);
      for (const vm of vms) this.#vms.set(vm.id, vm);
    }
  }

  get sequence(): number {
    return this.#sequence;
  }

  snapshot(nowS: number): LiveSnapshot {
    const { policy, srmIntervalS, heartbeatS } = this.#options;
    return {
      format: liveFormat,
      sequence: this.#sequence,
      atS: nowS,
      heartbeatS,
      cluster: formatCluster({ name: 'live', hosts: this.#hosts.map(({ spec }) => spec) }),
      policy,
      srmIntervalS,
      hosts: this.#hosts.map(({ live }) => live),
      vms: [...this.#vms.values()],
      waiting: [],
      turnedAway: [],
    };
  }

  /**
   * Takes the new states of some hosts over.
   *
   * @returns what to send; null for nothing; `other-cluster` when a host is new or has another inventory: a new view is needed then
   */
  update(states: Iterable<HostState>, nowS: number): LiveChange | null | 'other-cluster' {
    const hosts: ({ host: number } & Partial<LiveHost>)[] = [];
    const ended = new Set<string>();
    const bound = new Map<string, LiveVm>();
    for (const state of states) {
      const index = this.#indexes.get(state.host);
      const seen = index === undefined ? undefined : this.#hosts[index]!;
      if (index === undefined || seen === undefined || seen.inventory !== state.inventory) return 'other-cluster';
      if (seen.usage === state.usage) {
        if (seen.live.srmObservedAtS === state.receivedAtS) continue;
        seen.live = { ...seen.live, srmObservedAtS: state.receivedAtS };
        hosts.push({ host: index, srmObservedAtS: state.receivedAtS });
        continue;
      }
      const use = usageOf(state);
      const vms = vmsOf(index, seen.spec, use, state.receivedAtS);
      seen.usage = state.usage;
      seen.live = liveHostOf(state, seen.spec, use.cards);
      hosts.push({ host: index, srmObservedAtS: seen.live.srmObservedAtS, failedCards: seen.live.failedCards });
      const kept = new Set(vms.map(({ id }) => id));
      for (const { id } of seen.vms) {
        // A server that has moved is on another host by now.
        if (!kept.has(id) && this.#vms.get(id)?.host === index) ended.add(id);
      }
      seen.vms = vms;
      for (const vm of vms) {
        const before = this.#vms.get(vm.id);
        const next = before?.host === index ? { ...vm, sinceS: before.sinceS } : vm;
        if (before === undefined || !isEqual(before, next)) bound.set(vm.id, next);
      }
    }
    for (const id of ended) {
      if (!bound.has(id)) this.#vms.delete(id);
    }
    for (const vm of bound.values()) this.#vms.set(vm.id, vm);
    const gone = [...ended].filter((id) => !bound.has(id));
    if (hosts.length === 0 && gone.length === 0 && bound.size === 0) return null;
    this.#sequence++;
    return {
      sequence: this.#sequence,
      atS: nowS,
      ...(gone.length > 0 && { ended: gone }),
      ...(bound.size > 0 && { bound: [...bound.values()] }),
      ...(hosts.length > 0 && { hosts }),
    };
  }
}

/** Parts of a GiB do not fit into a cluster file. */
function wholeDisk<T extends { readonly diskGib: number }>(inventory: T): T {
  return { ...inventory, diskGib: Math.floor(inventory.diskGib) };
}

/** A card that the host no longer reports counts as failed, as in `applySrm`. The time is the server's. */
function liveHostOf(state: HostState, spec: HostSpec, cards: readonly SrmCard[]): LiveHost {
  const healthy = new Set(cards.filter((card) => card.healthy).map(({ address }) => address));
  const failedCards = spec.cards.flatMap(({ address }, index) => (healthy.has(address) ? [] : [index]));
  return { up: true, srmObservedAtS: state.receivedAtS, failedCards };
}

/**
 * The servers that hold cards. A record tells what a host's servers use together, not what each does: they are shown with equal shares of
 * it, at least one vCPU.
 */
function vmsOf(host: number, spec: HostSpec, { cards, vcpusUsed, ramUsedMib }: HostUsage, nowS: number): LiveVm[] {
  const indexes = new Map(spec.cards.map(({ address }, index) => [address, index]));
  const held = new Map<string, number[]>();
  for (const { address, serverIds } of cards) {
    for (const id of new Set(serverIds)) held.set(id, [...(held.get(id) ?? []), indexes.get(address)!]);
  }
  const vcpus = Math.max(1, Math.floor(vcpusUsed / held.size));
  const ramMib = Math.floor(ramUsedMib / held.size);
  return Array.from(held, ([id, its]) => ({
    id,
    host,
    cards: its,
    vcpus,
    ramMib,
    cardMemoryMib: 0,
    cardCores: 0,
    user: '',
    station: '',
    flavor: '',
    sinceS: nowS,
  }));
}

function isEqual(one: LiveVm, other: LiveVm): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
