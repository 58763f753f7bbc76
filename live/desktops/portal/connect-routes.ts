/** Routes that give tokens for one connection: to a desktop, to its files, to a web application in it, to its machine's console. */
import type { AppConnectView, ConnectView, FilesConnectView } from '../../../core/wire/portal.ts';
import { Problem, sendJson } from '../../http/problem.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import { filesOf } from '../connect/file-rights.ts';
import { type TokenServer, tokenLifeS } from '../connect/token-server.ts';
import { imageNamed, stationNamed } from './catalogue-views.ts';
import * as docs from './portal-docs.ts';
import type { PortalParts } from './portal-parts.ts';

export interface ConnectRoutesParts extends PortalParts {
  readonly tokens: TokenServer;
  /** The gateway's origin. */
  readonly gatewayUrl: string;
}

export function connectRoutes(parts: ConnectRoutesParts): Route[] {
  const { requests, access, catalogue, tokens, gatewayUrl } = parts;

  const connect = (kind: 'stream' | 'console') => async (exchange: Exchange) => {
    const session = await access.writer(exchange);
    const wish = { kind, desktop: exchange.parameter, app: null };
    const { token, role, row } = await tokens.mint(session, wish, requests.originOf(exchange));
    const files = kind === 'stream' ? filesOf(stationNamed(catalogue, row), role) : null;
    const view: ConnectView = {
      token,
      streamUrl: `${gatewayUrl.replace(/^http/, 'ws')}/stream`,
      expiresInS: tokenLifeS,
      role,
      title: row.title,
      clipboard: stationNamed(catalogue, row)?.clipboard ?? { mostIn: 0, mostOut: 0 },
      ...(files !== null && { files }),
    };
    sendJson(exchange.response, view);
  };

  async function connectFiles(exchange: Exchange): Promise<void> {
    const session = await access.writer(exchange);
    const wish = { kind: 'files', desktop: exchange.parameter, app: null } as const;
    const { token, row } = await tokens.mint(session, wish, requests.originOf(exchange));
    const view: FilesConnectView = { token, filesUrl: `${gatewayUrl}/files/${row.id}`, expiresInS: tokenLifeS };
    sendJson(exchange.response, view);
  }

  async function connectApp(exchange: Exchange): Promise<void> {
    const session = await access.writer(exchange);
    const [desktop, app] = exchange.parameters as [string, string];
    const { row } = await access.seen(desktop, session);
    const isOffered = imageNamed(catalogue, row)?.apps.some(({ id }) => id === app) ?? false;
    if (!isOffered) throw new Problem(404, 'The desktop has no such application.');
    const { token } = await tokens.mint(session, { kind: 'app', desktop, app }, requests.originOf(exchange));
    const view: AppConnectView = { url: `${gatewayUrl}/apps/start?token=${token}`, expiresInS: tokenLifeS };
    sendJson(exchange.response, view);
  }

  const route = (rest: string, operation: Route['operation'], answer: Route['answer']): Route => ({
    method: 'POST',
    path: `/portal/v1/desktops/{id}/${rest}`,
    roles: null,
    operation,
    answer,
  });
  return [
    route('connect', docs.connectOperation, connect('stream')),
    route('files', docs.connectFilesOperation, connectFiles),
    route('console', docs.consoleOperation, connect('console')),
    route('apps/{app}/connect', docs.connectAppOperation, connectApp),
  ];
}
