/** Lists of card numbers, each kept once: with a list a VM, those of the VMs that run grew old and had to be collected. */

/** Larger card numbers have no bit of their own in a small integer. */
const most = 30;
const noCards: readonly number[] = [];

export class CardLists {
  /** By the sum of 2^card. */
  readonly #lists = new Map<number, readonly number[]>();

  /** A list equal to `cards`, which are ascending: the first one that came. */
  same(cards: readonly number[]): readonly number[] {
    if (cards.length === 0) return noCards;
    let bits = 0;
    for (const card of cards) {
      if (card >= most) return cards;
      bits |= 1 << card;
    }
    let known = this.#lists.get(bits);
    if (known === undefined) {
      known = cards;
      this.#lists.set(bits, known);
    }
    return known;
  }
}
