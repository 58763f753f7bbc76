/** The portal's pages as `npm run build` makes them, and the headers of everything below `/portal/`. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { InputError } from '../../../core/input-error.ts';
import { packageRoot } from '../../../package-files.ts';
import type { Route } from '../../http/routes.ts';
import * as docs from './portal-docs.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** Routes of the pages; all files are read now. @throws InputError when the page was not built */
export function pageRoutes(title: string, folder = join(packageRoot(), 'dist', 'portal')): Route[] {
  const files = builtFiles(folder);
  const routes = [...files].map(([name, { body, type }]): Route => {
    const isIndex = name === 'index.html';
    const content = isIndex ? withTitle(body, title) : body;
    return {
      method: 'GET',
      path: isIndex ? '/portal/' : `/portal/${name}`,
      roles: null,
      operation: docs.pageOperation(name, type),
      answer({ response }) {
        response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.length });
        response.end(content);
      },
    };
  });
  const toPortal: Route = {
    method: 'GET',
    path: '/portal',
    roles: null,
    operation: docs.pageOperation('portal', 'text/html'),
    answer: ({ response }) => void response.writeHead(308, { Location: '/portal/' }).end(),
  };
  return [toPortal, ...routes];
}

/** Headers of everything below `/portal/`, of pages and answers alike. @param gatewayUrl the gateway's origin */
export function portalHeaders(gatewayUrl: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    `connect-src 'self' ${gatewayUrl.replace(/^http/, 'ws')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}

function builtFiles(folder: string): Map<string, { readonly body: Buffer; readonly type: string }> {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    names = [];
  }
  for (const needed of ['index.html', 'desktop.html']) {
    if (names.includes(needed)) continue;
    throw new InputError(join(folder, needed), "the portal's page, which 'npm run build' makes", undefined);
  }
  const known = names.filter((name) => types[extname(name)] !== undefined);
  return new Map(
    known.map((name) => [
      name.replaceAll('\\', '/'),
      { body: readFileSync(join(folder, name)), type: types[extname(name)]! },
    ]),
  );
}

function withTitle(page: Buffer, title: string): Buffer {
  const text = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return Buffer.from(page.toString('utf8').replace(/<title>[^<]*<\/title>/, () => `<title>${text}</title>`));
}
