/** The bytes of a file, gunzipped on the way when its name ends in `.gz`: in chunks, or in blocks of whole lines. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError } from '../core/input-error.ts';

/** A row longer than this has a quote that was never closed; bounds the memory that such a file takes. */
export const largestRowBytes = 1024 * 1024;

/** The bytes of a file, gunzipped when its name ends in `.gz`, in chunks of 64 KiB. */
export async function* readChunks(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  // The callback only keeps pipeline quiet: its error also ends the loop below.
  const stream = path.endsWith('.gz') ? pipeline(file, createGunzip({ chunkSize: 64 * 1024 }), () => {}) : file;
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * The same bytes in blocks of whole lines. The last block may end without a line end, and so may one of a line so long that csv-parse
 * must say what is wrong with it. A block is overwritten when the next one is asked for: memory of a new buffer each time would
 * be given back late, by the garbage collector.
 *
 * @param blockBytes how much is read at a time
 */
export async function* readLineBlocks(path: string, blockBytes: number): AsyncGenerator<Buffer> {
  const source = path.endsWith('.gz') ? packedSource(path) : await plainSource(path);
  let buffer = Buffer.allocUnsafeSlow(blockBytes);
  let length = 0;
  try {
    for (;;) {
      const read = await source.read(buffer, length).catch((error) => {
        throw unreadable(path, error);
      });
      if (read === 0) break;
      length += read;
      const end = buffer.subarray(0, length).lastIndexOf('\n') + 1;
      if (end > 0) {
        yield buffer.subarray(0, end);
        buffer.copyWithin(0, end, length);
        length -= end;
      } else if (length > largestRowBytes / 2) {
        yield buffer.subarray(0, length);
        length = 0;
      } else if (length === buffer.length) {
        buffer = Buffer.concat([buffer], 2 * length);
      }
    }
    if (length > 0) yield buffer.subarray(0, length);
  } finally {
    await source.close();
  }
}

/** Where bytes come from. */
interface ByteSource {
  /** Reads into the buffer from `at` on. @returns how many bytes; 0 at the end */
  read(into: Buffer, at: number): Promise<number>;
  close(): Promise<unknown>;
}

async function plainSource(path: string): Promise<ByteSource> {
  const file = await open(path).catch((error) => {
    throw unreadable(path, error);
  });
  return {
    read: async (into, at) => (await file.read(into, at, into.length - at)).bytesRead,
    close: () => file.close(),
  };
}

function packedSource(path: string): ByteSource {
  const chunks = pipeline(createReadStream(path), createGunzip({ chunkSize: 64 * 1024 }), () => {})[
    Symbol.asyncIterator
  ]() as AsyncIterator<Buffer>;
  let chunk: Buffer = Buffer.alloc(0);
  return {
    async read(into, at) {
      if (chunk.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return 0;
        chunk = next.value;
      }
      const copied = chunk.copy(into, at);
      chunk = chunk.subarray(copied);
      return copied;
    },
    close: async () => chunks.return?.(),
  };
}

/** What an error in reading says of the file. */
function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  if (String(error.code).startsWith('Z_')) return new InputError(path, 'a gzip file', error.code);
  return new InputError(path, 'a readable file', error.code === 'ENOENT' ? undefined : error.code);
}
