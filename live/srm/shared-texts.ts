/** One text in memory for all who have the same: the hosts of a cloud are of few kinds, and each kind has one inventory. */

/** Texts that are remembered; the oldest is forgotten, and from then on no longer shared with newcomers. */
const mostRemembered = 1_000;

export class SharedTexts {
  readonly #texts = new Map<string, string>();

  /** @returns an equal text, the same for all who ask */
  share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= mostRemembered) this.#texts.delete(this.#texts.keys().next().value!);
    this.#texts.set(text, text);
    return text;
  }
}
