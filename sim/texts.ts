/** A TextColumn that grows: each text once, and per row its place. */
import type { TextColumn } from '../core/run-file.ts';

export class Texts implements TextColumn {
  readonly texts: string[] = [];
  readonly rows: number[] = [];
  readonly #places = new Map<string, number>();
  /** The text that came last: in some columns nearly all are alike. */
  #last: string | undefined;
  #lastPlace = -1;

  push(text: string): void {
    this.rows.push(this.#placeOf(text));
  }

  set(row: number, text: string): void {
    this.rows[row] = this.#placeOf(text);
  }

  #placeOf(text: string): number {
    if (text === this.#last) return this.#lastPlace;
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.texts.push(text) - 1;
      this.#places.set(text, place);
    }
    this.#last = text;
    this.#lastPlace = place;
    return place;
  }
}
