/** Placement: what each host and card has, who holds it, and facts of our own beside it. */
import { aNumber, anInteger, anObject, aText } from '../../core/check.ts';
import { type CandidateQuery, listCandidates } from './allocation-candidates.ts';
import { byName, listOf, orNull } from './answer-values.ts';
import { isConcurrentUpdate } from './errors.ts';
import { commonVersion, discoverVersions, type Microversion, type VersionRange } from './microversion.ts';
import { type Service, serviceOf } from './service.ts';
import type { Session } from './session.ts';

/** From 1.28 on an allocation has its consumer's generation; 1.39 is Zed's. */
export const placementVersions: VersionRange = { least: '1.28', most: '1.39' };

/** A provider of resources (`GET /resource_providers`). */
export interface ResourceProvider {
  readonly id: string;
  readonly name: string;
  /** Goes up with every write; a write names the one it has read, and is a 409 when that is no longer it. */
  readonly generation: number;
  /** Null for a host. */
  readonly parentId: string | null;
  /** The host at the top of the tree: its own id for a host. */
  readonly rootId: string;
}

/** How much of a resource class a provider has (`GET /resource_providers/{uuid}/inventories`). */
export interface Inventory {
  readonly total: number;
  /** Kept back of `total`. */
  readonly reserved: number;
  /** Largest amount that one consumer may take. */
  readonly maxUnit: number;
  /** Capacity is (total − reserved) · allocationRatio. */
  readonly allocationRatio: number;
}

/** The rest is Placement's default: nothing reserved, any amount, nothing oversubscribed. */
export type NewInventory = Pick<Inventory, 'total'> & Partial<Inventory>;

/** What was read of a provider, and at which generation. */
export interface AtGeneration<T> {
  readonly generation: number;
  readonly value: T;
}

/** Which resource providers are asked for; all of them without any. */
export interface ProviderFilter {
  readonly name?: string;
  /** Of the tree with this provider in it. */
  readonly inTree?: string;
  /** With all of these traits. */
  readonly required?: readonly string[];
  /** In one of these aggregates. */
  readonly memberOf?: readonly string[];
}

/** By resource class: `VCPU`, `MEMORY_MB`, `CUSTOM_PCI_10DE_2230`. */
export type Resources = Readonly<Record<string, number>>;

/** An interface, so that an in-memory cloud can stand in. All of it is admin only. */
export interface Placement {
  readonly version: Microversion;
  listProviders(filter?: ProviderFilter): Promise<ResourceProvider[]>;
  /** Ids of the hosts that have room and traits. */
  listCandidates(query: CandidateQuery): Promise<ReadonlySet<string>>;
  createProvider(provider: { id: string; name: string; parentId: string | null }): Promise<ResourceProvider>;
  /** A 409 while something is allocated from it or it has children. */
  deleteProvider(id: string): Promise<void>;
  showInventories(providerId: string): Promise<AtGeneration<Readonly<Record<string, Inventory>>>>;
  /** All of them, by resource class; those left out are removed. @returns the new generation */
  replaceInventories(
    providerId: string,
    generation: number,
    inventories: Readonly<Record<string, NewInventory>>,
  ): Promise<number>;
  showUsages(providerId: string): Promise<AtGeneration<Resources>>;
  showTraits(providerId: string): Promise<AtGeneration<readonly string[]>>;
  /** All of them; each must exist. @returns the new generation */
  replaceTraits(providerId: string, generation: number, traits: readonly string[]): Promise<number>;
  /** What a server holds, by provider id; empty where it holds nothing or is unknown. */
  showAllocations(consumerId: string): Promise<Readonly<Record<string, Resources>>>;
  /** What is held of a provider, by the id of the server that holds it. */
  showHolders(providerId: string): Promise<Readonly<Record<string, Resources>>>;
  /** Makes a class `CUSTOM_…` unless it exists. */
  ensureResourceClass(name: string): Promise<void>;
  /** Makes a trait `CUSTOM_…` unless it exists. */
  ensureTrait(name: string): Promise<void>;
}

/** Asks which versions there are first. @throws InputError when none of ours is among them */
export async function openPlacement(session: Session): Promise<Placement> {
  const version = commonVersion('placement', await discoverVersions(session, 'placement'), placementVersions);
  return placementOf(serviceOf(session, 'placement', version), version);
}

/**
 * Runs `readAndWrite` again while somebody else's write came between its reading and its writing, four times in all.
 * @param readAndWrite reads the generation itself, each time
 */
export async function repeatOnConcurrentUpdate<T>(readAndWrite: () => Promise<T>): Promise<T> {
  for (let left = 3; ; left--) {
    try {
      return await readAndWrite();
    } catch (error) {
      if (left === 0 || !isConcurrentUpdate(error)) throw error;
    }
  }
}

function placementOf(placement: Service, version: Microversion): Placement {
  const get = async <T>(path: string, read: (body: Record<string, unknown>) => T, query = {}) =>
    (await placement.request({ method: 'GET', path, query }, (body) => read(anObject(body, 'body')))).value;
  /** @returns the provider's new generation */
  const putAll = async (path: string, generation: number, all: object) => {
    const call = { method: 'PUT', path, body: { resource_provider_generation: generation, ...all } } as const;
    return (await placement.request(call, (body) => generationOf(anObject(body, 'body')))).value;
  };
  return {
    version,
    listProviders: ({ name, inTree, required, memberOf } = {}) =>
      get('/resource_providers', (body) => listOf(body.resource_providers, 'resource_providers', readProvider), {
        name,
        in_tree: inTree,
        required: required?.join(','),
        member_of: memberOf === undefined ? undefined : `in:${memberOf.join(',')}`,
      }),
    listCandidates: (query) => listCandidates(placement, version, query),
    async createProvider({ id, name, parentId }) {
      const body = { uuid: id, name, ...(parentId !== null && { parent_provider_uuid: parentId }) };
      const call = { method: 'POST', path: '/resource_providers', body } as const;
      return (await placement.request(call, (answer) => readProvider(answer, 'body'))).value;
    },
    async deleteProvider(id) {
      await placement.request({ method: 'DELETE', path: providerPath(id) }, () => undefined);
    },
    showInventories: (id) =>
      get(`${providerPath(id)}/inventories`, (body) =>
        atGeneration(body, byName(body.inventories, 'inventories', readInventory)),
      ),
    replaceInventories: (id, generation, inventories) =>
      putAll(`${providerPath(id)}/inventories`, generation, { inventories: writeInventories(inventories) }),
    showUsages: (id) =>
      get(`${providerPath(id)}/usages`, (body) => atGeneration(body, byName(body.usages, 'usages', anInteger))),
    showTraits: (id) =>
      get(`${providerPath(id)}/traits`, (body) => atGeneration(body, listOf(body.traits, 'traits', aText))),
    replaceTraits: (id, generation, traits) => putAll(`${providerPath(id)}/traits`, generation, { traits }),
    showAllocations: (id) =>
      get(`/allocations/${encodeURIComponent(id)}`, (body) => byName(body.allocations, 'allocations', readResources)),
    showHolders: (id) =>
      get(`${providerPath(id)}/allocations`, (body) => byName(body.allocations, 'allocations', readResources)),
    async ensureResourceClass(name) {
      await placement.request(
        { method: 'PUT', path: `/resource_classes/${encodeURIComponent(name)}` },
        () => undefined,
      );
    },
    async ensureTrait(name) {
      await placement.request({ method: 'PUT', path: `/traits/${encodeURIComponent(name)}` }, () => undefined);
    },
  };
}

function providerPath(id: string): string {
  return `/resource_providers/${encodeURIComponent(id)}`;
}

function readProvider(value: unknown, where: string): ResourceProvider {
  const provider = anObject(value, where);
  return {
    id: aText(provider.uuid, `${where}.uuid`),
    name: aText(provider.name, `${where}.name`),
    generation: anInteger(provider.generation, `${where}.generation`),
    parentId: orNull(provider.parent_provider_uuid, `${where}.parent_provider_uuid`, aText),
    rootId: aText(provider.root_provider_uuid, `${where}.root_provider_uuid`),
  };
}

function readInventory(value: unknown, where: string): Inventory {
  const inventory = anObject(value, where);
  return {
    total: anInteger(inventory.total, `${where}.total`),
    reserved: anInteger(inventory.reserved, `${where}.reserved`),
    maxUnit: anInteger(inventory.max_unit, `${where}.max_unit`),
    allocationRatio: aNumber(inventory.allocation_ratio, `${where}.allocation_ratio`),
  };
}

function writeInventories(inventories: Readonly<Record<string, NewInventory>>): object {
  const written = Object.entries(inventories).map(([resource, { total, reserved, maxUnit, allocationRatio }]) => [
    resource,
    { total, reserved, max_unit: maxUnit, allocation_ratio: allocationRatio },
  ]);
  return Object.fromEntries(written);
}

function readResources(value: unknown, where: string): Resources {
  return byName(anObject(value, where).resources, `${where}.resources`, anInteger);
}

function atGeneration<T>(body: Record<string, unknown>, value: T): AtGeneration<T> {
  return { generation: generationOf(body), value };
}

function generationOf(body: Record<string, unknown>): number {
  return anInteger(body.resource_provider_generation, 'resource_provider_generation');
}
