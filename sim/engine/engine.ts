/** The discrete-event engine: a clock that jumps from event to event. */
import type { Clock } from '../../core/clock.ts';
import { instantS } from '../../core/instant.ts';
import { EventQueue } from './event-queue.ts';

/** What runs when an event of a kind is due. */
export type Handler = (subject: number) => void;

/** A kind of event, as `Simulator.kind` gave it. */
export type EventKind = number & { readonly brand?: 'EventKind' };

/** Simulated time, in whole milliseconds (`instantS`). Events run in order of (time, priority of their kind, order of scheduling). */
export class Simulator implements Clock {
  #nowS = 0;
  #processed = 0;
  readonly #queue = new EventQueue();
  readonly #handlers: Handler[] = [];
  readonly #priorities: number[] = [];
  readonly #actions: (() => void)[] = [];
  readonly #freeActions: number[] = [];
  readonly #action: EventKind;

  constructor() {
    this.#action = this.kind(0, (place) => {
      const action = this.#actions[place]!;
      this.#freeActions.push(place);
      action();
    });
  }

  get nowS(): number {
    return this.#nowS;
  }

  /** Events run so far. */
  get processed(): number {
    return this.#processed;
  }

  /** Time of the next event; Infinity when nothing is due any more. */
  get nextS(): number {
    return this.#queue.firstTimeS;
  }

  /**
   * Declares a kind of event.
   *
   * @param priority at one instant lower priorities run first; a whole number from 0 to 31
   */
  kind(priority: number, handler: Handler): EventKind {
    this.#priorities.push(priority);
    return this.#handlers.push(handler) - 1;
  }

  /** Schedules an event about `subject`, a whole number below 2³¹, at the nearest millisecond. @throws RangeError when that is past */
  at(timeS: number, kind: EventKind, subject: number): void {
    const dueS = instantS(timeS);
    if (dueS < this.#nowS) throw new RangeError(`timeS must be at least ${this.#nowS}, got ${timeS}`);
    this.#queue.push(dueS, this.#priorities[kind]!, kind, subject);
  }

  after(delayS: number, action: () => void): () => void {
    let isDue = true;
    const place = this.#freeActions.pop() ?? this.#actions.length;
    this.#actions[place] = () => {
      if (isDue) action();
    };
    this.at(this.#nowS + delayS, this.#action, place);
    return () => {
      isDue = false;
    };
  }

  /**
   * Runs everything that comes before events of that time and priority, and sets the clock to the millisecond nearest to `timeS`.
   *
   * @throws RangeError when that is past
   */
  advance(timeS: number, priority: number): void {
    const untilS = instantS(timeS);
    if (untilS < this.#nowS) throw new RangeError(`timeS must be at least ${this.#nowS}, got ${timeS}`);
    while (this.#queue.isBefore(untilS, priority)) this.#step();
    this.#nowS = untilS;
  }

  /** Runs until nothing is due. */
  run(): void {
    while (this.#queue.length > 0) this.#step();
  }

  #step(): void {
    const queue = this.#queue;
    queue.pop();
    this.#nowS = queue.timeS;
    this.#processed++;
    this.#handlers[queue.kind]!(queue.subject);
  }
}
