/** The streaming page as `npm run build` makes it, for a gateway that serves it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { packageRoot } from '../../package-files.ts';
import type { PageFile } from './answers.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** `desktop.html` and what lies in `assets`, all read beforehand. @returns null where the page was not built */
export function readBuiltPages(
  folder = join(packageRoot(), 'dist', 'portal'),
): ((path: string) => PageFile | null) | null {
  if (!existsSync(join(folder, 'desktop.html'))) return null;
  const assets = join(folder, 'assets');
  const names = existsSync(assets) ? readdirSync(assets).map((name) => `assets/${name}`) : [];
  const files = ['desktop.html', ...names]
    .filter((name) => types[extname(name)] !== undefined)
    .map((name): [string, PageFile] => [name, { body: readFileSync(join(folder, name)), type: types[extname(name)]! }]);
  const byName = new Map(files);
  return (path) => byName.get(path) ?? null;
}
