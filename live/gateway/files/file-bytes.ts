/** Bytes of files as streams: many pieces under way at a time, in order, and no more of them in memory than that. */
import type { FileSession } from './file-session.ts';
import { pieceBytes, piecesUnderWay } from './file-session.ts';
import type { Handle } from './sftp.ts';

/** The file became shorter while it was read. */
export class FileShrank extends Error {
  override readonly name = 'FileShrank';
}

/** The bytes from one place up to another, in order. @throws FileShrank, SftpError, SftpGone */
export async function* readBytes(
  session: FileSession,
  handle: Handle,
  fromByte: number,
  toByte: number,
): AsyncGenerator<Buffer> {
  const underWay: Promise<readonly Buffer[]>[] = [];
  let asked = fromByte;
  try {
    while (asked < toByte || underWay.length > 0) {
      while (asked < toByte && underWay.length < piecesUnderWay) {
        const length = Math.min(pieceBytes, toByte - asked);
        const piece = wholePiece(session, handle, asked, length);
        piece.catch(() => undefined); // seen when it is its turn
        underWay.push(piece);
        asked += length;
      }
      const pieces = await underWay.shift()!;
      session.noteUse();
      yield* pieces;
    }
  } finally {
    // Answers to a file that is closed would be errors.
    await Promise.allSettled(underWay);
  }
}

/** A machine may answer with less than was asked for. */
async function wholePiece(session: FileSession, handle: Handle, offset: number, length: number): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for (let got = 0; got < length; ) {
    const part = await session.sftp.read(handle, offset + got, length - got);
    if (part === null || part.length === 0) throw new FileShrank(`the file ends at ${offset + got}`);
    parts.push(part);
    got += part.length;
  }
  return parts;
}

/** Writes at growing places. */
export class FileWriter {
  readonly #session: FileSession;
  readonly #handle: Handle;
  readonly #underWay: { readonly bytes: number; readonly done: Promise<void> }[] = [];
  #bytesUnderWay = 0;
  #offset: number;
  #written: number;
  #failure: { readonly error: unknown } | null = null;

  constructor(session: FileSession, handle: Handle, offset: number) {
    this.#session = session;
    this.#handle = handle;
    this.#offset = offset;
    this.#written = offset;
  }

  /** Where the next byte goes. */
  get offset(): number {
    return this.#offset;
  }

  /** Up to where all is on the machine; beyond it there may be pieces that were written after one that failed. */
  get written(): number {
    return this.#written;
  }

  /** Resolves when there is room for more. @throws what the first write met that failed */
  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      const done = this.#session.sftp.write(this.#handle, this.#offset, piece);
      done.catch(() => undefined); // seen by who waits for it
      this.#underWay.push({ bytes: piece.length, done });
      this.#bytesUnderWay += piece.length;
      this.#offset += piece.length;
      while (this.#bytesUnderWay > pieceBytes * piecesUnderWay) await this.#oldest();
      if (this.#failure !== null) throw this.#failure.error;
    }
    this.#session.noteUse();
  }

  /** Resolves when all of it is on the machine. @throws what the first write met that failed, when none is under way any more */
  async settle(): Promise<void> {
    while (this.#underWay.length > 0) await this.#oldest();
    if (this.#failure !== null) throw this.#failure.error;
  }

  async #oldest(): Promise<void> {
    const { bytes, done } = this.#underWay.shift()!;
    this.#bytesUnderWay -= bytes;
    try {
      await done;
      if (this.#failure === null) this.#written += bytes;
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}
