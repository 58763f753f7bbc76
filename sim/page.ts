/** The page that `npm run build` makes, in one file, with what it shall open written into it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { InputError } from '../core/input-error.ts';
import { packageRoot } from './presets.ts';

/** A run that the page opens: fetched from `url`, or in the page itself, in the element with the id `embedded`. */
export type PageRun = { readonly name: string } & ({ readonly url: string } | { readonly embedded: string });

/** What the page opens by itself; read there by `viz/load/sources.ts`. */
export interface PageSources {
  readonly runs: readonly PageRun[];
  /** Address of the stream of a live cloud; null where there is none. */
  readonly live: string | null;
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

/**
 * The page with its sources replaced.
 *
 * A `<` in them is written `\u003c`, so that no name can end the element.
 */
export function withSources(page: string, sources: PageSources): string {
  const json = JSON.stringify(sources).replaceAll('<', '\\u003c');
  const element = /(<script\b[^>]*\bid="heps-sources"[^>]*>)[^<]*(?=<\/script>)/;
  if (!element.test(page)) throw new Error('the page has no element #heps-sources');
  return page.replace(element, (_, opening: string) => opening + json);
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
