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
 * detail; where both have a key the metadata counts, being what the user chose. Without `heps:gpu_num` the count is the one
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
  const merged = { ...extraSpecs, ...metadata };
  const count = (key: string): number | undefined => {
    const text = merged[key];
    if (text === undefined) return undefined;
    if (!/^\d{1,9}$/.test(text)) throw new InputError(key, 'a whole number of at least 0', text);
    return Number(text);
  };
  const models = (merged['heps:gpu_model'] ?? '').split('|').map((name) => name.trim());
  const isAnyModel = models.includes('any');
  const details = {
    cardMemoryMib: count('heps:gpu_mem_mib') ?? 0,
    cardCores: count('heps:gpu_cores') ?? 0,
    cardModels: isAnyModel ? [] : models.filter((name) => name !== ''),
  };
  const cards = count('heps:gpu_num') ?? aliasCount(extraSpecs['pci_passthrough:alias']);
  if (cards === 0 && (details.cardMemoryMib > 0 || details.cardCores > 0 || details.cardModels.length > 0)) {
    throw new InputError('heps:gpu_num', 'at least 1, since cards are described', cards);
  }
  return vmRequest({ id, vcpus: flavor.vcpus, ramMib: flavor.ram, diskGib: flavor.disk, cards, ...details });
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
