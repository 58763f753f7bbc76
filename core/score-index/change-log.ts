/** In which order hosts changed, so that many who look now and then each find what is new to them. */
export class ChangeLog {
  /** Changes so far. */
  now = 0;
  /** Of each host, the number of its last change; 0 for none. */
  readonly #changedAt: Float64Array;
  /** The host of each of the last changes, as many as there are hosts; change `n` stands at `n` modulo the length. */
  readonly #recent: Int32Array;

  /** @param hosts of the cluster */
  constructor(hosts: number) {
    this.#changedAt = new Float64Array(hosts);
    this.#recent = new Int32Array(hosts);
  }

  add(host: number): void {
    this.now++;
    this.#changedAt[host] = this.now;
    this.#recent[this.now % this.#recent.length] = host;
  }

  /** Calls `visit` once with each host that has changed after the first `seen` changes. */
  since(seen: number, visit: (host: number) => void): void {
    const changedAt = this.#changedAt;
    if (this.now - seen >= changedAt.length) {
      for (let host = 0; host < changedAt.length; host++) if (changedAt[host]! > seen) visit(host);
      return;
    }
    for (let change = seen + 1; change <= this.now; change++) {
      const host = this.#recent[change % this.#recent.length]!;
      if (changedAt[host] === change) visit(host);
    }
  }
}
