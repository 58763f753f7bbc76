/** Writes generated files into a folder of their own. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import type { GeneratedFile } from './passthrough-files.ts';

/** What became of each file. */
export interface WrittenFile {
  readonly path: string;
  readonly change: 'written' | 'overwritten' | 'unchanged';
}

/**
 * Writes the files below `folder`, which it makes. Each appears complete or not at all.
 *
 * @throws InputError, before anything is written, when the folder has something else in it or cannot be made
 */
export function writeFiles(folder: string, files: readonly GeneratedFile[]): WrittenFile[] {
  const known = new Set(files.flatMap(({ path }) => [path, `${path}.part`]));
  const other = contentOf(folder).find((path) => !known.has(path));
  if (other !== undefined) throw new InputError(folder, 'an empty folder, or one with only the files of before', other);
  return files.map(({ path, text }) => {
    const file = join(folder, path);
    const before = readOrNull(file);
    if (before === text) return { path, change: 'unchanged' };
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.part`, text);
      renameSync(`${file}.part`, file);
    } catch (error) {
      throw new InputError(file, 'a place that can be written', (error as NodeJS.ErrnoException).code);
    }
    return { path, change: before === null ? 'written' : 'overwritten' };
  });
}

/** Paths of all that is no folder below it. */
function contentOf(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new InputError(folder, 'a folder', code);
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
