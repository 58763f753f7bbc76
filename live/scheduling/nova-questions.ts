/** What Nova's filter and weigher ask (live/nova-plugin): which of some hosts the policy would take for a server, and in which order. */
import { catalogue } from '../../core/card-catalogue.ts';
import { anArray, anObject, aPositive, aText } from '../../core/check.ts';
import type { Clock } from '../../core/clock.ts';
import { InputError } from '../../core/input-error.ts';
import { stricterKeys } from '../../core/request.ts';
import { ranked } from '../../core/runs/explanation.ts';
import { formatRejections } from '../../core/scheduler.ts';
import type { Server } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { type AskedRequest, askedOf, cardsWithoutAlias } from './asked-request.ts';
import type { CloudView } from './cloud-view.ts';
import { type Holding, wantedCards } from './holding.ts';
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
  /** By name: from 1 for the best down to above 0. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Why there is none; null where there are some. */
  readonly refusal: string | null;
}

export interface NovaQuestionsParts {
  readonly view: CloudView;
  readonly clock: Pick<Clock, 'after' | 'nowS'>;
  /** Name of the host on which a server has its allocations; null while it has none. */
  readonly placedOn: (instance: string) => Promise<string | null>;
  /** Reads what has changed of the cloud. */
  readonly lookAgain: () => Promise<void>;
  /** Whether a request of ours leaves its host to Nova, and may so be asked about. */
  readonly leavesHostToNova: (requestId: string, project: string | null) => boolean;
  readonly log: (level: 'info' | 'warn', fields: object, text: string) => void;
}

interface Answered {
  holding: Holding;
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
      await Promise.race([isOver, Promise.all([this.#readBack(this.#unread()), isFirst ? lookAgain() : null])]);
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
    if (ours !== undefined) view.hold(ours);
    const { specs } = view.cluster;
    const order = ranked(verdicts).filter(({ host }) => names.has(specs[host]!.name));
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
      this.#hold({
        id: instance,
        serverId: instance,
        host,
        vcpus: request.vcpus,
        ramMib: request.ramMib,
        diskGib: request.diskGib,
        cards: wantedCards(best.scored!.cards.map((card) => cards[card]!)),
      });
    }
    const numbers = order.map(({ host }, index) => [specs[host]!.name, 1 - index / order.length] as const);
    return { hosts: Object.fromEntries(numbers), refusal: null };
  }

  /** Under the id that the server has in Nova's list, so that its own holding takes the place of this one. */
  #hold(holding: Holding): void {
    const { view, clock } = this.#parts;
    const { id } = holding;
    // A server that moves is held where it is.
    if (view.holdings.has(id)) return;
    view.hold(holding);
    const answered: Answered = { holding, isRead: false, atS: clock.nowS };
    this.#answered.set(id, answered);
    for (const afterS of readBackAfterS) clock.after(afterS, () => void this.#readBack([answered]));
    clock.after(answeredForS, () => {
      if (this.#answered.get(id) === answered) this.#forget(id);
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
        const { id } = answered.holding;
        if (answered.isRead || this.#answered.get(id) !== answered) return;
        let host: string | null;
        try {
          host = await placedOn(id);
        } catch (error) {
          log('warn', { err: error, instance: id }, 'where Nova put a server could not be read');
          return;
        }
        if (host === null || this.#answered.get(id) !== answered) return;
        answered.isRead = true;
        const before = answered.holding;
        if (host === before.host || view.holdings.get(id) !== before) return;
        log('info', { instance: id, best: before.host, host }, 'Nova took another host than the best');
        answered.holding = { ...before, host };
        view.hold(answered.holding);
      }),
    );
  }

  /** Answers of the last seconds that Nova may still act on; what it has not by then, it will hardly. */
  #unread(): Answered[] {
    const sinceS = this.#parts.clock.nowS - stillDecidedS;
    return [...this.#answered.values()].filter(({ isRead, atS }) => !isRead && atS >= sinceS);
  }

  #forget(id: string): void {
    const { view } = this.#parts;
    const answered = this.#answered.get(id);
    this.#answered.delete(id);
    if (answered !== undefined && view.holdings.get(id) === answered.holding) view.letGo(id);
  }
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
