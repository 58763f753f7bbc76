/** The bytes of a file, gunzipped on the way where they are gzip's: in chunks, or in blocks of whole lines. */
import { close, open, read } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { InputError } from '../core/input-error.ts';
import { pipedFile } from './piped-files.ts';

/** A row longer than this has a quote that was never closed; bounds the memory that such a file takes. */
export const largestRowBytes = 1024 * 1024;

const openFile = promisify(open);
const closeFile = promisify(close);
const readFile = promisify(read);

/** First bytes of files that are none of ours, and what they are. */
const foreign: readonly (readonly [string, string])[] = [
  ['504b0304', 'a zip file; unzip it first'],
  ['fd377a585a00', 'an xz file; unpack it first'],
  ['425a68', 'a bzip2 file; unpack it first'],
  ['28b52ffd', 'a zstd file; unpack it first'],
  ['50415231', 'a Parquet file; write it as CSV first'],
  ['fffe', 'UTF-16; save it as UTF-8 first'],
  ['feff', 'UTF-16; save it as UTF-8 first'],
];
const mostMagicBytes = 6;
const chunkBytes = 64 * 1024;

/** The bytes of a file as they lie there, in chunks of 64 KiB. @throws InputError */
export async function* readRawChunks(path: string): AsyncGenerator<Buffer> {
  yield* saying(path, async () => chunksOf(await opened(path)));
}

/** The bytes of a file, gunzipped where they are gzip's whatever its name, in chunks of 64 KiB. @throws InputError */
export async function* readChunks(path: string): AsyncGenerator<Buffer> {
  yield* saying(path, async () => {
    const file = await openedText(path);
    return file.isPacked ? gunzipped(file) : chunksOf(file);
  });
}

/** The whole text of a file, gunzipped where it is gzip's; UTF-8, byte order mark taken off. For small files. @throws InputError */
export async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(path)) chunks.push(chunk);
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/**
 * The bytes of a file, gunzipped where they are gzip's, in blocks of whole lines. The last block may end without a line end, and so may
 * one of a line so long that csv-parse must say what is wrong with it. A block is overwritten when the next one is asked for: memory of a
 * new buffer each time would be given back late, by the garbage collector.
 *
 * @param blockBytes how much is read at a time
 * @throws InputError
 */
export async function* readLineBlocks(path: string, blockBytes: number): AsyncGenerator<Buffer> {
  const source = await byteSource(path).catch((error) => {
    throw unreadable(path, error);
  });
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

/** A file to be read from its beginning. */
interface OpenFile {
  readonly descriptor: number;
  /** It is what came through a pipe, which others read as well: it stays open. */
  readonly isKept: boolean;
}

async function opened(path: string): Promise<OpenFile> {
  const piped = await pipedFile(path);
  return piped === undefined
    ? { descriptor: await openFile(path, 'r'), isKept: false }
    : { descriptor: piped, isKept: true };
}

/** Opens a file that should be text, and says whether it is packed. @throws InputError where it is of a kind that is not read */
async function openedText(path: string): Promise<OpenFile & { readonly isPacked: boolean }> {
  const file = await opened(path);
  try {
    const { buffer, bytesRead } = await readFile(file.descriptor, Buffer.alloc(mostMagicBytes), 0, mostMagicBytes, 0);
    const start = buffer.subarray(0, bytesRead).toString('hex');
    const kind = foreign.find(([magic]) => start.startsWith(magic))?.[1];
    if (kind !== undefined) throw InputError.saying(`${path}: expected text, plain or packed by gzip, got ${kind}`);
    return { ...file, isPacked: start.startsWith('1f8b') };
  } catch (error) {
    if (!file.isKept) await closeFile(file.descriptor);
    throw error;
  }
}

/** No stream of Node's own: those close their file when they are destroyed, be it kept or not. */
async function* chunksOf({ descriptor, isKept }: OpenFile): AsyncGenerator<Buffer> {
  try {
    for (let position = 0; ; ) {
      const { buffer, bytesRead } = await readFile(descriptor, Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    if (!isKept) await closeFile(descriptor);
  }
}

function gunzipped(file: OpenFile): AsyncIterable<Buffer> {
  // The callback only keeps pipeline quiet: its error also ends the reader's loop.
  return pipeline(
    Readable.from(chunksOf(file), { objectMode: false }),
    createGunzip({ chunkSize: chunkBytes }),
    () => {},
  );
}

/** Names the file in what goes wrong. */
async function* saying(path: string, start: () => Promise<AsyncIterable<Buffer>>): AsyncGenerator<Buffer> {
  try {
    yield* await start();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Where bytes come from. */
interface ByteSource {
  /** Reads into the buffer from `at` on. @returns how many bytes; 0 at the end */
  read(into: Buffer, at: number): Promise<number>;
  close(): Promise<unknown>;
}

async function byteSource(path: string): Promise<ByteSource> {
  const file = await openedText(path);
  return file.isPacked ? packedSource(file) : plainSource(file);
}

function plainSource({ descriptor, isKept }: OpenFile): ByteSource {
  let position = 0;
  return {
    async read(into, at) {
      const { bytesRead } = await readFile(descriptor, into, at, into.length - at, position);
      position += bytesRead;
      return bytesRead;
    },
    close: async () => (isKept ? undefined : closeFile(descriptor)),
  };
}

function packedSource(file: OpenFile): ByteSource {
  const chunks = gunzipped(file)[Symbol.asyncIterator]();
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
