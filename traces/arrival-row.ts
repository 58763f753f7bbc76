/** Arrivals that are filled anew again and again, so that a long trace leaves nothing behind for the garbage collector. */
import type { VmRequest } from '../core/request.ts';
import type { Arrival } from './arrival.ts';

const noModels: readonly string[] = [];

/**
 * A request that can be filled anew. Its id may lie in it as UTF-8 bytes, which become a text only when somebody asks for that: a
 * text a VM costs more than the rest of its row, and whoever writes ids to a file wants bytes.
 */
export class RequestRow implements VmRequest {
  vcpus = 0;
  ramMib = 0;
  diskGib = 0;
  cards = 0;
  cardMemoryMib = 0;
  cardCores = 0;
  cardModels = noModels;
  /** The id is in these bytes, from `idStart` to before `idEnd`; `idEnd` is 0 where only its text is known. */
  idBytes: Uint8Array = new Uint8Array(32);
  idStart = 0;
  idEnd = 0;
  #id: string | undefined = '';

  get id(): string {
    this.#id ??= Buffer.from(this.idBytes.buffer, this.idBytes.byteOffset).toString('utf8', this.idStart, this.idEnd);
    return this.#id;
  }

  /** Lets the id lie where it is; it changes when the bytes do. */
  pointId(bytes: Uint8Array, start: number, end: number): void {
    this.idBytes = bytes;
    this.idStart = start;
    this.idEnd = end;
    this.#id = undefined;
  }

  /** Becomes equal to `request` and shares no bytes with it. */
  copy(request: VmRequest): void {
    this.vcpus = request.vcpus;
    this.ramMib = request.ramMib;
    this.diskGib = request.diskGib;
    this.cards = request.cards;
    this.cardMemoryMib = request.cardMemoryMib;
    this.cardCores = request.cardCores;
    this.cardModels = request.cardModels;
    this.idStart = 0;
    if (!(request instanceof RequestRow) || request.idEnd === 0) {
      this.idEnd = 0;
      this.#id = request.id;
      return;
    }
    const { idBytes: from, idStart, idEnd } = request;
    const length = idEnd - idStart;
    if (length > this.idBytes.length) this.idBytes = new Uint8Array(2 * length);
    const to = this.idBytes;
    for (let index = 0; index < length; index++) to[index] = from[idStart + index]!;
    this.idEnd = length;
    this.#id = undefined;
  }
}

/** An arrival that can be filled anew. */
export class ArrivalRow implements Arrival {
  atS = 0;
  lifetimeS = 0;
  readonly request = new RequestRow();
  station = '';
  flavor = '';
  image = '';
  user = '';

  /** Becomes equal to `arrival`; what happens to that one later changes nothing here. */
  copy(arrival: Arrival): void {
    this.atS = arrival.atS;
    this.lifetimeS = arrival.lifetimeS;
    this.request.copy(arrival.request);
    this.station = arrival.station;
    this.flavor = arrival.flavor;
    this.image = arrival.image;
    this.user = arrival.user;
  }
}
