/** The streams of a real server in this process, and one subscriber that takes them and a simulation alike. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { firstValueFrom, type Observable, type Subscription } from 'rxjs';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { CloudEvent } from '../../../core/events.ts';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken } from '../../../live/access/tokens.ts';
import type { Configuration } from '../../../live/server/configuration.ts';
import { type LiveServer, startLiveServer } from '../../../live/server/server.ts';
import { openStores } from '../../../live/server/stores.ts';
import { watchCloud$ } from '../../../live/watch/watch-cloud.ts';
import { watchSrm$ } from '../../../live/watch/watch-srm.ts';
import { events$ } from '../../../sim/streams/events.ts';
import { card, hostSpec, small } from '../../core/build.ts';
import { vm } from '../../sim/build.ts';
import { reportOf, temporaryFolder } from '../srm/build.ts';
import { agentTokens, put } from '../srm/server-process.ts';

const { path, remove } = temporaryFolder();
const configuration: Configuration = {
  listen: { address: '127.0.0.1', port: 0 },
  tls: null,
  database: { kind: 'sqlite', file: join(path, 'heps.db') },
  srm: { intervalS: 10, auditReportsForH: 6 },
  scheduling: null,
  mirror: null,
  keepForD: { requests: 90, comparisons: 90, audit: 400 },
  keystone: null,
  desktops: null,
  log: { level: 'error' },
};
const log = pino({ level: 'silent' });
const reader = makeToken();
const hosts = ['gpu-01', 'gpu-02'] as const;
let agents: Map<string, string>;
let server: LiveServer;

beforeAll(async () => {
  server = await startLiveServer(configuration, log);
  const store = await openStores(configuration.database);
  await store.tokens.addToken(hashOf(reader), 'reader', null, 0);
  agents = await agentTokens(store, hosts);
  await store.close();
  await report('gpu-01', 1, ['server-a', '']);
  await report('gpu-02', 1, ['', '']);
});
afterAll(async () => {
  await server.stop();
  remove();
});

async function report(host: string, sequence: number, holders: string[], healthy = true): Promise<void> {
  const response = await put(
    server.url,
    agents.get(host)!,
    reportOf(host, sequence, { holders, healthy }),
    sequence - 1,
  );
  expect(response.status).toBe(200);
}

/** Keeps what a stream tells. */
function listen<T>(stream: Observable<T>): { readonly events: T[]; readonly subscription: Subscription } {
  const events: T[] = [];
  const subscription = stream.subscribe((event) => events.push(event));
  onTestFinished(() => subscription.unsubscribe());
  return { events, subscription };
}

const ofLine = (event: CloudEvent): string => {
  switch (event.kind) {
    case 'bound':
      return `${event.vm} on ${event.host}${event.from === null ? '' : ` from ${event.from}`}, cards ${event.cards.join(' ')}`;
    case 'ended':
      return `${event.vm} ${event.outcome}`;
    case 'fault':
      return `${event.host} ${event.card} ${event.isUp ? 'back' : 'fails'}`;
    default:
      return event.kind;
  }
};

test('a watcher hears of the VMs that are there, of what is bound, moves, fails and ends', async () => {
  const { events } = listen(watchCloud$(server.url, reader));
  await expect.poll(() => events.map(ofLine)).toEqual(['server-a on gpu-01, cards 0']);
  await report('gpu-02', 2, ['server-b', '']);
  await report('gpu-01', 2, ['', 'server-a']);
  await expect.poll(() => events.length, { timeout: 5000 }).toBe(3);
  expect(events.slice(1).map(ofLine).sort()).toEqual([
    'server-a on gpu-01 from gpu-01, cards 1',
    'server-b on gpu-02, cards 0',
  ]);
  await report('gpu-02', 3, ['', ''], false);
  await expect
    .poll(() => events.slice(3).map(ofLine), { timeout: 5000 })
    .toEqual(['server-b gone', 'gpu-02 0 fails', 'gpu-02 1 fails']);
});

test('a watcher of records has that of each host, then each that says something new', async () => {
  const { events } = listen(watchSrm$(server.url, reader));
  await expect.poll(() => events.map(({ host }) => host).sort()).toEqual(['gpu-01', 'gpu-02']);
  await report('gpu-01', 3, ['', 'server-a']); // as before: nothing new
  await report('gpu-01', 4, ['', '']);
  await expect.poll(() => events.length, { timeout: 5000 }).toBe(3);
  expect(events[2]).toMatchObject({ kind: 'srm', host: 'gpu-01', record: { sequence: 4, vcpusUsed: 8 } });
});

test('a server that restarts is found again: the watcher hears what happened meanwhile, and no VM twice', async () => {
  await report('gpu-01', 5, ['server-c', 'server-d']);
  const port = Number(new URL(server.url).port);
  const lost: string[] = [];
  const options = { firstWaitS: 0.05, onLost: ({ message }: Error) => void lost.push(message) };
  const { events } = listen(watchCloud$(server.url, reader, options));
  await expect.poll(() => events.length, { timeout: 5000 }).toBe(4); // two VMs and the failed cards of gpu-02
  await server.stop();
  server = await startLiveServer({ ...configuration, listen: { address: '127.0.0.1', port } }, log);
  await report('gpu-01', 6, ['server-c', '']);
  await expect.poll(() => events.slice(4).map(ofLine), { timeout: 15_000 }).toEqual(['server-d gone']);
  expect(lost.length).toBeGreaterThan(0);
});

test('a refused token ends a watch at once, with what the server says', async () => {
  const refused = firstValueFrom(watchCloud$(server.url, makeToken()));
  await expect(refused).rejects.toThrow(/events: answered 401 \(the token is not known, or was revoked\)/);
  const forbidden = firstValueFrom(watchSrm$(server.url, agents.get('gpu-01')!));
  await expect(forbidden).rejects.toThrow(/answered 403 \(expected a token of the role reader/);
});

test('an address where no such server is ends a watch at once', async () => {
  const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await new Promise((listening) => other.once('listening', listening));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  await expect(firstValueFrom(watchCloud$(url, reader))).rejects.toThrow('expected a stream of a heps live server');
});

/** Cards held, by host: knows nothing of where events come from. */
class HeldCards {
  readonly held = new Map<string, number>();
  readonly #cardsOf = new Map<string, { host: string; cards: number }>();

  take(event: CloudEvent): void {
    if (event.kind === 'bound') {
      this.#release(event.vm);
      this.#cardsOf.set(event.vm, { host: event.host, cards: event.cards.length });
      this.#add(event.host, event.cards.length);
    } else if (event.kind === 'ended') this.#release(event.vm);
  }

  #release(vm: string): void {
    const known = this.#cardsOf.get(vm);
    if (known === undefined) return;
    this.#cardsOf.delete(vm);
    this.#add(known.host, -known.cards);
  }

  #add(host: string, cards: number): void {
    this.held.set(host, (this.held.get(host) ?? 0) + cards);
  }
}

test('one subscriber adds up a simulation and a live cloud alike', async () => {
  const live = new HeldCards();
  const watching = watchCloud$(server.url, reader).subscribe((event) => live.take(event));
  onTestFinished(() => watching.unsubscribe());
  await report('gpu-01', 7, ['server-c', 'server-e']);
  await expect.poll(() => live.held.get('gpu-01'), { timeout: 5000 }).toBe(2);
  await report('gpu-01', 8, ['', 'server-e']);
  await expect.poll(() => live.held.get('gpu-01'), { timeout: 5000 }).toBe(1);

  const simulated = new HeldCards();
  const most: number[] = [];
  const cluster = [hostSpec({ vcpus: 8, ramMib: 65_536, cards: [card(small), card(small)] }, 0)];
  const workload = [vm('a', 0, 10, { cards: 1 }), vm('b', 5, 10, { cards: 1 })];
  await new Promise<void>((complete, error) => {
    events$({ cluster, workload }).subscribe({
      next: (event) => {
        simulated.take(event);
        if (event.kind === 'bound' || event.kind === 'ended') most.push(simulated.held.get(event.host)!);
      },
      complete,
      error,
    });
  });
  expect(most).toEqual([1, 2, 1, 0]);
});
