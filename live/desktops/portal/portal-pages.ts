/** The portal's pages, below `/portal/`. */
import { join } from 'node:path';
import { InputError } from '../../../core/input-error.ts';
import { builtPagesFolder, type PageFile } from '../../http/page-files.ts';
import type { Route } from '../../http/routes.ts';
import * as docs from './portal-docs.ts';

/** @throws InputError when the pages were not built */
export function pageRoutes(files: ReadonlyMap<string, PageFile>, title: string): Route[] {
  for (const needed of ['index.html', 'desktop.html']) {
    if (files.has(needed)) continue;
    throw new InputError(join(builtPagesFolder, needed), "the portal's page, which 'npm run build' makes", undefined);
  }
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

/** The page with the operator's title. */
export function withTitle(page: Buffer, title: string): Buffer {
  const text = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return Buffer.from(page.toString('utf8').replace(/<title>[^<]*<\/title>/, () => `<title>${text}</title>`));
}
