/** A file that appears under its name when it is complete, or not at all. */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError } from '../core/input-error.ts';
import { linkTarget } from './link-target.ts';
import { OutputError, reasonOf } from './output-error.ts';
import { guardTemporaries, openTemporary } from './temporary-files.ts';

const bufferLength = 1 << 16;
/** Descriptors that are open already; a socket among them could not be opened by its name. */
const openDescriptors: Readonly<Record<string, number>> = { '-': 1, '/dev/stdout': 1, '/dev/stderr': 2 };

/** Where what is written goes. */
interface Destination {
  readonly descriptor: number;
  /** The file that becomes `target` when it is complete; null where bytes go to their reader as they come. */
  readonly temporary: { readonly path: string; readonly target: string } | null;
}

/**
 * What is written goes to a file beside `path`, which takes its name at `finish` and is removed at `discard`. A link is followed. What is
 * no plain file (a pipe, a device) is written to as it is, and so is standard output, `-`.
 */
export class OutputFile {
  readonly #path: string;
  readonly #destination: Destination;
  readonly #letGo: () => void;
  #buffer = '';
  #isOpen = true;

  /**
   * @param mode of a new file, less what umask takes; one that is replaced keeps its mode and its owner. Defaults to 0666
   * @throws InputError when the file cannot be made there, or a folder is there
   */
  constructor(path: string, mode = 0o666) {
    this.#path = path;
    try {
      this.#destination = destinationOf(path, mode);
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError(path, 'a place that can be written', reasonOf(error as NodeJS.ErrnoException));
    }
    const { temporary } = this.#destination;
    this.#letGo = temporary === null ? () => {} : guardTemporaries([temporary.target]);
  }

  /** Bytes are written at once, and may be changed afterwards. @throws OutputError when they do not all fit */
  write(content: string | Uint8Array): void {
    if (typeof content === 'string') {
      this.#buffer += content;
      if (this.#buffer.length >= bufferLength) this.#flush();
    } else {
      this.#flush();
      this.#writeAll(content);
    }
  }

  /** @throws OutputError when the file could not be made whole; nothing of it is left then */
  finish(): void {
    this.#flush();
    const { descriptor, temporary } = this.#destination;
    try {
      if (temporary !== null) fsyncSync(descriptor);
      this.#close();
      if (temporary !== null) renameSync(temporary.path, temporary.target);
    } catch (error) {
      this.discard();
      throw new OutputError(this.#path, error as NodeJS.ErrnoException);
    }
  }

  discard(): void {
    this.#close();
    const { temporary } = this.#destination;
    if (temporary !== null) rmSync(temporary.path, { force: true });
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#letGo();
    if (openDescriptors[this.#path] === undefined) closeSync(this.#destination.descriptor);
  }

  #flush(): void {
    if (this.#buffer === '') return;
    const bytes = Buffer.from(this.#buffer);
    this.#buffer = '';
    this.#writeAll(bytes);
  }

  /** The system may take a part of what it is given, and says so only in the count. */
  #writeAll(bytes: Uint8Array): void {
    const { descriptor } = this.#destination;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSome(descriptor, bytes, at);
    } catch (error) {
      this.discard();
      throw new OutputError(this.#path, error as NodeJS.ErrnoException);
    }
  }
}

/** @returns bytes written; 0 where the reader of a pipe is behind, after a moment */
function writeSome(descriptor: number, bytes: Uint8Array, at: number): number {
  try {
    return writeSync(descriptor, bytes, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}

/** @throws the system's error, or InputError where a folder is */
function destinationOf(path: string, mode: number): Destination {
  const open = openDescriptors[path];
  if (open !== undefined) return { descriptor: open, temporary: null };
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw new InputError(path, 'the name of a file', 'a folder');
  // What /dev/fd/3 and the like lead to has been opened by somebody else, and stays where it is.
  const isSpecial = there !== undefined && (!there.isFile() || /^\/(?:dev\/fd|proc)\//.test(resolve(path)));
  if (isSpecial) return { descriptor: openSync(path, 'w'), temporary: null };
  const target = linkTarget(path);
  mkdirSync(dirname(target), { recursive: true });
  const { path: temporary, descriptor } = openTemporary(target, mode);
  if (there !== undefined) keepAccess(descriptor, there);
  return { descriptor, temporary: { path: temporary, target } };
}

/** Gives the file the owner, as far as this process may, and the mode of the one that it replaces. */
function keepAccess(descriptor: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
  fchmodSync(descriptor, mode & 0o777);
}

/** A whole file at once. @param mode of a new file @throws InputError when it cannot be made there @throws OutputError when it does not fit */
export function writeOutput(path: string, content: string | Uint8Array, mode?: number): void {
  const file = new OutputFile(path, mode);
  file.write(content);
  file.finish();
}
