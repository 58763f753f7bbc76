/** Arrivals that are refilled over and over, so that a long trace leaves nothing behind for the garbage collector. */
import type { VmRequest } from '../core/request.ts';
import type { Arrival } from './arrival.ts';
import { textOf } from './text-cache.ts';

const noModels: readonly string[] = [];

/**
 * A request that can be refilled. Its id may lie in it as UTF-8 bytes, which become a text only when somebody asks for that: making
 * one takes 50 ns, a quarter of reading a row, and a writer of ids to a file wants bytes.
 */
export class RequestRow implements VmRequest {
  vcpus = 0;
  ramMib = 0;
  diskGib = 0;
  cards = 0;
  cardMemoryMib = 0;
  cardCores = 0;
  cardModels = noModels;
  /** The id is in these bytes, from `idStart` to before `idEnd`. */
  idBytes: Uint8Array = new Uint8Array(0);
  idStart = 0;
  idEnd = 0;
  #id: string | undefined = '';

  get id(): string {
    this.#id ??= textOf(this.idBytes, this.idStart, this.idEnd);
    return this.#id;
  }

  /** Lets the id lie where it is; it changes when the bytes do. */
  pointId(bytes: Uint8Array, start: number, end: number): void {
    this.idBytes = bytes;
    this.idStart = start;
    this.idEnd = end;
    this.#id = undefined;
  }
}

/** An arrival that can be refilled. */
export class ArrivalRow implements Arrival {
  atS = 0;
  lifetimeS = 0;
  readonly request = new RequestRow();
  station = '';
  flavor = '';
  image = '';
  user = '';
}

/** An arrival for as long as one wants, whatever its reader does. */
export function copyOf(arrival: Arrival): Arrival {
  const { id, vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels } = arrival.request;
  const { atS, lifetimeS, station, flavor, image, user } = arrival;
  const request = { id, vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels };
  return { atS, lifetimeS, request, station, flavor, image, user };
}
