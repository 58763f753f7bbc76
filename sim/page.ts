/** The page that `npm run build` makes, in one file, and run files as parts of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { InputError } from '../core/input-error.ts';
import { packageRoot } from './presets.ts';

/** The page as built, without sources. @throws InputError when it was not built */
export function readBuiltPage(folder = packageRoot()): string {
  const path = join(folder, 'dist', 'viz', 'index.html');
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new InputError(path, "the page, which 'npm run build' makes", undefined);
  }
}

/** A run file as an element of the page: base64 of gzip, about a third of the file's size. Its bytes depend on the file alone. */
export function embeddedRun(id: string, file: Uint8Array): string {
  return `<script id="${id}" type="application/gzip;base64">${gzipSync(file, { level: 9 }).toString('base64')}</script>\n`;
}

/** The page in two parts, between which embedded runs go. The last `</body>` is meant: the page's script may speak of one. */
export function splitAtBodyEnd(page: string): [head: string, tail: string] {
  const at = page.lastIndexOf('</body>');
  if (at < 0) throw new Error('the page has no </body>');
  return [page.slice(0, at), page.slice(at)];
}
