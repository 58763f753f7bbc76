/** Run files as parts of the page that `npm run build` makes in one file. */
import { gzipSync } from 'node:zlib';

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
