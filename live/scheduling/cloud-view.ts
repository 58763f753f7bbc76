/**
 * What the scheduler decides on: the hosts as Nova has them, with the cards and the use that their SRM records tell, and on top whatever is
 * claimed or runs there and is not in a record yet.
 */
import { AskedLately, rememberedS } from '../../core/asked-lately.ts';
import { Cluster } from '../../core/cluster.ts';
import type { Decision, HostVerdict } from '../../core/decision.ts';
import type { GpuCard } from '../../core/gpu-card.ts';
import type { HostSpec } from '../../core/host.ts';
import type { Policy } from '../../core/policy.ts';
import type { VmRequest } from '../../core/request.ts';
import { explain, Scheduler } from '../../core/scheduler.ts';
import { applySrmTo, type SrmCard, type SrmRecord, srmCardOf } from '../../core/srm.ts';
import { type HostState, inventoryOf, usageOf } from '../srm/host-state.ts';
import type { SrmRegistry } from '../srm/registry.ts';
import { type HeldCard, type Holding, holdersOf } from './holding.ts';

/** A host as the cloud sees it. */
export interface CloudHost {
  /** By which servers and SRM records name it. */
  readonly name: string;
  /** What servers may use: without what is reserved, RAM and disk with their allocation ratios. */
  readonly vcpus: number;
  readonly cpuAllocationRatio: number;
  readonly ramMib: number;
  readonly diskGib: number;
  /** Up and enabled. */
  readonly takesServers: boolean;
}

export interface CloudViewOptions {
  readonly registry: Pick<SrmRegistry, 'hosts' | 'changes'>;
  readonly policy: Policy;
  /** Told, once each, of what is odd about the hosts. */
  readonly warn: (text: string) => void;
}

/** A decision with names in place of numbers. */
export interface NamedDecision {
  readonly decision: Decision;
  /** Name of the host; null when none would do. */
  readonly host: string | null;
  readonly cards: readonly { readonly address: string; readonly model: string }[];
  /** Parts of the score, by name. */
  readonly terms: Readonly<Record<string, number>>;
  /** Hosts that were removed, by reason, `placed` or not where it is explained; else only where none would do. */
  readonly rejectedBy: Readonly<Record<string, number>>;
}

/** Hosts that must not be used, by name; of a map, with the rule that forbids each. */
export type Excluded = ReadonlySet<string> | ReadonlyMap<string, string>;

const nothing: Excluded = new Set<string>();

/** A host that has cards, as Nova or Placement know, and has not reported them: what is free there nobody knows. */
const awaitsReport = 'awaits-report';

/**
 * Seconds after Nova's word that a server has left a host, for which a report that still names it as the holder of a card is late. Later ones
 * count: a guest is left over on the host, which has the card.
 */
const lateReportS = 20;

/** Servers that have left a host which are remembered. */
const mostLeft = 10_000;

export class CloudView {
  readonly #registry: CloudViewOptions['registry'];
  readonly #policy: Policy;
  readonly #warn: (text: string) => void;
  readonly #warned = new Set<string>();
  /** Since when servers have left hosts, by both. */
  readonly #leftAtS = new Map<string, number>();
  #cloudHosts: ReadonlyMap<string, CloudHost> = new Map();
  readonly #holdings = new Map<string, Holding>();
  readonly #byHost = new Map<string, Map<string, Holding>>();
  /** Hosts of which others say that they have cards. */
  readonly #withCards = new Set<string>();
  /** What a policy that learns knows of; kept when hosts come and go. */
  readonly #asked = new AskedLately();
  /** When each request was noted, by id. */
  readonly #askedAtS = new Map<string, number>();
  #cluster = new Cluster([], this.#asked);
  #scheduler: Scheduler;
  #indexes = new Map<string, number>();
  #needsCluster = true;
  /** Of the records that are put together here. */
  #sequence = 0;

  constructor({ registry, policy, warn }: CloudViewOptions) {
    this.#registry = registry;
    this.#policy = policy;
    this.#warn = warn;
    this.#scheduler = new Scheduler(this.#cluster, policy);
    const inventories = new Map<string, string>();
    registry.changes.subscribe(({ kind, state: { host, inventory } }) => {
      if (kind === 'seen') return;
      if (kind === 'forgotten') {
        inventories.delete(host);
        this.#needsCluster = true;
        return;
      }
      if (inventories.get(host) !== inventory) this.#needsCluster = true;
      inventories.set(host, inventory);
      this.#refresh(host);
    });
  }

  /** Whether the policy learns from what is asked for. */
  get learns(): boolean {
    return this.#policy.learns === true;
  }

  /** Hosts by name. */
  get hosts(): ReadonlyMap<string, CloudHost> {
    return this.#cloudHosts;
  }

  /** What is held, by id of the holding. */
  get holdings(): ReadonlyMap<string, Holding> {
    return this.#holdings;
  }

  /** The hosts as they are now; a new one when hosts or cards have come or gone. */
  get cluster(): Cluster {
    this.#bringUpToDate();
    return this.#cluster;
  }

  setHosts(hosts: readonly CloudHost[]): void {
    const before = this.#cloudHosts;
    this.#cloudHosts = new Map(hosts.map((host) => [host.name, host]));
    const isSame = before.size === hosts.length && hosts.every((host) => isSameSize(before.get(host.name), host));
    if (!isSame) this.#needsCluster = true;
    if (this.#needsCluster) return;
    for (const host of hosts) {
      if (before.get(host.name)!.takesServers !== host.takesServers) this.#refresh(host.name);
    }
  }

  /** Notes hosts that have cards by what others know. Until their first report they take no servers, not even ones without cards. */
  expectCards(hosts: Iterable<string>): void {
    for (const host of hosts) {
      if (this.#withCards.has(host)) continue;
      this.#withCards.add(host);
      this.#refresh(host);
    }
  }

  /** Whether a host has cards and has not reported yet. */
  awaitsReport(host: string): boolean {
    if (this.#registry.hosts.has(host)) return false;
    return this.#withCards.has(host) || this.holdingsOn(host).some(({ cards }) => cards.length > 0);
  }

  /** Notes what is held; under the same id it takes the place of what was held before. */
  hold(holding: Holding): void {
    const before = this.#holdings.get(holding.id);
    if (before !== undefined && before.host !== holding.host) this.letGo(holding.id);
    this.#holdings.set(holding.id, holding);
    let onHost = this.#byHost.get(holding.host);
    if (onHost === undefined) {
      onHost = new Map();
      this.#byHost.set(holding.host, onHost);
    }
    onHost.set(holding.id, holding);
    this.#refresh(holding.host);
  }

  letGo(id: string): void {
    const holding = this.#holdings.get(id);
    if (holding === undefined) return;
    this.#holdings.delete(id);
    this.#byHost.get(holding.host)!.delete(id);
    this.#refresh(holding.host);
  }

  /**
   * Notes that somebody asks, for a policy that learns what is sought after; once for each id, however often it is decided about. To be
   * called before the decision.
   */
  noteAsked(request: VmRequest, atS: number): void {
    if (!this.learns || this.#askedAtS.has(request.id)) return;
    for (const [id, thenS] of this.#askedAtS) {
      if (thenS >= atS - rememberedS) break;
      this.#askedAtS.delete(id);
    }
    this.#askedAtS.set(request.id, atS);
    this.#asked.note(request, atS);
  }

  /** Nova says that a server is on a host no more: its cards there are free, whatever an older report of the host says. */
  noteLeft(serverId: string, host: string, nowS: number): void {
    const key = `${serverId}@${host}`;
    this.#leftAtS.delete(key);
    this.#leftAtS.set(key, nowS);
    if (this.#leftAtS.size > mostLeft) this.#leftAtS.delete(this.#leftAtS.keys().next().value!);
    this.#refresh(host);
  }

  /** The server is there, perhaps again. */
  noteThere(serverId: string, host: string): void {
    if (this.#leftAtS.delete(`${serverId}@${host}`)) this.#refresh(host);
  }

  /** Cards of a server by its host's newest report; none where that does not name it, or is stale. */
  cardsNamed(host: string, serverId: string): HeldCard[] {
    const state = this.#registry.hosts.get(host);
    if (state === undefined || state.isStale) return [];
    return usageOf(state)
      .cards.filter(({ serverIds }) => serverIds.includes(serverId))
      .map(({ address, model }) => ({ address, model }));
  }

  /** A card of a host, by its PCI address. */
  cardAt(host: string, address: string): GpuCard | undefined {
    const state = this.#registry.hosts.get(host);
    return state === undefined ? undefined : inventoryOf(state).cards.find((card) => card.address === address);
  }

  /** Decides without holding anything. @param excluded names of hosts that must not be used */
  decide(request: VmRequest, excluded: Excluded = nothing): NamedDecision {
    this.#bringUpToDate();
    const decision = this.#scheduler.schedule(request, this.#numbersOf(excluded));
    const rejectedBy = decision.kind === 'placed' ? {} : this.#byRule(decision.rejectedBy, excluded);
    return this.#named(decision, request, rejectedBy);
  }

  /** The same with every host's part in it, in the order of `cluster.specs`. */
  explain(
    request: VmRequest,
    excluded: Excluded = nothing,
  ): NamedDecision & { readonly verdicts: readonly HostVerdict[] } {
    this.#bringUpToDate();
    const { decision, verdicts } = explain(this.#cluster, request, this.#policy, this.#numbersOf(excluded));
    const counts: Record<string, number> = {};
    for (const { rejection } of verdicts) {
      if (rejection !== undefined) counts[rejection.reason] = (counts[rejection.reason] ?? 0) + 1;
    }
    return { ...this.#named(decision, request, this.#byRule(counts, excluded)), verdicts };
  }

  /** Why the policy would not take that host for it, as it is now; null where it would, or does not know the host. */
  objectionTo(host: string, request: VmRequest): string | null {
    this.#bringUpToDate();
    const index = this.#indexes.get(host);
    if (index === undefined) return null;
    const view = this.#cluster.hosts[index]!;
    for (const filter of this.#policy.filters) {
      const reason = filter.reject(view, request);
      if (reason !== undefined) return reason;
    }
    return null;
  }

  /** Who holds each card of a host, by address: the server, or the request while there is no server. */
  cardHolders(host: string): Map<string, string> {
    const state = this.#registry.hosts.get(host);
    if (state === undefined) return new Map();
    return holdersOf(inventoryOf(state).cards, this.#reportedCards(state), this.holdingsOn(host));
  }

  holdingsOn(host: string): readonly Holding[] {
    return [...(this.#byHost.get(host)?.values() ?? [])];
  }

  /** The same counts, with what excluded a host and what it waits for by name. */
  #byRule(counts: Readonly<Record<string, number>>, excluded: Excluded): Readonly<Record<string, number>> {
    const { excluded: _, ...named }: Record<string, number> = counts;
    for (const host of excluded.keys()) {
      if (!this.#indexes.has(host)) continue;
      const rule = excluded instanceof Map ? (excluded as ReadonlyMap<string, string>).get(host)! : 'excluded';
      named[rule] = (named[rule] ?? 0) + 1;
    }
    const waiting = this.#cluster.specs.filter(({ name }) => this.awaitsReport(name) && !excluded.has(name)).length;
    if (waiting === 0) return named;
    const { 'host-down': down = 0, ...others } = named;
    return { ...(down > waiting && { 'host-down': down - waiting }), ...others, [awaitsReport]: waiting };
  }

  #named(decision: Decision, request: VmRequest, rejectedBy: NamedDecision['rejectedBy']): NamedDecision {
    if (decision.kind !== 'placed') return { decision, host: null, cards: [], terms: {}, rejectedBy };
    const { name, cards } = this.#cluster.specs[decision.host]!;
    this.#policy.prepare?.(request, [this.#cluster.hosts[decision.host]!]);
    return {
      decision,
      host: name,
      cards: decision.cards.map((card) => ({ address: cards[card]!.address, model: cards[card]!.model })),
      terms: this.#policy.terms(this.#cluster.hosts[decision.host]!, request),
      rejectedBy,
    };
  }

  #numbersOf(names: Excluded): Set<number> {
    return new Set([...names.keys()].flatMap((name) => this.#indexes.get(name) ?? []));
  }

  #bringUpToDate(): void {
    if (!this.#needsCluster) return;
    this.#needsCluster = false;
    const models = new Map<string, GpuCard>();
    const specs = [...this.#cloudHosts.values()]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((host): HostSpec => {
        const { name, vcpus, cpuAllocationRatio, ramMib, diskGib } = host;
        const state = this.#registry.hosts.get(name);
        const cards = state === undefined ? [] : inventoryOf(state).cards;
        return {
          name,
          vcpus,
          cpuAllocationRatio,
          ramMib,
          diskGib,
          cards: cards.map((card) => this.#asKnown(models, card, name)),
        };
      });
    this.#cluster = new Cluster(specs, this.#asked);
    this.#scheduler = new Scheduler(this.#cluster, this.#policy);
    this.#indexes = new Map(specs.map(({ name }, index) => [name, index]));
    for (const { name } of specs) this.#refresh(name);
  }

  /** Agents of different versions may have different figures of a model; the first one's count. */
  #asKnown(models: Map<string, GpuCard>, card: GpuCard, host: string): GpuCard {
    const known = models.get(card.model) ?? card;
    models.set(card.model, known);
    const { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = known;
    const figures = { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz };
    if (Object.entries(figures).some(([field, figure]) => card[field as keyof typeof figures] !== figure)) {
      this.#warnOnce(
        `${host} has other figures of the model ${card.model} than other hosts: is its agent of another version?`,
      );
    }
    return { ...card, ...figures };
  }

  #warnOnce(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#warn(text);
  }

  /** Puts together what the host would report if it knew all that we know, and applies it. */
  #refresh(name: string): void {
    if (this.#needsCluster) return; // all are refreshed with the new cluster
    const index = this.#indexes.get(name);
    if (index === undefined) return;
    const view = this.#cluster.hosts[index]!;
    const state = this.#registry.hosts.get(name);
    const holdings = this.holdingsOn(name);
    applySrmTo(view, this.#recordOf(name, view.specs, state, holdings));
    this.#cluster.setUp(index, this.#cloudHosts.get(name)!.takesServers && !this.awaitsReport(name));
  }

  /** How its cards are used by its report, but for those of servers that have left it since. */
  #reportedCards(state: HostState): readonly SrmCard[] {
    const { cards } = usageOf(state);
    const isLate = (id: string): boolean => {
      const leftAtS = this.#leftAtS.get(`${id}@${state.host}`);
      return leftAtS !== undefined && state.receivedAtS < leftAtS + lateReportS;
    };
    if (this.#leftAtS.size === 0) return cards;
    return cards.filter(({ serverIds }) => serverIds.length === 0 || !serverIds.every(isLate));
  }

  #recordOf(host: string, spec: HostSpec, state: HostState | undefined, holdings: readonly Holding[]): SrmRecord {
    this.#sequence++;
    const sum = (of: (holding: Holding) => number): number => holdings.reduce((total, each) => total + of(each), 0);
    const usage = state === undefined ? null : usageOf(state);
    const isCurrent = state !== undefined && !state.isStale;
    const reported = new Map((usage?.cards ?? []).map((card) => [card.address, card]));
    const holders = holdersOf(spec.cards, state === undefined ? null : this.#reportedCards(state), holdings);
    return {
      host,
      sequence: this.#sequence,
      observedAtS: state?.receivedAtS ?? 0,
      // A claim is not in the record yet, or is: the larger of the two counts neither twice. An old record tells nothing.
      vcpusUsed: Math.max(
        sum(({ vcpus }) => vcpus),
        isCurrent ? usage!.vcpusUsed : 0,
      ),
      ramUsedMib: Math.max(
        sum(({ ramMib }) => ramMib),
        isCurrent ? usage!.ramUsedMib : 0,
      ),
      diskUsedGib: sum(({ diskGib }) => diskGib),
      cards: spec.cards.map((card) => {
        const { address, memoryMib, cores, sharing } = card;
        const isTaken = holders.has(address);
        return srmCardOf(card, {
          memoryUsedMib: isTaken ? memoryMib : 0,
          coresUsed: isTaken ? cores : 0,
          serverIds: isTaken ? [holders.get(address)!] : [],
          // Nova gives whole cards only, by alias.
          healthy: isCurrent && reported.get(address)?.healthy === true && sharing === 'passthrough',
        });
      }),
    };
  }
}

function isSameSize(one: CloudHost | undefined, other: CloudHost): boolean {
  return (
    one !== undefined &&
    one.vcpus === other.vcpus &&
    one.cpuAllocationRatio === other.cpuAllocationRatio &&
    one.ramMib === other.ramMib &&
    one.diskGib === other.diskGib
  );
}
