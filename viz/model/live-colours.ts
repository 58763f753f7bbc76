/** Colours of a live cloud by station, project or flavor: categories keep their colours while the colouring is chosen. */
import type { LiveState } from '../../core/wire/live-state.ts';
import type { LiveVm } from '../../core/wire/live-stream.ts';
import type { Colouring } from '../page/page-state.ts';
import { mostColours, projectOf } from './categories.ts';
import type { HostMix } from './mix.ts';

/** Values with a colour of their own; the last colour is for all others, since nobody knows what else will come. */
const mostOwn = mostColours - 1;

export class LiveColours {
  /** In order of their colours; those that hold most vCPUs at the start come first, later ones where there is room. */
  readonly names: string[] = [];
  readonly mix: HostMix;
  readonly #state: LiveState;
  readonly #colour: Colouring;
  readonly #places = new Map<string, number>();

  /**
   * @param colour station, project or flavor
   * @param before the names of the connection before, whose colours stay
   */
  constructor(state: LiveState, colour: Colouring, before: readonly string[] = []) {
    this.#state = state;
    this.#colour = colour;
    const { specs, cardHealthy } = state.cluster;
    const count = mostColours;
    this.mix = {
      count,
      vcpus: new Float64Array(specs.length * count),
      ramMib: new Float64Array(specs.length * count),
      cards: new Uint8Array(cardHealthy.length),
    };
    for (const value of before.slice(0, mostOwn)) this.#placeOf(value);
    const vcpus = new Map<string, number>();
    for (const vm of state.vms.values()) {
      const value = this.#valueOf(vm);
      vcpus.set(value, (vcpus.get(value) ?? 0) + vm.vcpus);
    }
    for (const [value] of [...vcpus].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) this.#placeOf(value);
    for (let host = 0; host < specs.length; host++) this.#addUp(host);
  }

  /** Adds up again what has changed: the state's `changedHosts`. */
  refresh(): void {
    for (const host of this.#state.changedHosts) this.#addUp(host);
  }

  #addUp(host: number): void {
    const { cluster, vmsOn } = this.#state;
    const { count, vcpus, ramMib, cards } = this.mix;
    vcpus.fill(0, host * count, (host + 1) * count);
    ramMib.fill(0, host * count, (host + 1) * count);
    for (const vm of vmsOn[host]!) {
      const place = this.#placeOf(this.#valueOf(vm));
      vcpus[host * count + place]! += vm.vcpus;
      ramMib[host * count + place]! += vm.ramMib;
      for (const card of vm.cards) cards[cluster.cardStart[host]! + card] = place;
    }
  }

  #valueOf({ station, user, flavor }: LiveVm): string {
    if (this.#colour === 'project') return projectOf(user) || 'none';
    return (this.#colour === 'station' ? station : flavor) || 'none';
  }

  #placeOf(value: string): number {
    let place = this.#places.get(value);
    if (place === undefined) {
      place = Math.min(this.#places.size, mostOwn);
      this.#places.set(value, place);
      if (place < mostOwn) this.names.push(value);
      else this.names[mostOwn] = 'all others';
    }
    return place;
  }
}
