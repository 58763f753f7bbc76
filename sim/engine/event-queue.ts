/**
 * Pending events in order of (time, priority, sequence). Those that come next are in a heap, the others in buckets of equal lengths of
 * time, unsorted: of 15 000 pending ends most are far off, and sorting them in one heap took three times as long. A ladder queue with
 * one rung: Tang, Goh and Thng, "Ladder queue", 2005, https://doi.org/10.1145/1103323.1103324.
 */
import { EventHeap } from './event-heap.ts';
import { grown } from './grown.ts';

/** Priorities are below this, so that priority and sequence share one exact float. */
const sequences = 2 ** 48;
/** Subjects are from −2³¹ to below 2³¹, so that kind and subject share another. */
const subjects = 2 ** 32;

const none = -1;
const samples = 64;
const eventsPerBucket = 4;
/** This many are quickly sorted by the heap alone. */
const fewEvents = 64;

/** What happens is a small number (`kind`) about a small number (`subject`); the engine knows what they mean. */
export class EventQueue {
  /** The event that `pop` took last. */
  timeS = 0;
  kind = 0;
  subject = 0;

  /** Events of bucket `#current` and before. */
  readonly #near = new EventHeap();
  /** Bucket `i` begins at `startS + i / bucketsPerS`; of its events the first is `#heads[i]`, the one after event `e` is `#next[e]`. */
  #heads = new Int32Array(fewEvents).fill(none);
  #startS = 0;
  #bucketsPerS = 0;
  #current = 0;
  /** First of the events after the last bucket. */
  #beyond = none;
  #free = none;
  #timesS = new Float64Array(0);
  #orders = new Float64Array(0);
  #subjects = new Float64Array(0);
  #next = new Int32Array(0);
  /** When more than this many are near, buckets are rebuilt. */
  #mostNear = fewEvents;
  #length = 0;
  #nextSequence = 0;

  get length(): number {
    return this.#length;
  }

  /** Time of the first event; Infinity when there is none. */
  get firstTimeS(): number {
    return this.#length === 0 ? Infinity : this.#near.firstTimeS;
  }

  /** Whether the first event comes before every event of that time and priority. */
  isBefore(timeS: number, priority: number): boolean {
    if (this.#length === 0) return false;
    const firstS = this.#near.firstTimeS;
    return firstS < timeS || (firstS === timeS && this.#near.firstOrder < priority * sequences);
  }

  /**
   * Adds an event.
   *
   * @param priority at one instant, lower comes first; then whichever was added first
   */
  push(timeS: number, priority: number, kind: number, subject: number): void {
    if (!Number.isFinite(timeS)) throw new RangeError(`timeS must be finite, got ${timeS}`);
    this.#put(timeS, priority * sequences + this.#nextSequence++, kind * subjects + subject);
    this.#length++;
    if (this.#near.length > this.#mostNear) this.#spread();
    else if (this.#near.length === 0) this.#advance();
  }

  /** Takes the first event into `timeS`, `kind` and `subject`. @returns false when there is none */
  pop(): boolean {
    if (this.#length === 0) return false;
    const near = this.#near;
    near.pop();
    const { about } = near;
    this.timeS = near.timeS;
    this.kind = Math.round(about / subjects) + 0; // no −0
    this.subject = about - this.kind * subjects;
    this.#length--;
    if (near.length === 0 && this.#length > 0) this.#advance();
    return true;
  }

  /** The number of a bucket never falls as time rises, so that whatever is in a later one is due later. */
  #put(timeS: number, order: number, about: number): void {
    const bucket = Math.floor((timeS - this.#startS) * this.#bucketsPerS);
    if (bucket <= this.#current) {
      this.#near.push(timeS, order, about);
      return;
    }
    if (this.#free === none) this.#grow();
    const event = this.#free;
    this.#free = this.#next[event]!;
    this.#timesS[event] = timeS;
    this.#orders[event] = order;
    this.#subjects[event] = about;
    if (bucket < this.#heads.length) {
      this.#next[event] = this.#heads[bucket]!;
      this.#heads[bucket] = event;
    } else {
      this.#next[event] = this.#beyond;
      this.#beyond = event;
    }
  }

  /** Goes on to the next bucket that has events; there must be some. */
  #advance(): void {
    const heads = this.#heads;
    let bucket = this.#current + 1;
    while (bucket < heads.length && heads[bucket] === none) bucket++;
    if (bucket >= heads.length) {
      this.#spread();
      return;
    }
    this.#current = bucket;
    let event = heads[bucket]!;
    heads[bucket] = none;
    while (event !== none) {
      this.#near.push(this.#timesS[event]!, this.#orders[event]!, this.#subjects[event]!);
      const after = this.#next[event]!;
      this.#next[event] = this.#free;
      this.#free = event;
      event = after;
    }
  }

  /** Makes buckets that suit the events there are, and puts all in them. */
  #spread(): void {
    // Everything into one list.
    this.#bucketsPerS = 0;
    this.#current = -1;
    const kept = this.#heads;
    this.#heads = new Int32Array(0);
    this.#startS = 0;
    this.#near.drain((timeS, order, about) => this.#put(timeS, order, about));
    for (const head of kept) {
      for (let event = head; event !== none; ) {
        const after = this.#next[event]!;
        this.#next[event] = this.#beyond;
        this.#beyond = event;
        event = after;
      }
    }
    // Buckets so long that the earlier half of the events has a few in each.
    const [leastS, medianS] = this.#sample();
    const count = 2 ** Math.ceil(Math.log2(Math.max(fewEvents, this.#length / 2)));
    const bucketsPerS = this.#length / 2 / eventsPerBucket / (medianS - leastS);
    this.#heads = kept.length === count ? kept.fill(none) : new Int32Array(count).fill(none);
    this.#startS = leastS;
    this.#bucketsPerS = Number.isFinite(bucketsPerS) && this.#length > fewEvents ? bucketsPerS : 0;
    this.#current = 0;
    let event = this.#beyond;
    this.#beyond = none;
    while (event !== none) {
      const after = this.#next[event]!;
      this.#next[event] = this.#free;
      this.#free = event;
      this.#put(this.#timesS[event]!, this.#orders[event]!, this.#subjects[event]!);
      event = after;
    }
    this.#mostNear = Math.max(fewEvents, 2 * this.#near.length);
  }

  /** The earliest time of the events beyond the buckets, and about their median. */
  #sample(): [leastS: number, medianS: number] {
    const every = Math.ceil(this.#length / samples);
    const timesS: number[] = [];
    let leastS = Infinity;
    let index = 0;
    for (let event = this.#beyond; event !== none; event = this.#next[event]!) {
      const timeS = this.#timesS[event]!;
      if (timeS < leastS) leastS = timeS;
      if (index++ % every === 0) timesS.push(timeS);
    }
    return [leastS, timesS.sort((a, b) => a - b)[timesS.length >> 1]!];
  }

  #grow(): void {
    const before = this.#next.length;
    const size = Math.max(fewEvents, 2 * before);
    this.#timesS = grown(this.#timesS, new Float64Array(size));
    this.#orders = grown(this.#orders, new Float64Array(size));
    this.#subjects = grown(this.#subjects, new Float64Array(size));
    this.#next = grown(this.#next, new Int32Array(size));
    for (let event = before; event < size; event++) {
      this.#next[event] = this.#free;
      this.#free = event;
    }
  }
}
