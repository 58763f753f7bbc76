/** What a server asks of cards: by its flavor, by its metadata, and whether the flavor's PCI alias can give it. */
import { InputError } from '../../core/input-error.ts';
import { acceptedByBoth, modelsIn, requestFromFlavor, stricterKeys, type VmRequest } from '../../core/request.ts';
import type { ServerFlavor } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';

/** A server as it is asked for. */
export interface AskedServer {
  readonly id: string;
  readonly flavor: Omit<ServerFlavor, 'name'>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Why Nova cannot give what is asked, whatever host it takes. */
export const cardsWithoutAlias = 'cards-without-alias';

export interface AskedRequest {
  readonly request: VmRequest;
  /** Null where the flavor's PCI alias names as many cards as are asked for: Nova gives cards by it alone. */
  readonly objection: typeof cardsWithoutAlias | null;
}

/** The keys of the namespace OS::HEPS::GPU, which people set on flavors and servers. */
export const cardKeys: readonly string[] = ['heps:gpu_num', 'heps:gpu_mem_mib', 'heps:gpu_cores', 'heps:gpu_model'];

const aliasKey = 'pci_passthrough:alias';

/**
 * What a server asks that Nova places: the stricter of flavor and metadata. A PCI alias counts before the flavor's own `heps:gpu_num` and
 * `heps:gpu_model`, since Nova gives by it, whatever else is written.
 *
 * @throws InputError, or RangeError, naming what cannot be read
 */
export function askedOf({ id, flavor, metadata }: AskedServer, aliases: Aliases): AskedRequest {
  const { vcpus, ramMib: ram, diskGib: disk, extraSpecs } = flavor;
  const named = aliasesIn(extraSpecs[aliasKey] ?? '');
  const wished = catalogueNames(metadata, aliases);
  const specs = catalogueNames(extraSpecs, aliases);
  if (named.length === 0) {
    const counted = withCount(stricterKeys(specs, wished));
    const request = requestFromFlavor(id, { vcpus, ram, disk }, counted);
    return { request, objection: request.cards > 0 ? cardsWithoutAlias : null };
  }
  const { 'heps:gpu_model': _, ...others } = specs;
  const cards = named.reduce((sum, { count }) => sum + count, 0);
  const models = [...new Set(named.flatMap(({ alias }) => aliases.modelOf(alias) ?? []))];
  const byAlias = {
    ...(models.length > 0 && { 'heps:gpu_model': models.join('|') }),
    [aliasKey]: extraSpecs[aliasKey]!,
  };
  const request = requestFromFlavor(id, { vcpus, ram, disk }, { ...others, ...byAlias }, wished);
  return { request: { ...request, cards }, objection: request.cards > cards ? cardsWithoutAlias : null };
}

/** The same, null where it cannot be read. */
export function requestOf(server: AskedServer, aliases: Aliases): VmRequest | null {
  try {
    return askedOf(server, aliases).request;
  } catch (error) {
    if (error instanceof InputError || error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * A request and what metadata ask on top of it: the stricter of both.
 *
 * @throws InputError naming the key
 */
export function stricterRequest(
  request: VmRequest,
  metadata: Readonly<Record<string, string>>,
  aliases: Pick<Aliases, 'modelOf'>,
): VmRequest {
  const { id, vcpus, ramMib: ram, diskGib: disk } = request;
  const wished = requestFromFlavor(id, { vcpus, ram, disk }, withCount(catalogueNames(metadata, aliases)));
  if (wished.cards === 0) return request;
  return {
    ...request,
    cards: Math.max(request.cards, wished.cards),
    cardMemoryMib: Math.max(request.cardMemoryMib, wished.cardMemoryMib),
    cardCores: Math.max(request.cardCores, wished.cardCores),
    cardModels: acceptedByBoth(request.cardModels, wished.cardModels),
  };
}

/** The parts of Nova's alias list: `a6000:2,t4` is two of one and one of the other. */
export function aliasesIn(text: string): { readonly alias: string; readonly count: number }[] {
  return text
    .split(',')
    .map((part) => part.trim().split(':'))
    .filter(([alias]) => alias !== '')
    .map(([alias, count]) => ({ alias: alias!.trim(), count: Number(count ?? 1) || 1 }));
}

/** Cards that are described and not counted are one. */
function withCount(keys: Readonly<Record<string, string>>): Record<string, string> {
  const describes = (key: string): boolean => keys[key] !== undefined && !/^0*$/.test(keys[key]);
  const isDescribed =
    describes('heps:gpu_mem_mib') || describes('heps:gpu_cores') || modelsIn(keys['heps:gpu_model']).length > 0;
  const isCounted = describes('heps:gpu_num') || aliasesIn(keys[aliasKey] ?? '').length > 0;
  return isDescribed && !isCounted ? { ...keys, 'heps:gpu_num': '1' } : { ...keys };
}

/** Models by the catalogue's names where an alias was written in place of one. */
function catalogueNames(
  keys: Readonly<Record<string, string>>,
  aliases: Pick<Aliases, 'modelOf'>,
): Readonly<Record<string, string>> {
  const text = keys['heps:gpu_model'];
  if (text === undefined) return keys;
  const models = modelsIn(text).map((name) => aliases.modelOf(name) ?? name);
  return { ...keys, 'heps:gpu_model': models.length === 0 ? 'any' : models.join('|') };
}
