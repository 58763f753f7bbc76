/** How much of each host belongs to each station, project or flavor, at a moment. */
import type { Categories } from './categories.ts';
import type { MomentReader } from './moment.ts';
import type { Run } from './run.ts';

/** How much of each host belongs to each of `count` categories; row `host * count + category`. */
export interface HostMix {
  readonly count: number;
  readonly vcpus: Float64Array;
  readonly ramMib: Float64Array;
  /** Category of each held card; of idle ones it means nothing. */
  readonly cards: Uint8Array;
}

/** Fills a mix for the moment that the reader is at; `into` is used again when it has the right size. */
export function mixOf(run: Run, reader: MomentReader, { names, ofRow }: Categories, into: HostMix | null): HostMix {
  const hosts = run.cluster.specs.length;
  const count = names.length;
  const mix =
    into !== null && into.vcpus.length === hosts * count
      ? into
      : {
          count,
          vcpus: new Float64Array(hosts * count),
          ramMib: new Float64Array(hosts * count),
          cards: new Uint8Array(run.cluster.cardHealthy.length),
        };
  mix.vcpus.fill(0);
  mix.ramMib.fill(0);
  const { host, vcpus, ramMib } = run.placements!;
  const { rows, length } = reader.running;
  for (let index = 0; index < length; index++) {
    const row = rows[index]!;
    const place = host[row]! * count + ofRow[row]!;
    mix.vcpus[place]! += vcpus[row]!;
    mix.ramMib[place]! += ramMib[row]!;
  }
  const { cardHolder } = reader.moment;
  for (let card = 0; card < cardHolder.length; card++) {
    if (cardHolder[card]! >= 0) mix.cards[card] = ofRow[cardHolder[card]!]!;
  }
  return mix;
}
