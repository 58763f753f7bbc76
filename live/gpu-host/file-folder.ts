/** Writes generated files into a folder of their own. */
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import { writeOutput } from '../../files/output-file.ts';
import { targetNameOf } from '../../files/temporary-files.ts';
import type { GeneratedFile } from './passthrough-files.ts';

/** What became of each file. */
export interface WrittenFile {
  readonly path: string;
  readonly change: 'written' | 'overwritten' | 'unchanged';
}

/**
 * Writes the files below `folder`, which it makes. Each appears complete or not at all.
 *
 * @throws InputError, before anything is written, when the folder has something else in it or cannot be made; OutputError when one
 * does not fit
 */
export function writeFiles(folder: string, files: readonly GeneratedFile[]): WrittenFile[] {
  const other = strangerIn(
    folder,
    '',
    files.map(({ path }) => path),
  );
  if (other !== undefined) throw new InputError(folder, 'an empty folder, or one with only the files of before', other);
  return files.map(({ path, text }) => {
    const file = join(folder, path);
    const before = readOrNull(file);
    if (before === text) return { path, change: 'unchanged' };
    writeOutput(file, text);
    return { path, change: before === null ? 'written' : 'overwritten' };
  });
}

/**
 * The first thing that is neither one of the known files nor on the way to one. Enters no folder beyond these, and follows no link:
 * the folder may be anything, even `/`.
 *
 * @param below path of the folder to read, from `folder`
 */
function strangerIn(folder: string, below: string, known: readonly string[]): string | undefined {
  for (const entry of entriesOf(join(folder, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (!entry.isDirectory()) {
      // What a killed process has left is on the way to one of them.
      if (!known.includes(targetNameOf(path) ?? path)) return path;
      continue;
    }
    if (!known.some((file) => file.startsWith(`${path}/`))) return path;
    const deeper = strangerIn(folder, path, known);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
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
