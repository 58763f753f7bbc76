/**
 * Files that are being written, beside the place that they will take. Each writer has a name of its own, so that two that write one file
 * never mix their bytes: the later one to finish replaces the earlier one's whole file. What an interrupted process leaves is removed:
 * by the process itself at SIGINT, SIGTERM and SIGHUP, and after SIGKILL by the next process that writes into the folder.
 */
import { openSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { linkTarget } from './link-target.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Names this process among those that may share the folder, also from other computers. */
const ownTag = `${hostname().replace(/[^\w-]/g, '_')}-${process.pid}`;
const isTemporary = /\.([\w-]+)-(\d+)-\d+\.part$/;

/** Paths whose temporary files this process removes when it is interrupted; how often each is in use. */
const guarded = new Map<string, number>();
const sweptFolders = new Set<string>();
let opened = 0;

/** Opens a new file beside `target`. @param mode less what umask takes @throws the system's error */
export function openTemporary(target: string, mode = 0o666): { readonly path: string; readonly descriptor: number } {
  sweep(dirname(target));
  for (;;) {
    const path = `${target}.${ownTag}-${opened++}.part`;
    try {
      return { path, descriptor: openSync(path, 'wx', mode) };
    } catch (error) {
      // A process of this number was here before, or another thread of this one is.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * Until the function returned is called, an interrupted process removes the temporary files of these paths, whichever of its threads
 * opened them, and ends as the signal would have ended it.
 */
export function guardTemporaries(paths: readonly string[]): () => void {
  // Signals come to the main thread alone, which guards what its threads write.
  if (!isMainThread) return () => {};
  // Temporary files lie beside what links lead to.
  const targets = paths.map(linkTarget);
  if (guarded.size === 0) for (const signal of signals) process.on(signal, onSignal);
  for (const target of targets) guarded.set(target, (guarded.get(target) ?? 0) + 1);
  return () => {
    for (const target of targets) {
      const uses = guarded.get(target) ?? 0;
      if (uses <= 1) guarded.delete(target);
      else guarded.set(target, uses - 1);
    }
    if (guarded.size === 0) for (const signal of signals) process.off(signal, onSignal);
  };
}

/** The name of the file that a temporary one is to become; undefined where the name is of none. */
export function targetNameOf(name: string): string | undefined {
  return isTemporary.test(name) ? name.replace(isTemporary, '') : undefined;
}

function onSignal(signal: NodeJS.Signals): void {
  for (const target of guarded.keys()) removeOwn(target);
  for (const each of signals) process.off(each, onSignal);
  // Other listeners, such as a server that shuts down in order, carry on.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function removeOwn(target: string): void {
  const own = `${basename(target)}.${ownTag}-`;
  for (const name of namesIn(dirname(target))) {
    if (name.startsWith(own) && name.endsWith('.part')) rmSync(join(dirname(target), name), { force: true });
  }
}

/** Removes what killed processes of this computer left in a folder; once a process. */
function sweep(folder: string): void {
  if (sweptFolders.has(folder)) return;
  sweptFolders.add(folder);
  for (const name of namesIn(folder)) {
    const [, host, pid] = isTemporary.exec(name) ?? [];
    if (host !== undefined && `${host}-${process.pid}` === ownTag && !isAlive(Number(pid))) {
      rmSync(join(folder, name), { force: true });
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // A folder that may be written but not listed, or is gone: there is nothing that this process could remove.
    if (['EACCES', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
