/** What VMs ask for, each size once: a workload has few sizes, and what is one object stays near the processor. */
import type { VmRequest } from '../../core/request.ts';

/** A request of a size, for whichever VM has it at the moment. */
export class SizedRequest implements VmRequest {
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
  readonly cards: number;
  readonly cardMemoryMib: number;
  readonly cardCores: number;
  readonly cardModels: readonly string[];
  /** Of the VM that asks. */
  slot = 0;
  /** VMs that have the size. */
  users = 0;
  readonly hash: number;
  readonly #idOf: (slot: number) => string;

  constructor(request: VmRequest, hash: number, idOf: (slot: number) => string) {
    this.vcpus = request.vcpus;
    this.ramMib = request.ramMib;
    this.diskGib = request.diskGib;
    this.cards = request.cards;
    this.cardMemoryMib = request.cardMemoryMib;
    this.cardCores = request.cardCores;
    this.cardModels = request.cardModels;
    this.hash = hash;
    this.#idOf = idOf;
  }

  get id(): string {
    return this.#idOf(this.slot);
  }

  isLike(request: VmRequest): boolean {
    return (
      this.vcpus === request.vcpus &&
      this.ramMib === request.ramMib &&
      this.diskGib === request.diskGib &&
      this.cards === request.cards &&
      this.cardMemoryMib === request.cardMemoryMib &&
      this.cardCores === request.cardCores &&
      areEqual(this.cardModels, request.cardModels)
    );
  }
}

/** The sizes of the VMs that are there, and of some that were. */
export class SizedRequests {
  /** A table by hash: a size stands at the first free place from its hash on. */
  #table: (SizedRequest | undefined)[] = new Array(1024).fill(undefined);
  #count = 0;
  readonly #idOf: (slot: number) => string;

  /** @param idOf id of the VM with that slot */
  constructor(idOf: (slot: number) => string) {
    this.#idOf = idOf;
  }

  /** The size of the request, with one more VM that has it. */
  take(request: VmRequest): SizedRequest {
    const hash = hashOf(request);
    let place = hash & (this.#table.length - 1);
    for (let size = this.#table[place]; size !== undefined; size = this.#table[place]) {
      if (size.hash === hash && size.isLike(request)) {
        size.users++;
        return size;
      }
      place = (place + 1) & (this.#table.length - 1);
    }
    const size = new SizedRequest(request, hash, this.#idOf);
    size.users = 1;
    this.#table[place] = size;
    this.#count++;
    if (2 * this.#count > this.#table.length) this.#rebuild();
    return size;
  }

  /** Forgets sizes that no VM has, so that the table does not grow with the trace. */
  #rebuild(): void {
    const used = this.#table.filter((size) => size !== undefined && size.users > 0);
    let length = 1024;
    while (length < 4 * used.length) length *= 2;
    this.#table = new Array(length).fill(undefined);
    this.#count = used.length;
    for (const size of used) {
      let place = size!.hash & (length - 1);
      while (this.#table[place] !== undefined) place = (place + 1) & (length - 1);
      this.#table[place] = size;
    }
  }
}

function hashOf(request: VmRequest): number {
  let hash = Math.imul((request.vcpus * 1000) | 0, 0x9e3779b1) ^ (request.ramMib | 0);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ (request.diskGib | 0);
  if (request.cards > 0) {
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ ((request.cards << 24) | 0) ^ (request.cardMemoryMib | 0);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) ^ (request.cardCores | 0);
  }
  return hash ^ (hash >>> 14);
}

function areEqual(one: readonly string[], other: readonly string[]): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}
