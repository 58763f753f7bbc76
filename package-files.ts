/** What comes with this package besides its code: where it lies, its version, the page that `npm run build` makes. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
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

/** Hex digest of the code that simulates: where it is the same, the same inputs give the same results. */
export function simulatorSha256(): string {
  const self = fileURLToPath(import.meta.url);
  const hash = createHash('sha256').update(hepsVersion());
  for (const part of ['core', 'files', 'policy-modules', 'sim', 'traces']) {
    const folder = join(dirname(self), part);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((each) => extname(each) === extname(self)).sort()) {
      hash.update(name).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}

/** The page as built, without sources. @throws InputError when it was not built */
export function readBuiltPage(folder = packageRoot()): string {
  const path = join(folder, 'dist', 'viz', 'index.html');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw InputError.unreadable(path, "the page, which 'npm run build' makes", error as NodeJS.ErrnoException);
  }
}

/**
 * The streamer of desktops in one file, which `npm run build` makes; null when it was not built, and unless HEPS_DESKTOP_STREAM=1 asks for it: the
 * clipboard has been seen to fail behind it in Chromium.
 */
export function streamerFile(): string | null {
  if (process.env.HEPS_DESKTOP_STREAM !== '1') return null;
  const path = join(packageRoot(), 'dist', 'desktop', 'heps-desktop-stream.mjs');
  return existsSync(path) ? path : null;
}
