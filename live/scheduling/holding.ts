/** What a server, or a claim for one, holds of a host; and which cards of a host are therefore taken. */
import type { GpuCard } from '../../core/gpu-card.ts';
import type { SrmCard } from '../../core/srm.ts';

/** One card of a claim. */
export interface HeldCard {
  readonly model: string;
  /** PCI address. Which card of the model Nova takes is Nova's choice: until it is read back this is our guess. */
  readonly address: string;
}

/** A server on a host, or a claim that will become one. */
export interface Holding {
  /** Of the request; of the server where others booted it. */
  readonly id: string;
  /** Null while there is no server yet. */
  readonly serverId: string | null;
  readonly host: string;
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
  readonly cards: readonly WantedCards[];
  /**
   * `left-behind`: a place that a server still holds beside the one where it is, as until a resize is confirmed; `orphan`: what Placement has
   * for nobody that Nova knows. Left out for a server, or a claim, where it is.
   */
  readonly kind?: 'left-behind' | 'orphan';
}

/** `count` cards of a model (null: of any), `addresses` first. */
export interface WantedCards {
  readonly model: string | null;
  readonly count: number;
  readonly addresses: readonly string[];
}

/** Cards of a claim, by model. */
export function wantedCards(cards: readonly HeldCard[]): WantedCards[] {
  const models = [...new Set(cards.map(({ model }) => model))];
  return models.map((model) => {
    const addresses = cards.filter((card) => card.model === model).map(({ address }) => address);
    return { model, count: addresses.length, addresses };
  });
}

/**
 * Who has each card of a host, by address. What the host itself says comes first; then each holding takes what it does not have there yet:
 * the cards where it is thought to be, else idle ones of its model, the last first. Cards in use whose holder the host does not
 * know are taken by ''.
 *
 * @param reported null for a host that does not report
 */
export function holdersOf(
  cards: readonly GpuCard[],
  reported: readonly SrmCard[] | null,
  holdings: readonly Holding[],
): Map<string, string> {
  const holders = new Map<string, string>();
  const models = new Map(cards.map(({ address, model }) => [address, model]));
  for (const { address, serverIds, memoryUsedMib, coresUsed } of reported ?? []) {
    if (serverIds.length > 0 || memoryUsedMib > 0 || coresUsed > 0) holders.set(address, serverIds[0] ?? '');
  }
  // A server may hold two places on one host, as while it is resized there: each reported card counts for one of them.
  const counted = new Set<string>();
  const missing = holdings.flatMap(({ id, serverId, cards: wanted }) =>
    wanted.map(({ model, count, addresses }) => {
      let left = count;
      if (serverId !== null) {
        for (const [address, holder] of holders) {
          if (holder !== serverId || counted.has(address) || !suits(models.get(address), model)) continue;
          counted.add(address);
          left--;
        }
      }
      return { holder: serverId ?? id, model, left, addresses };
    }),
  );
  for (const each of missing) {
    for (const address of each.addresses) {
      if (each.left <= 0 || holders.has(address) || !suits(models.get(address), each.model)) continue;
      holders.set(address, each.holder);
      each.left--;
    }
  }
  for (const each of missing) {
    for (let index = cards.length - 1; index >= 0 && each.left > 0; index--) {
      const { address, model } = cards[index]!;
      if (holders.has(address) || !suits(model, each.model)) continue;
      holders.set(address, each.holder);
      each.left--;
    }
  }
  return holders;
}

function suits(model: string | undefined, wanted: string | null): boolean {
  return model !== undefined && (wanted === null || wanted === model);
}
