/** Hosts by how much disk they have free, so that those with little are found without a look at the others. */
import type { Cluster } from '../cluster.ts';
import { ChangedHosts } from './changed-hosts.ts';

const steps = 256;

export class LowDisks {
  readonly #cluster: Cluster;
  readonly #changed: ChangedHosts;
  readonly #stepsPerGib: number;
  readonly #hosts: number[][] = Array.from({ length: steps }, () => []);
  readonly #stepOf: Int32Array;
  readonly #placeOf: Int32Array;

  constructor(cluster: Cluster) {
    const hosts = cluster.hosts.length;
    this.#cluster = cluster;
    this.#stepsPerGib = steps / (cluster.diskGib.reduce((most, gib) => Math.max(most, gib), 0) + 1);
    this.#stepOf = new Int32Array(hosts).fill(-1);
    this.#placeOf = new Int32Array(hosts);
    this.#changed = new ChangedHosts(hosts);
    for (let host = 0; host < hosts; host++) this.#changed.add(host);
    cluster.watch((host) => this.#changed.add(host));
  }

  /** Calls `visit` with each host that has less free, whether it is up or not. */
  below(diskGib: number, visit: (host: number) => void): void {
    for (let host = this.#changed.take(); host >= 0; host = this.#changed.take()) this.#update(host);
    const last = this.#step(diskGib);
    for (let step = 0; step <= last; step++) {
      for (const host of this.#hosts[step]!) if (this.#cluster.diskFreeGib[host]! < diskGib) visit(host);
    }
  }

  #step(diskGib: number): number {
    return Math.min(steps - 1, Math.max(0, Math.floor(diskGib * this.#stepsPerGib)));
  }

  #update(host: number): void {
    const step = this.#step(this.#cluster.diskFreeGib[host]!);
    const known = this.#stepOf[host]!;
    if (step === known) return;
    if (known >= 0) {
      const hosts = this.#hosts[known]!;
      const last = hosts.pop()!;
      if (last !== host) {
        hosts[this.#placeOf[host]!] = last;
        this.#placeOf[last] = this.#placeOf[host]!;
      }
    }
    this.#stepOf[host] = step;
    this.#placeOf[host] = this.#hosts[step]!.push(host) - 1;
  }
}
