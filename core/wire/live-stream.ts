/** The stream of a live cloud, `heps-live/1`: a snapshot, then changes and ticks (docs/formats.md). Pure: takes and gives parsed JSON. */
import { aBoolean, aNumber, anArray, anInteger, anObject, aPositive, aText, noOtherFields } from '../check.ts';
import type { ClusterFile } from '../cluster-file.ts';
import { InputError } from '../input-error.ts';

export const liveFormat = 'heps-live/1';

/** A VM on a host. Times are Unix seconds, everywhere in the stream. */
export interface LiveVm {
  readonly id: string;
  /** Host index. */
  readonly host: number;
  /** Card indexes on the host. */
  readonly cards: readonly number[];
  readonly vcpus: number;
  readonly ramMib: number;
  /** Held of each shared card, as asked for; where both are 0, all of it. A passthrough card is always held whole. */
  readonly cardMemoryMib: number;
  readonly cardCores: number;
  /** These three may be ''. */
  readonly user: string;
  readonly station: string;
  readonly flavor: string;
  readonly sinceS: number;
}

/** A VM that has asked and is not placed yet. */
export interface LiveWaiting {
  readonly id: string;
  readonly vcpus: number;
  readonly ramMib: number;
  /** Number of cards asked for. */
  readonly cards: number;
  readonly sinceS: number;
  /** Why it was not placed: in words, or as in a run file, `vcpus:12|no-cards:190`. */
  readonly reason: string;
}

/** A VM that was asked for in vain. */
export interface LiveTurnedAway {
  readonly id: string;
  readonly atS: number;
  readonly reason: string;
}

/** What may change about a host. */
export interface LiveHost {
  readonly up: boolean;
  /** When its last SRM record was taken; null before the first. */
  readonly srmObservedAtS: number | null;
  /** Card indexes, all that are failed now. */
  readonly failedCards: readonly number[];
}

/** All that is known at one moment: the first event of every connection. */
export interface LiveSnapshot {
  readonly format: typeof liveFormat;
  /** Of the last change that is in it. */
  readonly sequence: number;
  readonly atS: number;
  /** Seconds between ticks, with which a server says that it is there. */
  readonly heartbeatS: number;
  readonly cluster: ClusterFile;
  /** Name of the policy that decides. */
  readonly policy: string;
  /** Seconds between the SRM records of a host; 0 = none are sent. */
  readonly srmIntervalS: number;
  /** In order of host index. */
  readonly hosts: readonly LiveHost[];
  readonly vms: readonly LiveVm[];
  /** In the order in which they will be tried. */
  readonly waiting: readonly LiveWaiting[];
  /** The last ones, oldest first. */
  readonly turnedAway: readonly LiveTurnedAway[];
}

/** What has become different; what is left out has not. */
export interface LiveChange {
  /** One more than that of the change before. */
  readonly sequence: number;
  readonly atS: number;
  /** VMs that were placed; one that runs already has moved or holds other cards. */
  readonly bound?: readonly LiveVm[];
  /** Ids of VMs that are gone, from their hosts or from the queue. */
  readonly ended?: readonly string[];
  /** VMs that wait now or wait for another reason. Being bound, ended or turned away ends the waiting. */
  readonly waiting?: readonly LiveWaiting[];
  readonly turnedAway?: readonly LiveTurnedAway[];
  readonly hosts?: readonly ({ readonly host: number } & Partial<LiveHost>)[];
}

/** The server is there; `sequence` of its last change, so that a lost one is noticed when nothing follows. */
export interface LiveTick {
  readonly sequence: number;
  readonly atS: number;
}

const snapshotFields = [
  'format',
  'sequence',
  'atS',
  'heartbeatS',
  'cluster',
  'policy',
  'srmIntervalS',
  'hosts',
  'vms',
  'waiting',
  'turnedAway',
];
const vmFields = [
  'id',
  'host',
  'cards',
  'vcpus',
  'ramMib',
  'cardMemoryMib',
  'cardCores',
  'user',
  'station',
  'flavor',
  'sinceS',
];
const hostFields = ['up', 'srmObservedAtS', 'failedCards'];

/** A parsed snapshot, checked except for its cluster and for what must agree with that: LiveState does. @throws InputError naming the field */
export function checkLiveSnapshot(value: unknown): LiveSnapshot {
  const snapshot = anObject(value, 'snapshot');
  if (snapshot.format !== liveFormat) {
    const isOther = typeof snapshot.format === 'string' && snapshot.format.startsWith('heps-live/');
    const advice = isOther ? ' (the server has another version: reload the page from it)' : '';
    throw new InputError('snapshot.format', `${liveFormat}${advice}`, snapshot.format);
  }
  noOtherFields(snapshot, 'snapshot', snapshotFields);
  return {
    format: liveFormat,
    sequence: anInteger(snapshot.sequence, 'snapshot.sequence'),
    atS: aNumber(snapshot.atS, 'snapshot.atS'),
    heartbeatS: aPositive(snapshot.heartbeatS, 'snapshot.heartbeatS'),
    cluster: anObject(snapshot.cluster, 'snapshot.cluster') as unknown as ClusterFile,
    policy: aText(snapshot.policy, 'snapshot.policy'),
    srmIntervalS: aNumber(snapshot.srmIntervalS, 'snapshot.srmIntervalS'),
    hosts: list(snapshot.hosts, 'snapshot.hosts', checkHost),
    vms: list(snapshot.vms, 'snapshot.vms', checkVm),
    waiting: list(snapshot.waiting, 'snapshot.waiting', checkWaiting),
    turnedAway: list(snapshot.turnedAway, 'snapshot.turnedAway', checkTurnedAway),
  };
}

/** A parsed change, checked as a snapshot is. @throws InputError naming the field, such as `change.bound[0].vcpus` */
export function checkLiveChange(value: unknown): LiveChange {
  const change = anObject(value, 'change');
  noOtherFields(change, 'change', ['sequence', 'atS', 'bound', 'ended', 'waiting', 'turnedAway', 'hosts']);
  const { bound, ended, waiting, turnedAway, hosts } = change;
  return {
    ...checkLiveTick(change, 'change'),
    ...(bound !== undefined && { bound: list(bound, 'change.bound', checkVm) }),
    ...(ended !== undefined && { ended: list(ended, 'change.ended', aText) }),
    ...(waiting !== undefined && { waiting: list(waiting, 'change.waiting', checkWaiting) }),
    ...(turnedAway !== undefined && { turnedAway: list(turnedAway, 'change.turnedAway', checkTurnedAway) }),
    ...(hosts !== undefined && { hosts: list(hosts, 'change.hosts', checkHostChange) }),
  };
}

/** A parsed tick, checked. @throws InputError naming the field */
export function checkLiveTick(value: unknown, where = 'tick'): LiveTick {
  const tick = anObject(value, where);
  return { sequence: anInteger(tick.sequence, `${where}.sequence`), atS: aNumber(tick.atS, `${where}.atS`) };
}

function list<T>(value: unknown, where: string, check: (item: unknown, where: string) => T): T[] {
  return anArray(value, where).map((item, index) => check(item, `${where}[${index}]`));
}

function checkVm(value: unknown, where: string): LiveVm {
  const vm = anObject(value, where);
  noOtherFields(vm, where, vmFields);
  return {
    id: aText(vm.id, `${where}.id`),
    host: anInteger(vm.host, `${where}.host`),
    cards: cardIndexes(vm.cards, `${where}.cards`),
    vcpus: aPositive(vm.vcpus, `${where}.vcpus`),
    ramMib: anInteger(vm.ramMib, `${where}.ramMib`),
    cardMemoryMib: anInteger(vm.cardMemoryMib, `${where}.cardMemoryMib`),
    cardCores: anInteger(vm.cardCores, `${where}.cardCores`),
    user: textOrNone(vm.user, `${where}.user`),
    station: textOrNone(vm.station, `${where}.station`),
    flavor: textOrNone(vm.flavor, `${where}.flavor`),
    sinceS: aNumber(vm.sinceS, `${where}.sinceS`),
  };
}

function checkWaiting(value: unknown, where: string): LiveWaiting {
  const vm = anObject(value, where);
  noOtherFields(vm, where, ['id', 'vcpus', 'ramMib', 'cards', 'sinceS', 'reason']);
  return {
    id: aText(vm.id, `${where}.id`),
    vcpus: aPositive(vm.vcpus, `${where}.vcpus`),
    ramMib: anInteger(vm.ramMib, `${where}.ramMib`),
    cards: anInteger(vm.cards, `${where}.cards`),
    sinceS: aNumber(vm.sinceS, `${where}.sinceS`),
    reason: textOrNone(vm.reason, `${where}.reason`),
  };
}

function checkTurnedAway(value: unknown, where: string): LiveTurnedAway {
  const vm = anObject(value, where);
  noOtherFields(vm, where, ['id', 'atS', 'reason']);
  return {
    id: aText(vm.id, `${where}.id`),
    atS: aNumber(vm.atS, `${where}.atS`),
    reason: textOrNone(vm.reason, `${where}.reason`),
  };
}

function checkHost(value: unknown, where: string): LiveHost {
  const host = anObject(value, where);
  noOtherFields(host, where, hostFields);
  return {
    up: aBoolean(host.up, `${where}.up`),
    srmObservedAtS: timeOrNever(host.srmObservedAtS, `${where}.srmObservedAtS`),
    failedCards: cardIndexes(host.failedCards, `${where}.failedCards`),
  };
}

function checkHostChange(value: unknown, where: string): { host: number } & Partial<LiveHost> {
  const change = anObject(value, where);
  noOtherFields(change, where, ['host', ...hostFields]);
  const { up, srmObservedAtS, failedCards } = change;
  return {
    host: anInteger(change.host, `${where}.host`),
    ...(up !== undefined && { up: aBoolean(up, `${where}.up`) }),
    ...(srmObservedAtS !== undefined && { srmObservedAtS: timeOrNever(srmObservedAtS, `${where}.srmObservedAtS`) }),
    ...(failedCards !== undefined && { failedCards: cardIndexes(failedCards, `${where}.failedCards`) }),
  };
}

function cardIndexes(value: unknown, where: string): number[] {
  return list(value, where, anInteger);
}

function timeOrNever(value: unknown, where: string): number | null {
  return value === null ? null : aNumber(value, where);
}

function textOrNone(value: unknown, where: string): string {
  return value === '' ? '' : aText(value, where);
}
