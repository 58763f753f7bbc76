/** Events in order of (time, order): a heap in which each has four below it, in one typed array. */

/** Numbers per event: time, order, subject. */
const width = 3;

export class EventHeap {
  /** The event that `pop` took last. */
  timeS = 0;
  about = 0;
  /** Those below event `i` are events `4 i + 1` to `4 i + 4`. */
  #events = new Float64Array(width * 64);
  #length = 0;

  get length(): number {
    return this.#length;
  }
  /** Time and order of the first event; there must be one. */
  get firstTimeS(): number {
    return this.#events[0]!;
  }
  get firstOrder(): number {
    return this.#events[1]!;
  }

  push(timeS: number, order: number, about: number): void {
    if (width * this.#length === this.#events.length) this.#grow();
    const events = this.#events;
    let hole = width * this.#length++;
    while (hole > 0) {
      const parent = width * ((hole / width - 1) >> 2);
      const parentS = events[parent]!;
      if (parentS < timeS || (parentS === timeS && events[parent + 1]! < order)) break;
      events[hole] = parentS;
      events[hole + 1] = events[parent + 1]!;
      events[hole + 2] = events[parent + 2]!;
      hole = parent;
    }
    events[hole] = timeS;
    events[hole + 1] = order;
    events[hole + 2] = about;
  }

  /** Takes the first event into `timeS` and `about`; there must be one. */
  pop(): void {
    const events = this.#events;
    this.timeS = events[0]!;
    this.about = events[2]!;

    // The last event takes the place of the first, and sinks below those that come before it.
    const last = width * --this.#length;
    const timeS = events[last]!;
    const order = events[last + 1]!;
    let hole = 0;
    for (;;) {
      let child = 4 * hole + width;
      if (child >= last) break;
      let childS = events[child]!;
      const end = Math.min(child + 4 * width, last);
      for (let other = child + width; other < end; other += width) {
        const otherS = events[other]!;
        if (otherS < childS || (otherS === childS && events[other + 1]! < events[child + 1]!)) {
          child = other;
          childS = otherS;
        }
      }
      if (timeS < childS || (timeS === childS && order < events[child + 1]!)) break;
      events[hole] = childS;
      events[hole + 1] = events[child + 1]!;
      events[hole + 2] = events[child + 2]!;
      hole = child;
    }
    events[hole] = timeS;
    events[hole + 1] = order;
    events[hole + 2] = events[last + 2]!;
  }

  /** Takes all events, in no order. */
  drain(take: (timeS: number, order: number, about: number) => void): void {
    for (let at = 0; at < width * this.#length; at += width) {
      take(this.#events[at]!, this.#events[at + 1]!, this.#events[at + 2]!);
    }
    this.#length = 0;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#events.length);
    larger.set(this.#events);
    this.#events = larger;
  }
}
