/** Bytes that come in pieces, read in counts: for the handshakes. */

/** A handshake is far smaller; a peer that sends more before it is asked is not one. */
const mostBytes = 65_536;

export class ByteSource {
  #bytes: Buffer = Buffer.alloc(0);
  #error: Error | null = null;
  #waiting: { readonly count: number; resolve(bytes: Buffer): void; reject(error: Error): void } | null = null;

  /** Takes the next piece, which is copied. */
  push(piece: Buffer): void {
    if (this.#bytes.length + piece.length > mostBytes) {
      this.fail(new Error('more bytes than a handshake has'));
      return;
    }
    this.#bytes = Buffer.concat([this.#bytes, piece]);
    this.#serve();
  }

  /** Nothing more comes. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#waiting?.reject(this.#error);
    this.#waiting = null;
  }

  /** One at a time. @throws what `fail` was given */
  read(count: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { count, resolve, reject };
      this.#serve();
      if (this.#waiting === null || this.#error === null) return;
      this.#waiting = null;
      reject(this.#error);
    });
  }

  /** What has come and was not read. */
  rest(): Buffer {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }

  #serve(): void {
    if (this.#waiting === null || this.#bytes.length < this.#waiting.count) return;
    const { count, resolve } = this.#waiting;
    this.#waiting = null;
    const bytes = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    resolve(bytes);
  }
}
