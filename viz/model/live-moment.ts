/** A live cloud as the cluster map wants it: only hosts on which something has changed are added up again. */

import { vmRequest } from '../../core/request.ts';
import type { LiveState } from '../../core/wire/live-state.ts';
import type { LiveVm } from '../../core/wire/live-stream.ts';
import { type ClusterMoment, emptyMoment } from './moment.ts';

export class LiveMoment {
  readonly moment: ClusterMoment;
  readonly #state: LiveState;

  constructor(state: LiveState) {
    this.#state = state;
    const { specs, cardHealthy } = state.cluster;
    this.moment = emptyMoment(specs.length, cardHealthy.length);
    for (let host = 0; host < specs.length; host++) this.#addUp(host);
  }

  /** Brings it up to date; hosts that have changed stay in `state.changedHosts`. @param nowS the server's time, Unix seconds */
  refresh(nowS: number): void {
    for (const host of this.#state.changedHosts) this.#addUp(host);
    const { stale } = this.moment;
    for (let host = 0; host < stale.length; host++) stale[host] = this.#state.isStale(host, nowS) ? 1 : 0;
  }

  #addUp(host: number): void {
    const { moment } = this;
    const { cluster, vmsOn } = this.#state;
    const [first, end] = [cluster.cardStart[host]!, cluster.cardStart[host + 1]!];
    moment.cardUse.fill(0, first, end);
    moment.cardHolder.fill(-1, first, end);
    moment.cardHealthy.set(cluster.cardHealthy.subarray(first, end), first);
    moment.up[host] = cluster.up[host]!;
    let [vcpus, ramMib, vms] = [0, 0, 0];
    for (const vm of vmsOn[host]!) {
      vcpus += vm.vcpus;
      ramMib += vm.ramMib;
      for (const index of vm.cards) {
        const card = first + index;
        moment.cardUse[card] = Math.min(1, moment.cardUse[card]! + this.#useOf(vm, card));
        moment.cardHolder[card] = vms;
      }
      vms++;
    }
    moment.vcpusUsed[host] = vcpus;
    moment.ramUsedMib[host] = ramMib;
    moment.vms[host] = vms;
  }

  /** Part of the card that the VM holds, in [0, 1]. */
  #useOf({ id, cardMemoryMib, cardCores, cards }: LiveVm, card: number): number {
    const { cluster } = this.#state;
    if (cluster.cardIsShared[card] === 0) return 1;
    const request = vmRequest({ id, vcpus: 1, ramMib: 0, cards: cards.length, cardMemoryMib, cardCores });
    const share = cluster.cardShare(card, request, false);
    const model = cluster.models[cluster.cardModel[card]!]!;
    return Math.max(share.memoryMib / model.memoryMib, share.cores / model.cores);
  }
}

/** What the figures above the map say. Shares are of all hosts, whether they are up or not. */
export interface LiveTotals {
  readonly vms: number;
  readonly vcpuShare: number;
  readonly ramShare: number;
  /** Null where there are no cards. */
  readonly cardShare: number | null;
  readonly waiting: number;
  readonly hostsDown: number;
  readonly failedCards: number;
  readonly staleHosts: number;
}

export function totalsOf({ cluster, vms, waiting }: LiveState, moment: ClusterMoment): LiveTotals {
  const cards = moment.cardUse.length;
  return {
    vms: vms.size,
    vcpuShare: sum(moment.vcpusUsed) / sum(cluster.vcpus),
    ramShare: sum(moment.ramUsedMib) / sum(cluster.ramMib),
    cardShare: cards === 0 ? null : sum(moment.cardUse) / cards,
    waiting: waiting.size,
    hostsDown: moment.up.length - sum(moment.up),
    failedCards: cards - sum(moment.cardHealthy),
    staleHosts: sum(moment.stale),
  };
}

function sum(values: Float64Array | Uint8Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total;
}
