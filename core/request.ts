/** What a VM asks for, and how that is read from a Nova flavor and server metadata. */
import { InputError } from './input-error.ts';
import { toThousandths } from './resources.ts';

/**
 * One VM's demand. It carries no lifetime: a policy must not see the future.
 * A CPU VM asks for no card; `cardMemoryMib`, `cardCores` and `cardModels` then mean nothing.
 */
export interface VmRequest {
  /** Id of the VM. */
  readonly id: string;
  /** At least 0.001; whole for VMs, in thousandths for container traces. */
  readonly vcpus: number;
  /** RAM, MiB. */
  readonly ramMib: number;
  /** Disk, GiB. */
  readonly diskGib: number;
  /** Cards wanted; 0 for a CPU VM. */
  readonly cards: number;
  /** Least memory of each card, MiB; 0 = any. On a shared card, the memory taken. */
  readonly cardMemoryMib: number;
  /** Least cores of each card; 0 = any. On a shared card, the cores taken. */
  readonly cardCores: number;
  /** Acceptable models; empty = any. */
  readonly cardModels: readonly string[];
}

/** The paper's RCard_num and the rest default to nothing asked. */
export type RequestNumbers = Pick<VmRequest, 'id' | 'vcpus' | 'ramMib'> & Partial<VmRequest>;

/** A request from numbers, checked; throws RangeError naming the field. */
export function vmRequest(numbers: RequestNumbers): VmRequest {
  const { id, vcpus, ramMib, diskGib = 0, cards = 0, cardMemoryMib = 0, cardCores = 0, cardModels = [] } = numbers;
  const request: VmRequest = { id, vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels };
  if (!(Number.isFinite(request.vcpus) && toThousandths(request.vcpus) === request.vcpus && request.vcpus > 0)) {
    throw new RangeError(`vcpus must be above 0 in steps of 0.001, got ${request.vcpus}`);
  }
  for (const field of ['ramMib', 'diskGib', 'cards', 'cardMemoryMib', 'cardCores'] as const) {
    if (!Number.isSafeInteger(request[field]) || request[field] < 0) {
      throw new RangeError(`${field} must be a whole number of at least 0, got ${request[field]}`);
    }
  }
  return request;
}

/** Whether the VM applies for cards: Algorithm 1, `isGPUVMs`. */
export function isGpuRequest(request: VmRequest): boolean {
  return request.cards > 0;
}

/** The size part of a Nova flavor. */
export interface FlavorSize {
  /** vCPUs. */
  readonly vcpus: number;
  /** Nova's `ram`, which is in MiB. */
  readonly ram: number;
  /** Nova's `disk`, GiB. */
  readonly disk: number;
}

/**
 * A request from a flavor, its extra specs and the server's metadata.
 *
 * `heps:gpu_num`, `heps:gpu_mem_mib`, `heps:gpu_cores` and `heps:gpu_model` (names separated by `|`, `any` for no wish) ask in
 * detail; where both have a key the stricter counts (`stricterKeys`). Without `heps:gpu_num` the count is the one
 * stock Nova sees, in the flavor alone: the sum over `pci_passthrough:alias` (`a6000:2,t4:1`, a missing count is 1;
 * nova/pci/request.py).
 *
 * @throws InputError naming the key
 */
export function requestFromFlavor(
  id: string,
  flavor: FlavorSize,
  extraSpecs: Readonly<Record<string, string>> = {},
  metadata: Readonly<Record<string, string>> = {},
): VmRequest {
  const merged = stricterKeys(extraSpecs, metadata);
  const count = (key: string): number | undefined => {
    const text = merged[key];
    if (text === undefined) return undefined;
    if (!isCount(text)) throw new InputError(key, 'a whole number of at least 0', text);
    return Number(text);
  };
  const details = {
    cardMemoryMib: count('heps:gpu_mem_mib') ?? 0,
    cardCores: count('heps:gpu_cores') ?? 0,
    cardModels: modelsIn(merged['heps:gpu_model']),
  };
  const cards = count('heps:gpu_num') ?? aliasCount(extraSpecs['pci_passthrough:alias']);
  if (cards === 0 && (details.cardMemoryMib > 0 || details.cardCores > 0 || details.cardModels.length > 0)) {
    throw new InputError('heps:gpu_num', 'at least 1, since cards are described', cards);
  }
  return vmRequest({ id, vcpus: flavor.vcpus, ramMib: flavor.ram, diskGib: flavor.disk, cards, ...details });
}

const countKeys: readonly string[] = ['heps:gpu_num', 'heps:gpu_mem_mib', 'heps:gpu_cores'];

/**
 * What two askers, as a flavor and a server's metadata, ask for together: the larger of two minima, and the models that both accept. Neither
 * can so be talked out of what the other needs. A number that is none stays, to be refused by who reads it.
 *
 * @throws InputError naming `heps:gpu_model` where no model is accepted by both
 */
export function stricterKeys(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): Record<string, string> {
  const merged = { ...one, ...other };
  for (const key of countKeys) {
    const mine = one[key];
    const theirs = other[key];
    if (mine === undefined || theirs === undefined) continue;
    const larger = Number(mine) > Number(theirs) ? mine : theirs;
    merged[key] = !isCount(mine) ? mine : !isCount(theirs) ? theirs : larger;
  }
  const models = acceptedByBoth(modelsIn(one['heps:gpu_model']), modelsIn(other['heps:gpu_model']));
  if (models.length > 0) merged['heps:gpu_model'] = models.join('|');
  else if (merged['heps:gpu_model'] !== undefined) merged['heps:gpu_model'] = 'any';
  return merged;
}

/**
 * Models that two lists accept, in the order of the first; empty = any.
 *
 * @throws InputError naming `heps:gpu_model` where there is none
 */
export function acceptedByBoth(some: readonly string[], others: readonly string[]): readonly string[] {
  if (some.length === 0) return others;
  if (others.length === 0) return some;
  const both = some.filter((model) => others.includes(model));
  if (both.length > 0) return both;
  throw new InputError(
    'heps:gpu_model',
    `a model that is accepted otherwise too: ${some.join(', ')}`,
    others.join('|'),
  );
}

/** The models of a `heps:gpu_model`; empty = any. */
export function modelsIn(text = ''): readonly string[] {
  const models = text.split('|').map((name) => name.trim());
  return models.includes('any') ? [] : models.filter((name) => name !== '');
}

function isCount(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

/** Devices asked for by Nova's alias list; 0 without one. */
function aliasCount(alias: string | undefined): number {
  if (alias === undefined || alias.trim() === '') return 0;
  let total = 0;
  for (const part of alias.split(',')) {
    const match = /^\s*[^:,\s]+\s*(?::\s*(\d{1,4})\s*)?$/.exec(part);
    if (match === null) throw new InputError('pci_passthrough:alias', 'name:count, separated by commas', alias);
    total += match[1] === undefined ? 1 : Number(match[1]);
  }
  return total;
}
