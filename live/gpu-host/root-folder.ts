/** The option `--root`: which host's files are read. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../../core/input-error.ts';

/** The folder as an absolute path. @throws InputError when there is none */
export function existingRoot(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder) throw new InputError('--root', 'a folder', path);
  return resolve(path);
}
