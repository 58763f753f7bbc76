/** What Nova's filter and weigher ask (live/nova-plugin): which of some hosts the policy would take for a server, and in which order. */
import { anArray, anObject, aText } from '../../core/check.ts';
import type { Clock } from '../../core/clock.ts';
import { InputError } from '../../core/input-error.ts';
import { requestFromFlavor, type VmRequest } from '../../core/request.ts';
import { ranked } from '../../core/runs/explanation.ts';
import type { Aliases } from './aliases.ts';
import type { CloudView } from './cloud-view.ts';
import { requestOf } from './comparison.ts';
import { type Holding, wantedCards } from './holding.ts';

/** Seconds for which the best host of an answer counts as taken, unless the server is seen before. */
const answeredForS = 30;

export interface NovaQuestion {
  /** Of the server, which Nova has not placed yet. */
  readonly instance: string;
  /** Names of the hosts that its other filters left. */
  readonly hosts: readonly string[];
  readonly request: VmRequest;
}

export class NovaQuestions {
  readonly #view: CloudView;
  readonly #clock: Pick<Clock, 'after'>;
  /** What is held of answers, by instance, until Nova's list has the server. */
  readonly #answered = new Map<string, Holding>();

  constructor(view: CloudView, clock: Pick<Clock, 'after'>) {
    this.#view = view;
    this.#clock = clock;
  }

  /** The hosts that would do, from 1 for the best down to above 0: the order is the policy's, and Nova's weigher adds numbers. */
  answer({ instance, hosts, request }: NovaQuestion): Record<string, number> {
    // Asked again, the server was not put where we said.
    this.#forget(instance);
    const names = new Set(hosts);
    const { verdicts } = this.#view.explain(request);
    const { specs } = this.#view.cluster;
    const order = ranked(verdicts).filter(({ host }) => names.has(specs[host]!.name));
    const [best] = order;
    if (best !== undefined) {
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
    return Object.fromEntries(order.map(({ host }, index) => [specs[host]!.name, 1 - index / order.length]));
  }

  /** Under the id that the server has in Nova's list, so that its own holding takes the place of this one. */
  #hold(holding: Holding): void {
    const { id } = holding;
    // A server that moves is held where it is.
    if (this.#view.holdings.has(id)) return;
    this.#view.hold(holding);
    this.#answered.set(id, holding);
    this.#clock.after(answeredForS, () => {
      if (this.#answered.get(id) === holding) this.#forget(id);
    });
  }

  #forget(id: string): void {
    const holding = this.#answered.get(id);
    this.#answered.delete(id);
    if (holding !== undefined && this.#view.holdings.get(id) === holding) this.#view.letGo(id);
  }
}

/** What `heps_nova` sends. @throws InputError naming the field */
export function checkNovaQuestion(value: unknown, aliases: Aliases): NovaQuestion {
  const body = anObject(value, 'body');
  const instance = aText(body.instance, 'instance');
  const hosts = anArray(body.hosts, 'hosts').map((host, index) => aText(host, `hosts[${index}]`));
  const flavor = anObject(body.flavor, 'flavor');
  const number = (field: string): number => {
    const size = flavor[field];
    if (typeof size !== 'number') throw new InputError(`flavor.${field}`, 'a number', size);
    return size;
  };
  const size = { vcpus: number('vcpus'), ramMib: number('memory_mb'), diskGib: number('root_gb') };
  const metadata = textsIn(body.hints ?? {}, 'hints');
  const extraSpecs = textsIn(flavor.extra_specs ?? {}, 'flavor.extra_specs');
  const request = requestOf({ id: instance, metadata, flavor: { name: '', ...size, extraSpecs } }, aliases);
  if (request !== null) return { instance, hosts, request };
  const { vcpus, ramMib: ram, diskGib: disk } = size;
  // Says what is wrong with it.
  return { instance, hosts, request: requestFromFlavor(instance, { vcpus, ram, disk }, extraSpecs, metadata) };
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
