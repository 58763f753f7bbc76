/** A request for a server with what it holds, and how it is read from its row and written to it. */
import { aBoolean, anArray, anInteger, anObject, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { type VmRequest, vmRequest } from '../../core/request.ts';
import { readJsonColumn } from '../database/json-column.ts';
import type { HeldCard } from './holding.ts';
import { type ServerSpec, volumesOf } from './server-spec.ts';
import type { RequestTable } from './tables.ts';

/** A decision as it is kept. */
export interface DecisionRecord {
  readonly policy: string;
  readonly host: string | null;
  readonly cards: readonly HeldCard[];
  /** Null where no host would do. */
  readonly score: number | null;
  /** Parts of the score: `cardScore` and `similarity`, or `lrs`. */
  readonly terms: Readonly<Record<string, number>>;
  /** How many hosts each reason removed; only where no host would do. */
  readonly rejectedBy: Readonly<Record<string, number>>;
  /** `nova` where its host is left to Nova: `host` and `cards` are then what is held meanwhile. Defaults to the policy. */
  readonly chooser?: 'nova';
}

/** A host on which it did not work. */
export interface PastAttempt {
  readonly attempt: number;
  readonly host: string;
  readonly serverId: string | null;
  readonly fault: string;
}

type JsonColumn = 'spec' | 'cards' | 'decision' | 'history';

export interface ServerRequest extends Readonly<Omit<RequestTable, JsonColumn>> {
  readonly spec: ServerSpec;
  /** On `host`; empty when nothing is held, or no cards are. */
  readonly cards: readonly HeldCard[];
  /** Of this attempt. */
  readonly decision: DecisionRecord;
  /** Hosts that were tried before. */
  readonly history: readonly PastAttempt[];
}

/** Whether Nova may choose the host: it was asked to, or whoever asked may not name one. What it chose is then followed. */
export function isLeftToNova({ decision, byPerson }: Pick<ServerRequest, 'decision' | 'byPerson'>): boolean {
  return decision.chooser === 'nova' || byPerson === 1;
}

/** @throws UnreadableColumn */
export function serverRequestOf(row: RequestTable): ServerRequest {
  const read = <T>(column: JsonColumn, check: Reader<T>): T =>
    readJsonColumn(row[column], `requests ${row.id}, ${column}`, check);
  return {
    ...row,
    spec: read('spec', aSpec),
    cards: read('cards', heldCards),
    decision: read('decision', aDecision),
    history: read('history', (value, where) =>
      anArray(value, where).map((item, index) => anAttempt(item, `${where}[${index}]`)),
    ),
  };
}

export function rowOf({ spec, cards, decision, history, ...others }: ServerRequest): RequestTable {
  return {
    ...others,
    spec: JSON.stringify(spec),
    cards: JSON.stringify(cards),
    decision: JSON.stringify(decision),
    history: JSON.stringify(history),
  };
}

type Reader<T> = (value: unknown, where: string) => T;

/** In the order in which `specOf` writes its fields: requests of one key are compared as texts. */
function aSpec(value: unknown, where: string): ServerSpec {
  const spec = anObject(value, where);
  const { networks, userData, bootScriptSha256, keyName, configDrive, securityGroups, volumes, flavor } = spec;
  const { availabilityZone, serverGroup, imageTraits } = spec;
  return {
    name: aText(spec.name, `${where}, name`),
    networks: networks === 'none' ? 'none' : textsOf(networks, `${where}, networks`),
    metadata: recordOf(spec.metadata, `${where}, metadata`, anyText),
    ...(userData !== undefined && { userData: aText(userData, `${where}, userData`) }),
    ...(bootScriptSha256 !== undefined && { bootScriptSha256: aText(bootScriptSha256, `${where}, bootScriptSha256`) }),
    ...(keyName !== undefined && { keyName: aText(keyName, `${where}, keyName`) }),
    ...(configDrive !== undefined && { configDrive: aBoolean(configDrive, `${where}, configDrive`) }),
    ...(securityGroups !== undefined && { securityGroups: textsOf(securityGroups, `${where}, securityGroups`) }),
    ...(volumes !== undefined && { volumes: volumesOf(volumes, `${where}, volumes`) }),
    ...(availabilityZone !== undefined && { availabilityZone: aText(availabilityZone, `${where}, availabilityZone`) }),
    ...(serverGroup !== undefined && { serverGroup: aText(serverGroup, `${where}, serverGroup`) }),
    ...(imageTraits !== undefined && { imageTraits: textsOf(imageTraits, `${where}, imageTraits`) }),
    imageId: aText(spec.imageId, `${where}, imageId`),
    flavor: flavor === null ? null : aFlavor(flavor, `${where}, flavor`),
    request: aVmRequest(spec.request, `${where}, request`),
  };
}

function aFlavor(value: unknown, where: string): NonNullable<ServerSpec['flavor']> {
  const { id, name, extraSpecs } = anObject(value, where);
  return {
    id: aText(id, `${where}.id`),
    name: aText(name, `${where}.name`),
    extraSpecs: recordOf(extraSpecs, `${where}.extraSpecs`, anyText),
  };
}

/** @throws InputError, or RangeError naming a field that no request may have so */
export function aVmRequest(value: unknown, where: string): VmRequest {
  const request = anObject(value, where);
  const { vcpus } = request;
  if (typeof vcpus !== 'number') throw new InputError(`${where}.vcpus`, 'a number', vcpus);
  return vmRequest({
    id: aText(request.id, `${where}.id`),
    vcpus,
    ramMib: anInteger(request.ramMib, `${where}.ramMib`),
    diskGib: anInteger(request.diskGib, `${where}.diskGib`),
    cards: anInteger(request.cards, `${where}.cards`),
    cardMemoryMib: anInteger(request.cardMemoryMib, `${where}.cardMemoryMib`),
    cardCores: anInteger(request.cardCores, `${where}.cardCores`),
    cardModels: textsOf(request.cardModels, `${where}.cardModels`),
  });
}

function heldCards(value: unknown, where: string): HeldCard[] {
  return anArray(value, where).map((item, index) => {
    const { address, model } = anObject(item, `${where}[${index}]`);
    return { address: aText(address, `${where}[${index}].address`), model: aText(model, `${where}[${index}].model`) };
  });
}

function aDecision(value: unknown, where: string): DecisionRecord {
  const decision = anObject(value, where);
  return {
    policy: aText(decision.policy, `${where}, policy`),
    host: orNull(decision.host, `${where}, host`, aText),
    cards: heldCards(decision.cards, `${where}, cards`),
    score: orNull(decision.score, `${where}, score`, aFigure),
    terms: recordOf(decision.terms, `${where}, terms`, aFigure),
    rejectedBy: recordOf(decision.rejectedBy, `${where}, rejectedBy`, anInteger),
    ...(decision.chooser === 'nova' && { chooser: 'nova' }),
  };
}

function anAttempt(value: unknown, where: string): PastAttempt {
  const past = anObject(value, where);
  return {
    attempt: anInteger(past.attempt, `${where}.attempt`, 1),
    host: aText(past.host, `${where}.host`),
    serverId: orNull(past.serverId, `${where}.serverId`, aText),
    fault: anyText(past.fault, `${where}.fault`),
  };
}

function textsOf(value: unknown, where: string): readonly string[] {
  return anArray(value, where).map((item, index) => aText(item, `${where}[${index}]`));
}

function recordOf<T>(value: unknown, where: string, check: Reader<T>): Record<string, T> {
  const entries = Object.entries(anObject(value, where));
  return Object.fromEntries(entries.map(([key, item]) => [key, check(item, `${where}.${key}`)]));
}

function orNull<T>(value: unknown, where: string, check: Reader<T>): T | null {
  return value === null ? null : check(value, where);
}

/** Also an empty one. */
function anyText(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new InputError(where, 'a text', value);
  return value;
}

/** Of a score; JSON writes one that is not finite as null. */
function aFigure(value: unknown, where: string): number {
  if (value === null) return Number.NaN;
  if (typeof value !== 'number') throw new InputError(where, 'a number', value);
  return value;
}
