/**
 * Reads a JSON file of any length. V8's texts end at 512 MiB, so a longer file is taken apart by its braces, brackets and commas, and
 * what they enclose is parsed piece by piece: the same value as of JSON.parse, whatever the layout.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** Pieces that are parsed at once; small enough that text and value of one fit beside the others. */
const usualPieceBytes = 64 * 2 ** 20;
const blockBytes = 2 ** 20;

const [quote, backslash, comma, colon] = [34, 92, 44, 58];
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125];
const isSpace = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** From the first byte to before the last. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** @param pieceBytes longer files are read in pieces of about that many @throws SyntaxError, or the system's error */
export function readJson(path: string, pieceBytes = usualPieceBytes): unknown {
  const descriptor = openSync(path, 'r');
  try {
    const stats = fstatSync(descriptor);
    // A pipe has no length and cannot be read twice.
    if (!stats.isFile() || stats.size <= pieceBytes) return JSON.parse(readFileSync(descriptor, 'utf8'));
    return new PieceReader(descriptor, pieceBytes).valueIn({ start: 0, end: stats.size });
  } finally {
    closeSync(descriptor);
  }
}

class PieceReader {
  readonly #descriptor: number;
  readonly #pieceBytes: number;

  constructor(descriptor: number, pieceBytes: number) {
    this.#descriptor = descriptor;
    this.#pieceBytes = pieceBytes;
  }

  valueIn(range: Range): unknown {
    const { start, end } = this.#trimmed(range);
    if (end - start <= this.#pieceBytes) return JSON.parse(this.#textIn({ start, end }));
    const [first, last] = [this.#byteAt(start), this.#byteAt(end - 1)];
    const inside = this.#trimmed({ start: start + 1, end: end - 1 });
    const isEmpty = inside.start >= inside.end;
    if (first === openBrace && last === closeBrace) return isEmpty ? {} : Object.fromEntries(this.#fieldsIn(inside));
    if (first === openBracket && last === closeBracket) return isEmpty ? [] : this.#itemsIn(inside);
    if (first === openBrace || first === openBracket) throw new SyntaxError('Unexpected end of JSON input');
    return JSON.parse(this.#textIn({ start, end }));
  }

  *#fieldsIn(range: Range): Generator<[string, unknown]> {
    for (const { start, colonAt, end } of this.#partsOf(range)) {
      if (colonAt < 0) throw new SyntaxError(`Expected a colon after byte ${start}`);
      const name: unknown = JSON.parse(this.#textIn({ start, end: colonAt }));
      if (typeof name !== 'string') throw new SyntaxError(`Expected a name at byte ${start}`);
      yield [name, this.valueIn({ start: colonAt + 1, end })];
    }
  }

  /** Items that are next to each other are parsed together. */
  #itemsIn(range: Range): unknown[] {
    const items: unknown[] = [];
    let together: Range | undefined;
    const take = (): void => {
      if (together === undefined) return;
      if (together.end - together.start > this.#pieceBytes) items.push(this.valueIn(together));
      else {
        const parsed = JSON.parse(`[${this.#textIn(together)}]`) as unknown[];
        if (parsed.length === 0) throw new SyntaxError(`Expected a value at byte ${together.start}`);
        for (const item of parsed) items.push(item);
      }
      together = undefined;
    };
    for (const { start, end } of this.#partsOf(range)) {
      if (together !== undefined && end - together.start > this.#pieceBytes) take();
      together = { start: together?.start ?? start, end };
    }
    take();
    return items;
  }

  /** What commas divide, with the place of the colon of a field; -1 where there is none. */
  *#partsOf({ start, end }: Range): Generator<Range & { readonly colonAt: number }> {
    const block = Buffer.allocUnsafe(blockBytes);
    let [partStart, colonAt, depth, isText, isEscaped] = [start, -1, 0, false, false];
    for (let blockStart = start; blockStart < end; ) {
      const length = this.#read(block, blockStart, Math.min(blockBytes, end - blockStart));
      for (let index = 0; index < length; index++) {
        const byte = block[index]!;
        if (isText) {
          if (isEscaped) isEscaped = false;
          else if (byte === backslash) isEscaped = true;
          else if (byte === quote) isText = false;
        } else if (byte === quote) isText = true;
        else if (byte === openBrace || byte === openBracket) depth++;
        else if (byte === closeBrace || byte === closeBracket) depth--;
        else if (depth === 0 && byte === colon && colonAt < 0) colonAt = blockStart + index;
        else if (depth === 0 && byte === comma) {
          yield { start: partStart, colonAt, end: blockStart + index };
          [partStart, colonAt] = [blockStart + index + 1, -1];
        }
      }
      blockStart += length;
    }
    if (isText || depth !== 0) throw new SyntaxError('Unexpected end of JSON input');
    yield { start: partStart, colonAt, end };
  }

  #trimmed({ start, end }: Range): Range {
    while (start < end && isSpace(this.#byteAt(start))) start++;
    while (end > start && isSpace(this.#byteAt(end - 1))) end--;
    return { start, end };
  }

  #byteAt(position: number): number {
    const byte = Buffer.allocUnsafe(1);
    this.#read(byte, position, 1);
    return byte[0]!;
  }

  #textIn({ start, end }: Range): string {
    const bytes = Buffer.allocUnsafeSlow(end - start);
    for (let at = 0; at < bytes.length; ) at += this.#read(bytes.subarray(at), start + at, bytes.length - at);
    return bytes.toString('utf8');
  }

  /** @returns how many bytes, at least 1 @throws SyntaxError where the file has become shorter */
  #read(into: Buffer, position: number, length: number): number {
    const read = readSync(this.#descriptor, into, 0, length, position);
    if (read === 0) throw new SyntaxError('Unexpected end of JSON input');
    return read;
  }
}
