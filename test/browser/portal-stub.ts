/** A portal in memory for browser tests: the shapes of core/wire/portal.ts, the headers of the real one, and a gateway beside it. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  AuditView,
  ClipboardPolicy,
  ConnectView,
  DesktopApplication,
  DesktopRole,
  DesktopView,
  LoginWays,
  PersonView,
  StationView,
  UsageView,
} from '../../core/wire/portal.ts';
import { sendPage } from './built-pages.ts';
import { GatewayStub } from './gateway-stub.ts';
import { desktopView } from './portal-samples.ts';

/** A problem that the stub answers instead. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
}

interface Ask {
  readonly method: string;
  /** Below `/portal/v1/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly person: PersonView | null;
}

interface Reply {
  readonly status: number;
  readonly value: unknown;
  readonly cookie?: string;
}

export class PortalStub {
  login: LoginWays = { local: true, unified: null };
  readonly people = new Map<string, PersonView>();
  stations: StationView[] = [];
  desktops: DesktopView[] = [];
  usage: UsageView = {
    desktops: 0,
    mostDesktops: 3,
    cards: 0,
    mostCards: 2,
    cardHours: 41.5,
    mostCardHours: 200,
    windowDays: 30,
  };
  audit: AuditView[] = [];
  clipboard: ClipboardPolicy = { mostIn: 1000, mostOut: 1000 };
  /** By `METHOD path`: answered instead of what would be. */
  readonly refusals = new Map<string, Refusal>();
  /** Everything that was asked, such as `POST desktops/…/restart`. */
  readonly asked: string[] = [];
  readonly gateway = new GatewayStub();
  readonly #sessions = new Map<string, string>();
  readonly #listeners = new Map<ServerResponse, string>();
  readonly #portal: Server;

  constructor() {
    this.#portal = createServer((request, response) => void this.#answer(request, response));
  }

  async start(): Promise<void> {
    await this.gateway.start();
    this.#portal.listen(0, '127.0.0.1');
    await once(this.#portal, 'listening');
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    this.#portal.close();
    this.#portal.closeAllConnections();
    await once(this.#portal, 'close');
  }

  /** Of the portal's page. */
  get url(): string {
    return `http://127.0.0.1:${(this.#portal.address() as AddressInfo).port}/portal/`;
  }

  /** Changes a desktop, and tells all listeners. */
  change(id: string, fields: Partial<DesktopView>): void {
    this.desktops = this.desktops.map((desktop) => (desktop.id === id ? { ...desktop, ...fields } : desktop));
    this.tell();
  }

  tell(): void {
    for (const [listener, name] of this.#listeners) listener.write(this.#desktopsEvent(name));
  }

  /** All sessions end, as when an administrator restarts the portal. */
  forgetSessions(): void {
    this.#sessions.clear();
    for (const listener of this.#listeners.keys()) listener.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    if (!url.pathname.startsWith('/portal/v1/')) {
      sendPage(response, url.pathname.slice('/portal/'.length) || 'index.html', this.gateway.url);
      return;
    }
    let text = '';
    for await (const chunk of request) text += chunk;
    const method = request.method ?? 'GET';
    const path = url.pathname.slice('/portal/v1/'.length);
    if (method !== 'GET') {
      const isOwn =
        request.headers.origin === new URL(this.url).origin && request.headers['content-type'] === 'application/json';
      if (!isOwn) {
        send(response, refusal(403, 'Not from the portal.'));
        return;
      }
      this.asked.push(`${method} ${path}`);
    }
    const name = this.#sessions.get(/heps-session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
    const person = name === undefined ? null : (this.people.get(name) ?? null);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const refused = this.refusals.get(`${method} ${path}`);
    if (refused !== undefined) send(response, refusal(refused.status, refused.detail));
    else if (path === 'events' && person !== null) this.#listen(person.name, response);
    else send(response, this.#route({ method, path, query: url.searchParams, body, person }));
  }

  #route(ask: Ask): Reply {
    const { method, path, person } = ask;
    if (method === 'POST' && path === 'session') return this.#logIn(ask);
    if (person === null) {
      return reply(401, { status: 401, detail: 'You are not logged in.', login: this.login });
    }
    const name = `${method} ${path.split('/')[0]}`;
    if (name === 'GET session') return reply(200, person);
    if (name === 'DELETE session') {
      this.#sessions.clear();
      return reply(204, undefined);
    }
    if (name === 'GET stations') return reply(200, { stations: this.stations });
    if (name === 'GET usage') return reply(200, this.usage);
    if (path.startsWith('admin/')) return this.#administer(ask);
    if (name === 'POST desktops' && path === 'desktops') return this.#apply(ask);
    if (name.endsWith('desktops')) return this.#desktop(ask);
    return refusal(404, `No ${path} here.`);
  }

  #logIn({ body }: Ask): Reply {
    const { name, password } = body as { name: string; password: string };
    const person = this.people.get(name);
    if (person === undefined || password !== 'secret') {
      return refusal(403, 'That name and password do not belong together.');
    }
    const session = randomUUID();
    this.#sessions.set(session, name);
    return { ...reply(200, person), cookie: `heps-session=${session}; HttpOnly; SameSite=Strict; Path=/` };
  }

  #apply({ body, person }: Ask): Reply {
    const application = body as DesktopApplication;
    const station = this.stations.find(({ id }) => id === application.station)!;
    const image = station.images.find(({ id }) => id === application.image)!;
    const desktop = desktopView({
      title: application.title ?? `${image.title} ${this.desktops.length + 1}`,
      owner: person!.name,
      station: station.id,
      stationTitle: station.title,
      image: image.id,
      imageTitle: image.title,
      system: image.system,
      size: application.size ?? station.size,
      gpu: application.gpu ?? station.gpu,
      apps: image.apps,
      state: 'waiting',
      createdAtS: Date.now() / 1000,
      readyAtS: null,
      endsAtS: null,
      latestEndAtS: null,
      host: null,
      cardModels: [],
    });
    this.desktops = [...this.desktops, desktop];
    this.tell();
    return reply(202, desktop);
  }

  #desktop({ method, path, body, person }: Ask): Reply {
    const [, id = '', action = '', detail = ''] = path.split('/').map(decodeURIComponent);
    const seen = action === 'console' && person!.isAdmin ? this.desktops : this.#visibleTo(person!.name);
    const desktop = seen.find((each) => each.id === id);
    if (desktop === undefined) return refusal(404, 'There is no such desktop, or it is not yours.');
    if (method === 'GET') return reply(200, desktop);
    if (method === 'DELETE' && action === '') this.desktops = this.desktops.filter((each) => each.id !== id);
    if (action === 'shares') {
      if (!this.people.has(detail)) return refusal(404, `Nobody here is called ${detail}.`);
      const others = desktop.shares.filter((share) => share.person !== detail);
      const role = (body as { role: 'control' | 'view' } | undefined)?.role;
      this.change(id, { shares: role === undefined ? others : [...others, { person: detail, role }] });
    }
    if (action === 'connect' || action === 'console') return reply(200, this.#connectView(desktop));
    if (action === 'apps') {
      return reply(200, { url: `${this.gateway.url}/apps/${detail}`, expiresInS: 30 });
    }
    if (action === 'extend') {
      this.change(id, { endsAtS: Date.now() / 1000 + (body as { lifetimeS: number }).lifetimeS, warning: null });
    }
    if (action === 'stop') this.change(id, { state: 'stopped' });
    if (action === 'start' || action === 'restart') this.change(id, { state: 'starting' });
    this.tell();
    const after = this.desktops.find((each) => each.id === id);
    return reply(after === undefined || action === 'shares' ? 204 : 200, after);
  }

  #administer({ method, path, query, person }: Ask): Reply {
    if (!person!.isAdmin) return refusal(403, 'That is for administrators.');
    const [, what, id = '', action = ''] = path.split('/').map(decodeURIComponent);
    if (what === 'audit' || what === 'audit.csv') {
      const [desktop, who] = [query.get('desktop'), query.get('person')];
      const rows = this.audit.filter(
        (row) => (desktop === null || row.desktop === desktop) && (who === null || row.person === who),
      );
      return reply(200, { rows });
    }
    if (method === 'GET') {
      const [search, state] = [query.get('search') ?? '', query.get('state')];
      const found = this.desktops.filter(
        (each) =>
          (state === null || each.state === state) &&
          `${each.title} ${each.owner} ${each.stationTitle} ${each.host}`.toLowerCase().includes(search.toLowerCase()),
      );
      return reply(200, { desktops: found });
    }
    if (action === 'stop') this.change(id, { state: 'stopped' });
    else this.desktops = this.desktops.filter((each) => each.id !== id);
    this.tell();
    return reply(204, undefined);
  }

  #connectView(desktop: DesktopView): ConnectView {
    return {
      token: this.gateway.mint(),
      streamUrl: `${this.gateway.url.replace('http:', 'ws:')}/stream`,
      expiresInS: 30,
      role: desktop.role,
      title: desktop.title,
      clipboard: this.clipboard,
    };
  }

  #visibleTo(name: string): DesktopView[] {
    return this.desktops.flatMap((desktop) => {
      const role = desktop.shares.find(({ person }) => person === name)?.role;
      const own: DesktopRole | undefined = desktop.owner === name ? 'owner' : role;
      return own === undefined ? [] : [{ ...desktop, role: own, host: own === 'owner' ? desktop.host : null }];
    });
  }

  #listen(name: string, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(this.#desktopsEvent(name));
    this.#listeners.set(response, name);
    response.on('close', () => this.#listeners.delete(response));
  }

  #desktopsEvent(name: string): string {
    return `event: desktops\ndata: ${JSON.stringify({ desktops: this.#visibleTo(name) })}\n\n`;
  }
}

function send(response: ServerResponse, { status, value, cookie }: Reply): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(status, cookie === undefined ? headers : { ...headers, 'set-cookie': cookie });
  response.end(status === 204 ? '' : JSON.stringify(value));
}

function reply(status: number, value: unknown): Reply {
  return { status, value };
}

function refusal(status: number, detail: string): Reply {
  return reply(status, { status, title: 'Refused', detail });
}
