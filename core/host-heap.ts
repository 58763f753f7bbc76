/** Some hosts, the one with the largest key first, of equal keys the one with the lowest index: a binary heap from which any host can be taken. */
export class HostHeap {
  readonly #keys: number[] = [];
  readonly #hosts: number[] = [];
  /** Place of each host in its heap. */
  readonly #placeOf: Int32Array;

  /** @param placeOf one row per host of the cluster; heaps that never hold one host at the same time may share it */
  constructor(placeOf: Int32Array) {
    this.#placeOf = placeOf;
  }

  get length(): number {
    return this.#hosts.length;
  }

  /** The first host; -1 when there is none. */
  get first(): number {
    return this.#hosts.length === 0 ? -1 : this.#hosts[0]!;
  }

  /** Key of the first host; -1 when there is none. */
  get firstKey(): number {
    return this.#keys.length === 0 ? -1 : this.#keys[0]!;
  }

  /** Key of a host, which must be in. */
  keyOf(host: number): number {
    return this.#keys[this.#placeOf[host]!]!;
  }

  /** Adds a host, which must not be in. Keys are at least 0. */
  put(host: number, key: number): void {
    this.#keys.push(key);
    this.#hosts.push(host);
    this.#rise(this.#hosts.length - 1, host, key);
  }

  /** Takes out a host, which must be in. */
  remove(host: number): void {
    const place = this.#placeOf[host]!;
    const key = this.#keys.pop()!;
    const last = this.#hosts.pop()!;
    if (last === host) return;
    const parent = (place - 1) >> 1;
    if (place > 0 && this.#goesBefore(last, key, parent)) this.#rise(place, last, key);
    else this.#sink(place, last, key);
  }

  /**
   * Of the hosts whose key is at least `least`, the first that `isGood` takes; -1 when it takes none. Looks no further than it must: below
   * a host that it takes there is none that comes before it.
   */
  find(least: number, isGood: (host: number) => boolean, place = 0): number {
    const host = this.#hosts[place];
    if (host === undefined || this.#keys[place]! < least) return -1;
    if (isGood(host)) return host;
    const left = this.find(least, isGood, 2 * place + 1);
    const right = this.find(least, isGood, 2 * place + 2);
    if (left < 0 || right < 0) return Math.max(left, right);
    return this.#goesBefore(left, this.keyOf(left), this.#placeOf[right]!) ? left : right;
  }

  /** Whether a host of that key comes before the one at `place`. */
  #goesBefore(host: number, key: number, place: number): boolean {
    const other = this.#keys[place]!;
    return key > other || (key === other && host < this.#hosts[place]!);
  }

  #rise(from: number, host: number, key: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#goesBefore(host, key, parent)) break;
      this.#set(place, this.#hosts[parent]!, this.#keys[parent]!);
      place = parent;
    }
    this.#set(place, host, key);
  }

  #sink(from: number, host: number, key: number): void {
    const { length } = this.#hosts;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && this.#goesBefore(this.#hosts[right]!, this.#keys[right]!, child)) child = right;
      if (this.#goesBefore(host, key, child)) break;
      this.#set(place, this.#hosts[child]!, this.#keys[child]!);
      place = child;
    }
    this.#set(place, host, key);
  }

  #set(place: number, host: number, key: number): void {
    this.#hosts[place] = host;
    this.#keys[place] = key;
    this.#placeOf[host] = place;
  }
}
