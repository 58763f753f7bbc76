/** What comes with this package besides its code: where it lies, its version, the page that `npm run build` makes. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from './core/input-error.ts';

/** The package's folder, whether this runs from the sources or from `dist`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** Version of this package. */
export function hepsVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** The page as built, without sources. @throws InputError when it was not built */
export function readBuiltPage(folder = packageRoot()): string {
  const path = join(folder, 'dist', 'viz', 'index.html');
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new InputError(path, "the page, which 'npm run build' makes", undefined);
  }
}
