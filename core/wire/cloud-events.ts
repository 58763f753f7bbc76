/** The stream of a live cloud as events: what a change says, and what a snapshot says that was not known before. */
import type { CloudEvent, HostFault } from '../events.ts';
import type { LiveState } from './live-state.ts';
import type { LiveChange, LiveTurnedAway, LiveVm } from './live-stream.ts';

/** The events of a change, in order. @param state as it is before the change is applied */
export function eventsOfChange(state: LiveState, change: LiveChange): CloudEvent[] {
  const { atS, ended = [], bound = [], waiting = [], turnedAway = [], hosts = [] } = change;
  const gone = new Set(ended);
  return [
    ...ended.flatMap((id) => endOf(state, id, atS)),
    ...bound.flatMap((vm) => {
      const before = gone.has(vm.id) ? undefined : state.vms.get(vm.id);
      const from = before && hostName(state, before.host);
      return placeOf(vm, hostName(state, vm.host), before, from, atS);
    }),
    ...turnedAway.map(turnedAwayOf),
    ...waiting
      .filter(({ id, reason }) => state.waiting.get(id)?.reason !== reason)
      .map(({ id, reason }): CloudEvent => ({ kind: 'waits', atS, vm: id, reason })),
    ...hosts.flatMap(({ host, up, failedCards }) => {
      const failed = failedCardsOf(state, host);
      const [wasUp, name] = [state.cluster.up[host] === 1, hostName(state, host)];
      return faultsOf(name, atS, [wasUp, failed], [up ?? wasUp, failedCards ?? failed]);
    }),
  ];
}

/**
 * The events that lead from one state to another: what happened while nobody listened, at the time of the later one. From nothing, each
 * VM was bound when its host took it.
 *
 * @param before null: nothing was known
 */
export function eventsBetween(before: LiveState | null, after: LiveState): CloudEvent[] {
  const { atS } = after;
  const hostsBefore = new Map(before?.cluster.specs.map(({ name }, host) => [name, host]));
  const nameBefore = (vm: LiveVm | undefined): string | undefined => vm && hostName(before!, vm.host);
  const events: CloudEvent[] = [];
  for (const [host, { name }] of after.cluster.specs.entries()) {
    const known = hostsBefore.get(name);
    const stateBefore = known === undefined ? healthy : stateOf(before!, known);
    events.push(...faultsOf(name, atS, stateBefore, stateOf(after, host)));
  }
  for (const id of before?.vms.keys() ?? []) if (!after.vms.has(id)) events.push(...endOf(before!, id, atS));
  const bound = [...after.vms.values()].sort((one, other) => one.sinceS - other.sinceS);
  for (const vm of bound) {
    const known = before?.vms.get(vm.id);
    events.push(...placeOf(vm, hostName(after, vm.host), known, nameBefore(known), before === null ? vm.sinceS : atS));
  }
  const refused = new Map(after.turnedAway.map((each) => [each.id, each]));
  for (const id of before?.waiting.keys() ?? []) {
    if (after.waiting.has(id) || after.vms.has(id)) continue;
    const known = refused.get(id);
    events.push(...(known === undefined ? endOf(before!, id, atS) : [turnedAwayOf(known)]));
  }
  for (const { id, sinceS, reason } of after.waiting.values()) {
    if (before?.waiting.get(id)?.reason === reason) continue;
    events.push({ kind: 'waits', atS: before === null ? sinceS : atS, vm: id, reason });
  }
  return events;
}

/** Whether a host is up, and its failed cards. */
type HostHealth = readonly [isUp: boolean, failedCards: readonly number[]];
const healthy: HostHealth = [true, []];

function stateOf(state: LiveState, host: number): HostHealth {
  return [state.cluster.up[host] === 1, failedCardsOf(state, host)];
}

function faultsOf(host: string, atS: number, before: HostHealth, after: HostHealth): HostFault[] {
  const fault = (card: number | null, isUp: boolean): HostFault => ({ kind: 'fault', atS, host, card, isUp });
  return [
    ...(before[0] === after[0] ? [] : [fault(null, after[0])]),
    ...after[1].filter((card) => !before[1].includes(card)).map((card) => fault(card, false)),
    ...before[1].filter((card) => !after[1].includes(card)).map((card) => fault(card, true)),
  ];
}

/** Indexes of the failed cards of a host. */
function failedCardsOf({ cluster }: LiveState, host: number): number[] {
  return cluster.specs[host]!.cards.flatMap((_, card) =>
    cluster.cardHealthy[cluster.cardStart[host]! + card] === 0 ? card : [],
  );
}

function hostName({ cluster }: LiveState, host: number): string {
  return cluster.specs[host]!.name;
}

/** A VM has its place on a host; nothing where it had the same before, whatever else is new about it. */
function placeOf(
  vm: LiveVm,
  host: string,
  before: LiveVm | undefined,
  from: string | undefined,
  atS: number,
): CloudEvent[] {
  const { id, cards, vcpus, ramMib } = vm;
  if (from === host && before!.cards.join() === cards.join()) return [];
  return [{ kind: 'bound', atS, vm: id, host, cards, vcpus, ramMib, from: from ?? null }];
}

function turnedAwayOf({ id, atS, reason }: LiveTurnedAway): CloudEvent {
  return { kind: 'turned-away', atS, vm: id, outcome: 'refused', reason };
}

/** A VM is gone, from its host or from the queue. */
function endOf(state: LiveState, id: string, atS: number): CloudEvent[] {
  const vm = state.vms.get(id);
  if (vm !== undefined)
    return [{ kind: 'ended', atS, vm: id, host: hostName(state, vm.host), outcome: 'gone', reason: '' }];
  if (!state.waiting.has(id)) return [];
  return [{ kind: 'turned-away', atS, vm: id, outcome: 'withdrawn', reason: '' }];
}
