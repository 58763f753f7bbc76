/** The pages of `dist/portal`, with the headers that portal and gateway send. */
import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';

const folder = join(import.meta.dirname, '../../dist/portal');
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @param gatewayUrl where streams may come from */
export function sendPage(response: ServerResponse, name: string, gatewayUrl: string): void {
  if (!existsSync(folder)) throw new Error(`${folder} is missing: npm run build`);
  const path = join(folder, normalize(`/${name}`));
  if (!existsSync(path)) {
    response.writeHead(404).end();
    return;
  }
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    `connect-src 'self' ${gatewayUrl.replace('http:', 'ws:')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  response.writeHead(200, {
    'content-type': types[extname(path)] ?? 'application/octet-stream',
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  });
  // The real server puts the operator's title there.
  const title = '<title>HEPS virtual cloud desktops</title>';
  const content = readFileSync(path);
  response.end(name === 'index.html' ? content.toString('utf8').replace(/<title>.*<\/title>/, title) : content);
}
