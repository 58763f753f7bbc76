/** Writes several files of a folder: all of them complete, or none. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../core/input-error.ts';

/**
 * Each is written beside its place and synced; only when all are whole do they take their names.
 *
 * @param texts by file name
 * @param mayReplace whether files of these names may be there already
 * @throws InputError when one is there and may not be replaced, or the folder cannot be written
 */
export function writeTogether(folder: string, texts: Readonly<Record<string, string>>, mayReplace: boolean): void {
  refuseExisting(folder, Object.keys(texts), mayReplace);
  const files = Object.entries(texts).map(([name, text]) => ({ path: join(folder, name), text }));
  try {
    mkdirSync(folder, { recursive: true });
    for (const { path, text } of files) {
      const descriptor = openSync(`${path}.part`, 'w');
      try {
        writeFileSync(descriptor, text);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }
    if (mayReplace) for (const { path } of files) rmSync(path, { force: true }); // an old one beside a new one would mislead
    for (const { path } of files) renameSync(`${path}.part`, path);
  } catch (error) {
    for (const { path } of files) rmSync(`${path}.part`, { force: true });
    throw new InputError(`--out ${folder}`, 'a folder that can be written', (error as NodeJS.ErrnoException).code);
  }
}

/** @throws InputError naming the first that is there */
export function refuseExisting(folder: string, names: readonly string[], mayReplace: boolean): void {
  const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined && !mayReplace) {
    throw InputError.saying(`${found}: there already; --force replaces it`);
  }
}
