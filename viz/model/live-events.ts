/** What happens in a live cloud, one line each, for the list of the latest events. */
import type { LiveState } from '../../core/wire/live-state.ts';
import type { LiveChange, LiveTurnedAway, LiveVm } from '../../core/wire/live-stream.ts';
import { formatSpan } from '../page/quantity-words.ts';
import { describeReasons } from './rejection-words.ts';

export interface LiveEvent {
  /** Unix seconds. */
  readonly atS: number;
  readonly kind: 'bound' | 'moved' | 'ended' | 'withdrawn' | 'turned away' | 'host down' | 'host up' | 'card' | 'gap';
  /** Id of the VM; '' where it is about a host or the connection. */
  readonly vm: string;
  /** Host index; -1 where it is about none. */
  readonly host: number;
  readonly detail: string;
}

/** The events of a change, in order. @param state as it is before the change is applied */
export function eventsOf(state: LiveState, change: LiveChange): LiveEvent[] {
  const { atS, ended = [], bound = [], turnedAway = [], hosts = [] } = change;
  const { cluster } = state;
  return [
    ...ended.flatMap((vm) => endOf(state, vm, atS)),
    ...bound.map((vm): LiveEvent => {
      const before = ended.includes(vm.id) ? undefined : state.vms.get(vm.id);
      const from = before === undefined ? '' : `from ${cluster.specs[before.host]!.name}; `;
      const kind = before === undefined ? 'bound' : 'moved';
      return { atS, kind, vm: vm.id, host: vm.host, detail: `${from}${holdingText(vm)}` };
    }),
    ...turnedAway.map(eventOfRefusal),
    ...hosts.flatMap(({ host, up, failedCards }): LiveEvent[] => {
      const events: LiveEvent[] = [];
      if (up !== undefined && up !== (cluster.up[host] === 1)) {
        events.push({ atS, kind: up ? 'host up' : 'host down', vm: '', host, detail: '' });
      }
      if (failedCards === undefined) return events;
      const before = failedCardsOf(state, host);
      for (const card of failedCards) {
        if (!before.includes(card)) events.push({ atS, kind: 'card', vm: '', host, detail: `card ${card} failed` });
      }
      for (const card of before) {
        if (!failedCards.includes(card))
          events.push({ atS, kind: 'card', vm: '', host, detail: `card ${card} is back` });
      }
      return events;
    }),
  ];
}

export function eventOfRefusal({ id, atS, reason }: LiveTurnedAway): LiveEvent {
  return { atS, kind: 'turned away', vm: id, host: -1, detail: describeReasons(reason, 2) };
}

/** Indexes of the failed cards of a host. */
export function failedCardsOf({ cluster }: LiveState, host: number): number[] {
  return cluster.specs[host]!.cards.flatMap((_, card) =>
    cluster.cardHealthy[cluster.cardStart[host]! + card] === 0 ? card : [],
  );
}

function endOf(state: LiveState, id: string, atS: number): LiveEvent[] {
  const vm = state.vms.get(id);
  if (vm !== undefined) {
    return [{ atS, kind: 'ended', vm: id, host: vm.host, detail: `after ${formatSpan(atS - vm.sinceS)}` }];
  }
  const waiting = state.waiting.get(id);
  if (waiting === undefined) return [];
  return [{ atS, kind: 'withdrawn', vm: id, host: -1, detail: `after waiting ${formatSpan(atS - waiting.sinceS)}` }];
}

function holdingText({ vcpus, ramMib, cards }: LiveVm): string {
  const held = cards.length === 0 ? '' : `, ${cards.length === 1 ? 'card' : 'cards'} ${cards.join(' ')}`;
  return `${vcpus} vCPUs, ${Math.round(ramMib / 102.4) / 10} GiB${held}`;
}
