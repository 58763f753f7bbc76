/**
 * What comes through a pipe (`/dev/stdin`, `<(zcat x.gz)`, a FIFO), kept so that it can be read again: a run reads its inputs to recognise
 * them, to find typical requests, for their digest, and once per seed.
 */
import { closeSync, createReadStream, openSync, rmSync, type Stats, write } from 'node:fs';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { InputError } from '../core/input-error.ts';

/** Threads that start later get what is under this name: descriptors of copies by path. Descriptors belong to the whole process. */
const name = 'heps piped files';
const writeBytes = promisify(write);

/** Copies under way. */
const copies = new Map<string, Promise<number>>();

/**
 * Descriptor of a copy of what came through the pipe at `path`, to be read from 0 and never closed; undefined where it is no pipe. A pipe
 * is read once in a process, whatever comes through it later; the copy is in no folder, so that it goes when the process ends.
 *
 * @throws NodeJS.ErrnoException where there is nothing to read; InputError where there is no room for the copy
 */
export async function pipedFile(path: string): Promise<number | undefined> {
  const known = keptFiles().get(path);
  if (known !== undefined) return known;
  const stats = await stat(path);
  if (!stats.isFIFO() && !stats.isSocket() && !stats.isCharacterDevice()) return undefined;
  let copy = copies.get(path);
  if (copy === undefined) {
    copy = copied(path, stats);
    copies.set(path, copy);
  }
  const descriptor = await copy;
  setEnvironmentData(name, new Map([...keptFiles(), [path, descriptor]]));
  return descriptor;
}

function keptFiles(): ReadonlyMap<string, number> {
  const kept: unknown = getEnvironmentData(name);
  return kept instanceof Map ? kept : new Map();
}

async function copied(path: string, stats: Stats): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'heps-pipe-'));
  let descriptor: number;
  try {
    descriptor = openSync(join(folder, 'copy'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
  try {
    for await (const chunk of sourceOf(path, stats) as AsyncIterable<Buffer>) {
      for (let rest = chunk; rest.length > 0; ) {
        const { bytesWritten } = await writeBytes(descriptor, rest);
        rest = rest.subarray(bytesWritten);
      }
    }
  } catch (error) {
    closeSync(descriptor);
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw new InputError(path, `room in ${tmpdir()} for what comes through this pipe`, code);
  }
  return descriptor;
}

/** A socket, as standard input is under some programs, cannot be opened by its name. */
function sourceOf(path: string, stats: Stats): Readable {
  return stats.isSocket() && ['/dev/stdin', '/dev/fd/0'].includes(path) ? process.stdin : createReadStream(path);
}
