/** The portal's and the streaming page as `npm run build` makes them, and the headers under which they are sent, by the server as by gateways. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { packageRoot } from '../../package-files.ts';

export interface PageFile {
  readonly body: Buffer;
  /** `text/html; charset=utf-8`. */
  readonly type: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Where they are built. */
export const builtPagesFolder = join(packageRoot(), 'dist', 'portal');

/** `index.html`, `desktop.html`, `assets/…`, all read now; none where they were not built. */
export function readPageFiles(folder = builtPagesFolder): ReadonlyMap<string, PageFile> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => extname(name) in types);
  return new Map(names.map((name) => [name, { body: readFileSync(join(folder, name)), type: types[extname(name)]! }]));
}

/** Rule 7 of the gateway: nothing is kept, framed or told to other pages. */
export const guardedHeaders = {
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** The same and what a page of the portal may do: run and draw what was built, ask its own origin, open streams, and move files. @param streamOrigin the gateway's, `https://…` */
export function portalHeaders(streamOrigin: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    `connect-src 'self' ${streamOrigin.replace(/^http/, 'ws')} ${streamOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    ...guardedHeaders,
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
  };
}
