/** Hosts that have changed since they were last taken, each once. */
export class ChangedHosts {
  readonly #hosts: number[] = [];
  readonly #isIn: Uint8Array;

  /** @param hosts of the cluster */
  constructor(hosts: number) {
    this.#isIn = new Uint8Array(hosts);
  }

  add(host: number): void {
    if (this.#isIn[host] === 1) return;
    this.#isIn[host] = 1;
    this.#hosts.push(host);
  }

  /** Takes one out; -1 when there is none. */
  take(): number {
    const host = this.#hosts.pop();
    if (host === undefined) return -1;
    this.#isIn[host] = 0;
    return host;
  }
}
