/** A column of texts that repeat: each text once, and per row its place. */
import type { TextColumn } from '../../core/runs/run-file.ts';
import type { ByteWriter } from './byte-writer.ts';
import { NumberColumn } from './number-column.ts';

export class Texts {
  readonly #texts: string[] = [];
  readonly #rows = new NumberColumn();
  readonly #places = new Map<string, number>();
  /** The text that came last: in some columns nearly all are alike. */
  #last: string | undefined;
  #lastPlace = -1;

  get length(): number {
    return this.#rows.length;
  }

  push(text: string): void {
    this.#rows.push(this.#placeOf(text));
  }

  set(row: number, text: string): void {
    this.#rows.set(row, this.#placeOf(text));
  }

  toPlain(): TextColumn {
    return { texts: this.#texts, rows: this.#rows.toPlain() as number[] };
  }

  /** As JSON. */
  writeTo(writer: ByteWriter): void {
    writer.plain('{"texts":[');
    for (const [index, text] of this.#texts.entries()) {
      if (index > 0) writer.comma();
      writer.bytes(Buffer.from(JSON.stringify(text)));
    }
    writer.plain('],"rows":');
    this.#rows.writeTo(writer);
    writer.plain('}');
  }

  #placeOf(text: string): number {
    if (text === this.#last) return this.#lastPlace;
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.#texts.push(text) - 1;
      this.#places.set(text, place);
    }
    this.#last = text;
    this.#lastPlace = place;
    return place;
  }
}
