/** A live cloud as its stream tells of it: made from a snapshot, kept up to date by the changes. */
import { Cluster } from '../cluster.ts';
import { parseCluster } from '../cluster-file.ts';
import { InputError } from '../input-error.ts';
import type { LiveChange, LiveHost, LiveSnapshot, LiveTurnedAway, LiveVm, LiveWaiting } from './live-stream.ts';

export class LiveState {
  readonly policy: string;
  readonly srmIntervalS: number;
  /** Its hosts with nothing on them; `observedAtS`, `up` and `cardHealthy` are as the stream says. */
  readonly cluster: Cluster;
  readonly vms = new Map<string, LiveVm>();
  /** The same VMs, by host. */
  readonly vmsOn: readonly Set<LiveVm>[];
  /** In the order in which they will be tried. */
  readonly waiting = new Map<string, LiveWaiting>();
  /** Of the snapshot. */
  readonly turnedAway: readonly LiveTurnedAway[];
  /** Hosts whose VMs, cards or being up have changed; the drawing code empties it. */
  readonly changedHosts = new Set<number>();
  #sequence: number;
  #atS: number;

  /** @param snapshot as from `checkLiveSnapshot` @throws InputError when its parts do not agree */
  constructor(snapshot: LiveSnapshot) {
    this.cluster = new Cluster(parseCluster(snapshot.cluster, 'snapshot.cluster').hosts);
    this.policy = snapshot.policy;
    this.srmIntervalS = snapshot.srmIntervalS;
    this.#sequence = snapshot.sequence;
    this.#atS = snapshot.atS;
    const hosts = this.cluster.specs.length;
    if (snapshot.hosts.length !== hosts)
      throw new InputError('snapshot.hosts', `${hosts} hosts`, snapshot.hosts.length);
    this.vmsOn = snapshot.hosts.map(() => new Set());
    snapshot.hosts.forEach((host, index) => {
      this.#checkCards(index, host.failedCards, `snapshot.hosts[${index}].failedCards`);
      this.#setHost(index, host);
    });
    snapshot.vms.forEach((vm, index) => {
      this.#checkVm(vm, `snapshot.vms[${index}]`);
      this.#bind(vm);
    });
    for (const vm of snapshot.waiting) this.waiting.set(vm.id, vm);
    this.turnedAway = snapshot.turnedAway;
  }

  /** Of the last change. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The server's time at the last change, Unix seconds. */
  get atS(): number {
    return this.#atS;
  }

  /**
   * Takes a change over, wholly or not at all.
   *
   * @param change as from `checkLiveChange`
   * @throws InputError when it is not the next one, or names a host, a card or a VM that is not there
   */
  apply(change: LiveChange): void {
    if (change.sequence !== this.#sequence + 1) {
      throw new InputError('change.sequence', String(this.#sequence + 1), change.sequence);
    }
    const { bound = [], ended = [], waiting = [], turnedAway = [], hosts = [] } = change;
    bound.forEach((vm, index) => {
      this.#checkVm(vm, `change.bound[${index}]`);
    });
    ended.forEach((id, index) => {
      if (this.vms.has(id) || this.waiting.has(id)) return;
      throw new InputError(`change.ended[${index}]`, 'a VM that runs or waits', id);
    });
    hosts.forEach(({ host, failedCards = [] }, index) => {
      this.#checkCards(host, failedCards, `change.hosts[${index}]`);
    });
    this.#sequence = change.sequence;
    this.#atS = change.atS;
    for (const id of ended) this.#end(id);
    for (const vm of bound) this.#bind(vm);
    for (const { id } of turnedAway) this.waiting.delete(id);
    for (const vm of waiting) this.waiting.set(vm.id, vm);
    for (const { host, ...fields } of hosts) this.#setHost(host, fields);
  }

  /** Whether the host's last SRM record is more than three intervals old: no GPU VM should go there. */
  isStale(host: number, nowS: number): boolean {
    return this.srmIntervalS > 0 && nowS - this.cluster.observedAtS[host]! > 3 * this.srmIntervalS;
  }

  #checkVm({ host, cards }: LiveVm, where: string): void {
    this.#checkCards(host, cards, where);
  }

  #checkCards(host: number, cards: readonly number[], where: string): void {
    const { specs } = this.cluster;
    const spec = specs[host];
    if (spec === undefined) throw new InputError(`${where}.host`, `0 to ${specs.length - 1}`, host);
    for (const card of cards) {
      if (card >= spec.cards.length) {
        throw new InputError(where, `cards of ${spec.name}, which has ${spec.cards.length}`, card);
      }
    }
  }

  #bind(vm: LiveVm): void {
    this.#end(vm.id);
    this.vms.set(vm.id, vm);
    this.vmsOn[vm.host]!.add(vm);
    this.changedHosts.add(vm.host);
  }

  #end(id: string): void {
    this.waiting.delete(id);
    const vm = this.vms.get(id);
    if (vm === undefined) return;
    this.vms.delete(id);
    this.vmsOn[vm.host]!.delete(vm);
    this.changedHosts.add(vm.host);
  }

  #setHost(host: number, { up, srmObservedAtS, failedCards }: Partial<LiveHost>): void {
    const { cluster } = this;
    if (srmObservedAtS !== undefined) cluster.observedAtS[host] = srmObservedAtS ?? -Infinity;
    if (up === undefined && failedCards === undefined) return;
    this.changedHosts.add(host);
    if (up !== undefined) cluster.setUp(host, up);
    if (failedCards === undefined) return;
    for (let card = 0; card < cluster.specs[host]!.cards.length; card++) {
      cluster.setCardHealthy(host, card, !failedCards.includes(card));
    }
  }
}
