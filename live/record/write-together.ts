/** Writes several files of a folder: all of them complete, or none. */
import { closeSync, fsyncSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import { isThere } from '../../files/is-there.ts';
import { linkTarget } from '../../files/link-target.ts';
import { reasonOf } from '../../files/output-error.ts';
import { guardTemporaries, openTemporary } from '../../files/temporary-files.ts';

/**
 * Each is written beside its place and synced; only when all are whole do they take their names.
 *
 * @param texts by file name
 * @param mayReplace whether files of these names may be there already
 * @throws InputError when one is there and may not be replaced, or the folder cannot be written
 */
export function writeTogether(folder: string, texts: Readonly<Record<string, string>>, mayReplace: boolean): void {
  refuseExisting(folder, Object.keys(texts), mayReplace);
  const files = Object.keys(texts).map((name) => linkTarget(join(folder, name)));
  const written: string[] = [];
  const letGo = guardTemporaries(files);
  try {
    mkdirSync(folder, { recursive: true });
    for (const [index, text] of Object.values(texts).entries()) {
      const { path, descriptor } = openTemporary(files[index]!);
      written.push(path);
      try {
        writeFileSync(descriptor, text);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }
    if (mayReplace) for (const path of files) rmSync(path, { force: true }); // an old one beside a new one would mislead
    for (const [index, path] of written.entries()) renameSync(path, files[index]!);
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    throw new InputError(`--out ${folder}`, 'a folder that can be written', reasonOf(error as NodeJS.ErrnoException));
  } finally {
    letGo();
  }
}

/** @throws InputError naming the first that is there */
export function refuseExisting(folder: string, names: readonly string[], mayReplace: boolean): void {
  const found = names.map((name) => join(folder, name)).find(isThere);
  if (found !== undefined && !mayReplace) {
    throw InputError.saying(`${found}: there already; --force replaces it`);
  }
}
