/** The pages of `dist/portal`, as portal and gateway send them. */
import type { ServerResponse } from 'node:http';
import { withTitle } from '../../live/desktops/portal/portal-pages.ts';
import { portalHeaders, readPageFiles } from '../../live/http/page-files.ts';

const files = readPageFiles();

/** @param gatewayUrl where streams may come from */
export function sendPage(response: ServerResponse, name: string, gatewayUrl: string): void {
  if (files.size === 0) throw new Error('the pages are missing: npm run build');
  const file = files.get(name);
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { ...portalHeaders(gatewayUrl), 'Content-Type': file.type });
  response.end(name === 'index.html' ? withTitle(file.body, 'HEPS virtual cloud desktops') : file.body);
}
