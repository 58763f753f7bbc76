/** Pending events in order of (time, priority, sequence): a binary heap in typed arrays, nothing allocated per event. */

/** Priorities are below this, so that priority and sequence share one exact float. */
const sequences = 2 ** 48;

/** What happens is a small number (`kind`) about a small number (`subject`); the engine knows what they mean. */
export class EventQueue {
  /** The event that `pop` took last. */
  timeS = 0;
  kind = 0;
  subject = 0;

  #timesS = new Float64Array(64);
  #orders = new Float64Array(64);
  #kinds = new Uint8Array(64);
  #subjects = new Int32Array(64);
  #length = 0;
  #nextSequence = 0;

  get length(): number {
    return this.#length;
  }

  /** Time of the first event; Infinity when there is none. */
  get firstTimeS(): number {
    return this.#length === 0 ? Infinity : this.#timesS[0]!;
  }

  /** Whether the first event comes before every event of that time and priority. */
  isBefore(timeS: number, priority: number): boolean {
    if (this.#length === 0) return false;
    const firstS = this.#timesS[0]!;
    return firstS < timeS || (firstS === timeS && this.#orders[0]! < priority * sequences);
  }

  /**
   * Adds an event.
   *
   * @param priority at one instant, lower comes first; then whichever was added first
   */
  push(timeS: number, priority: number, kind: number, subject: number): void {
    if (!Number.isFinite(timeS)) throw new RangeError(`timeS must be finite, got ${timeS}`);
    if (this.#length === this.#timesS.length) this.#grow();
    const order = priority * sequences + this.#nextSequence++;
    const timesS = this.#timesS;
    const orders = this.#orders;
    let hole = this.#length++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (timesS[parent]! < timeS || (timesS[parent]! === timeS && orders[parent]! < order)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, timeS, order, kind, subject);
  }

  /** Takes the first event into `timeS`, `kind` and `subject`. @returns false when there is none */
  pop(): boolean {
    if (this.#length === 0) return false;
    const timesS = this.#timesS;
    const orders = this.#orders;
    this.timeS = timesS[0]!;
    this.kind = this.#kinds[0]!;
    this.subject = this.#subjects[0]!;

    const last = --this.#length;
    const timeS = timesS[last]!;
    const order = orders[last]!;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      const right = child + 1;
      if (
        right < last &&
        (timesS[right]! < timesS[child]! || (timesS[right]! === timesS[child]! && orders[right]! < orders[child]!))
      ) {
        child = right;
      }
      if (timeS < timesS[child]! || (timeS === timesS[child]! && order < orders[child]!)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, timeS, order, this.#kinds[last]!, this.#subjects[last]!);
    return true;
  }

  #put(place: number, timeS: number, order: number, kind: number, subject: number): void {
    this.#timesS[place] = timeS;
    this.#orders[place] = order;
    this.#kinds[place] = kind;
    this.#subjects[place] = subject;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#timesS[from]!, this.#orders[from]!, this.#kinds[from]!, this.#subjects[from]!);
  }

  #grow(): void {
    const size = this.#length * 2;
    const larger = <T extends Float64Array | Uint8Array | Int32Array>(column: T, empty: T): T => {
      empty.set(column);
      return empty;
    };
    this.#timesS = larger(this.#timesS, new Float64Array(size));
    this.#orders = larger(this.#orders, new Float64Array(size));
    this.#kinds = larger(this.#kinds, new Uint8Array(size));
    this.#subjects = larger(this.#subjects, new Int32Array(size));
  }
}
