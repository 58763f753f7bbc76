/** What Nova's filter and weigher ask (live/nova-plugin): which of some hosts the policy would take for a server, and in which order. */
import { catalogue } from '../../core/card-catalogue.ts';
import { anArray, anObject, aPositive, aText } from '../../core/check.ts';
import type { Clock } from '../../core/clock.ts';
import type { HostVerdict } from '../../core/decision.ts';
import { InputError } from '../../core/input-error.ts';
import { stricterKeys, type VmRequest } from '../../core/request.ts';
import { ranked } from '../../core/runs/explanation.ts';
import { formatRejections } from '../../core/scheduler.ts';
import type { Server } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { type AskedRequest, askedOf, cardsWithoutAlias } from './asked-request.ts';
import type { CloudView } from './cloud-view.ts';
import { type Holding, type WantedCards, wantedCards } from './holding.ts';
import { requestKey } from './server-metadata.ts';

/** Seconds for which the best host of an answer counts as taken, unless the server is seen before. */
const answeredForS = 30;

/** Seconds after an answer at which it is read where Nova has put the server. */
const readBackAfterS: readonly number[] = [0.3, 1, 3, 10];

/** Part of the time for which its sender waits that is spent on reading what Nova made of earlier answers, before a refusal. */
const patienceShare = 0.5;
/** Seconds for which a sender waits who does not say. */
const usualTimeoutS = 2;
const glanceS = 0.15;

/** Seconds after a question for which more of them are expected. */
const inUseForS = 600;

/** Seconds within which Nova acts on an answer. */
const stillDecidedS = 5;

/** Hosts of an answer, where there are as many: as often Nova tries, `max_attempts`, before it gives a server up. */
const mostTries = 3;

export interface NovaQuestion {
  /** Of the server, which Nova has not placed yet. */
  readonly instance: string;
  /** Id of its project; null where the sender does not say. */
  readonly project: string | null;
  /** Names of the hosts that its other filters left. */
  readonly hosts: readonly string[];
  /** Those of them that have graphics cards by Nova's own account. */
  readonly hostsWithCards: readonly string[];
  readonly asked: AskedRequest;
  /** Seconds for which the sender waits for the answer. */
  readonly timeoutS: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface NovaAnswer {
  /** By name: from 1 for the best down to above 0; the last ones may be full, for Nova to try where the others fail. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Why there is none; null where there are some. */
  readonly refusal: string | null;
}

export interface NovaQuestionsParts {
  readonly view: CloudView;
  readonly clock: Pick<Clock, 'after' | 'nowS'>;
  /** Under which id a server is held: that of its request, or its own. */
  readonly heldAs: (instance: string) => string;
  /** Name of the host on which a server has its allocations; null while it has none. */
  readonly placedOn: (instance: string) => Promise<string | null>;
  /** Reads what has changed of the cloud. */
  readonly lookAgain: () => Promise<void>;
  /** Whether a request of ours leaves its host to Nova, and may so be asked about. */
  readonly leavesHostToNova: (requestId: string, project: string | null) => boolean;
  readonly log: (level: 'info' | 'warn', fields: object, text: string) => void;
}

interface Answered {
  readonly instance: string;
  holding: Holding;
  /** Its cards on a host that was not thought of, which has other models perhaps. */
  readonly cardsElsewhere: readonly WantedCards[];
  /** Whether it is known where Nova has put the server. */
  isRead: boolean;
  readonly atS: number;
}

export class NovaQuestions {
  readonly #parts: NovaQuestionsParts;
  /** What is held of answers, by instance, until Nova's list has the server. */
  readonly #answered = new Map<string, Answered>();
  #askedAtS = Number.NEGATIVE_INFINITY;

  constructor(parts: NovaQuestionsParts) {
    this.#parts = parts;
  }

  /** Whether somebody has asked lately: then what changes in the cloud is worth reading as it comes. */
  get isInUse(): boolean {
    return this.#parts.clock.nowS - this.#askedAtS < inUseForS;
  }

  /**
   * The hosts that would do: the order is the policy's, and Nova's weigher adds numbers. Before it is none, what Nova made of earlier answers
   * is read, for it may have taken other hosts than those that were best.
   */
  async answer(question: NovaQuestion): Promise<NovaAnswer> {
    const { view, clock, lookAgain } = this.#parts;
    const { asked, hosts, hostsWithCards } = question;
    view.expectCards(hostsWithCards);
    if (asked.objection === cardsWithoutAlias) {
      const text = 'it asks for cards, and its flavor has no PCI alias that gives as many (pci_passthrough:alias)';
      return { hosts: {}, refusal: `${cardsWithoutAlias}: ${text}` };
    }
    let answer = this.#now(question);
    this.#askedAtS = clock.nowS;
    const patienceS = question.timeoutS * patienceShare;
    const endS = clock.nowS + patienceS;
    const isOver = new Promise<void>((resolve) => clock.after(patienceS, resolve));
    for (let isFirst = true; answer.refusal !== null; isFirst = false) {
      const waits = this.#unread().length > 0 && clock.nowS < endS && hosts.length > 0;
      if (!isFirst && !waits) break;
      if (!isFirst) await new Promise<void>((resolve) => clock.after(glanceS, resolve));
      const doubtful = isFirst ? this.#recent() : this.#unread();
      await Promise.race([isOver, Promise.all([this.#readBack(doubtful), isFirst ? lookAgain() : null])]);
      answer = this.#now(question);
    }
    return answer;
  }

  #now({ instance, project, hosts, asked: { request }, metadata }: NovaQuestion): NovaAnswer {
    const { view, clock, leavesHostToNova } = this.#parts;
    // Asked again, the server was not put where we said.
    this.#forget(instance);
    const ownId = metadata[requestKey];
    const ours = ownId !== undefined && leavesHostToNova(ownId, project) ? view.holdings.get(ownId) : undefined;
    // The claim of a request is no reason against its own server.
    if (ours !== undefined) view.letGo(ours.id);
    const names = new Set(hosts);
    // What came to us as a request of its own was noted when it came.
    if (ownId === undefined) view.noteAsked(request, clock.nowS);
    const { verdicts } = view.explain(request);
    const { specs } = view.cluster;
    const order = ranked(verdicts).filter(({ host }) => names.has(specs[host]!.name));
    const spare = order.length === 0 || order.length >= mostTries ? [] : this.#spareHosts(request, names, order);
    if (ours !== undefined) view.hold(ours);
    // Whoever may not name a host is sent to the one that is claimed, by way of the metadata.
    const claimed = order.findIndex(({ host }) => specs[host]!.name === ours?.host);
    if (claimed > 0) order.unshift(...order.splice(claimed, 1));
    const [best] = order;
    if (best === undefined) {
      const counts: Record<string, number> = {};
      for (const { host, rejection } of verdicts) {
        const { name } = specs[host]!;
        if (!names.has(name) || rejection === undefined) continue;
        const reason = view.awaitsReport(name) ? 'awaits-report' : rejection.reason;
        counts[reason] = (counts[reason] ?? 0) + 1;
      }
      const unknown = hosts.filter((name) => !view.hosts.has(name)).length;
      const reasons = formatRejections({ ...counts, ...(unknown > 0 && { unknown }) });
      return { hosts: {}, refusal: `none of the ${hosts.length} hosts that Nova left would do: ${reasons}` };
    }
    if (ours === undefined) {
      const { name: host, cards } = specs[best.host]!;
      const holding: Holding = {
        id: this.#parts.heldAs(instance),
        serverId: instance,
        host,
        vcpus: request.vcpus,
        ramMib: request.ramMib,
        diskGib: request.diskGib,
        cards: wantedCards(best.scored!.cards.map((card) => cards[card]!)),
      };
      this.#hold(instance, holding, cardsOnAnyHost(request));
    }
    const inOrder = [...order.map(({ host }) => specs[host]!.name), ...spare];
    const numbers = inOrder.map((host, index) => [host, 1 - index / inOrder.length] as const);
    return { hosts: Object.fromEntries(numbers), refusal: null };
  }

  /**
   * Hosts that are full only by what was answered a moment ago, best first, to come after the others: a host's own claim may fail, as that of a
   * card whose server has just ended, and then Nova goes on with the next host of the answer without asking. Servers that moved on so have left
   * room where they were meant to be.
   */
  #spareHosts(request: VmRequest, names: ReadonlySet<string>, order: readonly HostVerdict[]): string[] {
    const { view } = this.#parts;
    const { specs } = view.cluster;
    const known = new Set(order.map(({ host }) => specs[host]!.name));
    const inDoubt = [...this.#answered.values()]
      .filter((answered) => this.#isHeld(answered))
      .map(({ holding }) => holding)
      .filter(({ host }) => names.has(host) && !known.has(host));
    const few = new Set([...new Set(inDoubt.map(({ host }) => host))].slice(-mostTries));
    if (few.size === 0) return [];
    const without = inDoubt.filter(({ host }) => few.has(host));
    for (const { id } of without) view.letGo(id);
    const { verdicts } = view.explain(request);
    for (const holding of without) view.hold(holding);
    return ranked(verdicts)
      .map(({ host }) => specs[host]!.name)
      .filter((host) => names.has(host) && !known.has(host))
      .slice(0, mostTries - order.length);
  }

  /** Under the id that the server will be held by, so that its own holding takes the place of this one. */
  #hold(instance: string, holding: Holding, cardsElsewhere: readonly WantedCards[]): void {
    const { view, clock } = this.#parts;
    const { id } = holding;
    // A server that moves is held where it is.
    if (view.holdings.has(id)) return;
    view.hold(holding);
    const answered: Answered = { instance, holding, cardsElsewhere, isRead: false, atS: clock.nowS };
    this.#answered.set(instance, answered);
    for (const afterS of readBackAfterS) clock.after(afterS, () => void this.#readBack([answered]));
    clock.after(answeredForS, () => {
      if (this.#answered.get(instance) === answered) this.#forget(instance);
    });
  }

  /** Nova has given a server up before it had a host: nothing is held for it any more. */
  noteServer({ id, status, host }: Pick<Server, 'id' | 'status' | 'host'>): void {
    if (status === 'ERROR' && host === null) this.#forget(id);
  }

  /** A server has ended, as it may before it had a host. */
  noteGone(id: string): void {
    this.#forget(id);
  }

  /** Moves what is held to where Nova has put the servers, which is what counts. */
  async #readBack(some: readonly Answered[]): Promise<void> {
    await Promise.all(
      some.map(async (answered) => {
        const { view, placedOn, log } = this.#parts;
        const { instance } = answered;
        if (!this.#isHeld(answered)) return;
        let host: string | null;
        try {
          host = await placedOn(instance);
        } catch (error) {
          log('warn', { err: error, instance }, 'where Nova put a server could not be read');
          return;
        }
        if (host === null || !this.#isHeld(answered)) return;
        answered.isRead = true;
        const before = answered.holding;
        if (host === before.host) return;
        log('info', { instance, best: before.host, host }, 'Nova took another host than the best');
        answered.holding = { ...before, host, cards: answered.cardsElsewhere };
        view.hold(answered.holding);
      }),
    );
  }

  /** Whether the answer is all that is known of its server: Nova's list does not have it on a host yet. */
  #isHeld({ instance, holding }: Answered): boolean {
    return this.#answered.get(instance)?.holding === holding && this.#parts.view.holdings.get(holding.id) === holding;
  }

  /** Answers of the last seconds; Nova may have gone on from the host on which a server was to the next one. */
  #recent(): Answered[] {
    const sinceS = this.#parts.clock.nowS - stillDecidedS;
    return [...this.#answered.values()].filter(({ atS }) => atS >= sinceS);
  }

  /** Those that Nova may still act on; what it has not by then, it will hardly. */
  #unread(): Answered[] {
    return this.#recent().filter(({ isRead }) => !isRead);
  }

  #forget(instance: string): void {
    const { view } = this.#parts;
    const answered = this.#answered.get(instance);
    this.#answered.delete(instance);
    if (answered === undefined) return;
    const { holding } = answered;
    if (view.holdings.get(holding.id) === holding) view.letGo(holding.id);
  }
}

/** What a request holds on a host of which it is not known which cards Nova takes there. */
function cardsOnAnyHost({ cards: count, cardModels }: VmRequest): WantedCards[] {
  if (count === 0) return [];
  const [model = null, ...others] = cardModels;
  return [{ model: others.length === 0 ? model : null, count, addresses: [] }];
}

/** PCI ids of graphics cards. */
const cardIds: ReadonlySet<string> = new Set(catalogue.flatMap(({ pciIds }) => pciIds));

/** What `heps_nova` sends. @throws InputError naming the field */
export function checkNovaQuestion(value: unknown, aliases: Aliases): NovaQuestion {
  const body = anObject(value, 'body');
  const instance = aText(body.instance, 'instance');
  const hosts = anArray(body.hosts, 'hosts').map((host, index) => aText(host, `hosts[${index}]`));
  const devices = Object.entries(anObject(body.pci ?? {}, 'pci'));
  const hostsWithCards = devices
    .filter(([host, ids]) => anArray(ids, `pci.${host}`).some((id) => cardIds.has(String(id).toLowerCase())))
    .map(([host]) => host);
  const project = body.project === undefined || body.project === null ? null : aText(body.project, 'project');
  const flavor = anObject(body.flavor, 'flavor');
  const number = (field: string): number => {
    const size = flavor[field];
    if (typeof size !== 'number') throw new InputError(`flavor.${field}`, 'a number', size);
    return size;
  };
  const size = { vcpus: number('vcpus'), ramMib: number('memory_mb'), diskGib: number('root_gb') };
  const timeoutS = body.timeout === undefined ? usualTimeoutS : aPositive(body.timeout, 'timeout');
  const metadata = textsIn(body.metadata ?? {}, 'metadata');
  const wished = stricterKeys(textsIn(body.hints ?? {}, 'hints'), metadata);
  const extraSpecs = textsIn(flavor.extra_specs ?? {}, 'flavor.extra_specs');
  const asked = checked(() => askedOf({ id: instance, metadata: wished, flavor: { ...size, extraSpecs } }, aliases));
  return { instance, project, hosts, hostsWithCards, asked, timeoutS, metadata };
}

/** What `vmRequest` says is about numbers of the body. */
function checked(read: () => AskedRequest): AskedRequest {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw InputError.saying(`flavor: ${error.message}`);
    throw error;
  }
}

/** Hints reach a filter as lists; `heps_gpu_mem_mib` stands for `heps:gpu_mem_mib`, since a hint may have no colon. */
function textsIn(value: unknown, where: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(anObject(value, where)).map(([key, item]) => [
      key.replace(/^heps_/, 'heps:'),
      String(Array.isArray(item) ? item[0] : item),
    ]),
  );
}
