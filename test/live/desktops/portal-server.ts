/** The portal over real HTTP on loopback, on a real clock, with machines in memory; its pages are two small files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { People } from '../../../live/desktops/accounts/people.ts';
import type { Person } from '../../../live/desktops/accounts/person.ts';
import type { Catalogue } from '../../../live/desktops/catalogue/catalogue.ts';
import { noLimits } from '../../../live/desktops/catalogue/limits.ts';
import { AddressCheck } from '../../../live/desktops/connect/address-check.ts';
import { type DesktopService, openDesktopService } from '../../../live/desktops/desktop-service.ts';
import type { DesktopSettings } from '../../../live/desktops/settings.ts';
import { requestListener } from '../../../live/http/request-listener.ts';
import { TokenCheck } from '../../../live/http/token-check.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';
import { wallClock } from '../../../live/wall-clock.ts';
import { freePort } from '../../free-port.ts';
import { temporaryFolder } from '../srm/build.ts';
import { b7, personNamed } from './harness.ts';
import { MemoryMachines } from './machines/memory-machines.ts';

export const password = 'correct horse';

export interface PortalOptions {
  readonly settings?: Partial<DesktopSettings>;
  readonly catalogue?: Partial<Catalogue>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  readonly body: any;
}

export class PortalServer {
  readonly origin: string;
  readonly database: Stores;
  readonly people: People;
  readonly machines = new MemoryMachines();
  readonly register = new Registry();
  readonly log: string[] = [];
  readonly #server: Server;
  readonly #service: DesktopService;
  readonly #remove: () => void;

  private constructor(
    origin: string,
    database: Stores,
    remove: () => void,
    options: PortalOptions,
    folder: string,
    gatewayPort: number,
  ) {
    this.origin = origin;
    this.database = database;
    this.#remove = remove;
    this.people = new People(database.database);
    const log = pino({ level: 'debug' }, { write: (line: string) => void this.log.push(line) });
    const settings: DesktopSettings = {
      stationsFile: '',
      machines: 'openstack',
      localFolder: '',
      publicUrl: origin,
      title: 'Desktops of <HEPS>',
      networks: ['10.20.0.0/16'],
      allowLoopback: true,
      vmNetworks: 'none',
      limits: noLimits,
      windowDays: 30,
      connectionIdleS: null,
      startLimitS: 600,
      accounts: { kind: 'local', oidc: null, adminGroups: [], idleS: 3600, longestS: 36_000 },
      mail: null,
      ...options.settings,
    };
    const gateway = {
      address: '127.0.0.1',
      port: gatewayPort,
      publicUrl: `http://127.0.0.1:${gatewayPort}`,
      tls: null,
      trustedProxies: [],
      consoleHosts: [],
      mostOpen: 100,
    };
    this.#service = openDesktopService({
      settings: { ...settings, gateway },
      catalogue: { stations: [b7], groupLimits: new Map(), ...options.catalogue },
      database: database.database,
      isShared: false,
      machines: this.machines,
      addresses: new AddressCheck({ ...settings, controlPlane: [] }),
      clock: wallClock,
      log,
      register: this.register,
      pagesFolder: folder,
    });
    const { routes, headersOf } = this.#service;
    const tokens = new TokenCheck(database.tokens);
    this.#server = createServer(requestListener({ routes, tokens, onAnswer: () => {}, log, headersOf }));
  }

  static async start(options: PortalOptions = {}): Promise<PortalServer> {
    const { path, remove } = temporaryFolder();
    const folder = join(path, 'portal');
    mkdirSync(join(folder, 'assets'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), '<title>Portal</title>');
    writeFileSync(join(folder, 'desktop.html'), '<title>Desktop</title>');
    writeFileSync(join(folder, 'assets', 'main-1a.js'), 'export {};');
    const database = await openStores({ kind: 'sqlite', file: join(path, 'heps.db') });
    const [port, gatewayPort] = [await freePort(), await freePort()];
    const origin = `http://127.0.0.1:${port}`;
    const started = new PortalServer(origin, database, remove, options, folder, gatewayPort);
    await new Promise<void>((resolve) => started.#server.listen(port, '127.0.0.1', resolve));
    await started.#service.start();
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const { cookie = '', body, headers = {} } = options;
    const isWrite = method !== 'GET';
    const response = await fetch(`${this.origin}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(cookie !== '' && { cookie }),
        ...(isWrite && { origin: this.origin, 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  async account(name: string, more: Partial<Person> = {}): Promise<void> {
    await this.people.add({ ...personNamed(name, more), uid: null, gid: null }, password, wallClock.nowS);
  }

  /** An account that is logged in. @returns its cookie */
  async person(name: string, more: Partial<Person> = {}): Promise<string> {
    await this.account(name, more);
    return await this.logIn(name);
  }

  async logIn(name: string): Promise<string> {
    const { status, headers } = await this.ask('POST', '/portal/v1/session', { body: { name, password } });
    if (status !== 200) throw new Error(`logging in was answered with ${status}`);
    return headers.get('set-cookie')!.split(';')[0]!;
  }

  async ready(cookie: string): Promise<string> {
    const { body } = await this.ask('POST', '/portal/v1/desktops', {
      cookie,
      body: { station: 'b7', image: 'imaging' },
    });
    await this.until(async () => (await this.show(cookie, body.id)).state === 'ready');
    return body.id as string;
  }

  async show(cookie: string, id: string) {
    return (await this.ask('GET', `/portal/v1/desktops/${id}`, { cookie })).body;
  }

  async until(isTrue: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
    const endMs = performance.now() + limitMs;
    while (!(await isTrue())) {
      if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${this.log.slice(-20).join('')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    await this.#service.stop();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.database.close();
    this.#remove();
  }
}

export interface AskOptions {
  readonly cookie?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
