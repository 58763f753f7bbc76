/** Kills `heps live serve` at random instants while servers are booted and removed, and says what came of it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelNamed } from '../../../core/card-catalogue.ts';
import { RequestStore } from '../../../live/scheduling/request-store.ts';
import type { RequestView } from '../../../live/scheduling/request-view.ts';
import { Store } from '../../../live/srm/store.ts';
import { hashOf, makeToken } from '../../../live/srm/tokens.ts';
import type { MemoryHost, MemoryServer } from '../memory-cloud/cloud-state.ts';
import type { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { agentTokens, put, type ServerProcess, startServerProcess } from '../srm/server-process.ts';
import { reportOfHost } from './harness.ts';

export interface KillOptions {
  readonly kills: number;
  readonly folder: string;
  readonly cloud: MemoryCloud;
  readonly hosts: readonly MemoryHost[];
  /** People who boot and remove, one server after the other each. */
  readonly users: number;
  readonly random: () => number;
}

export interface KillReport {
  readonly kills: number;
  /** Requests that were answered with an id. */
  readonly acknowledged: number;
  /** Requests whose server ran at some time. */
  readonly ran: number;
  /** What should not be, one line each. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly wronglyPlaced: readonly string[];
  readonly leaked: readonly string[];
}

const bodies = [
  { size: { vcpus: 2, ramMib: 4096, diskGib: 10 } },
  { size: { vcpus: 4, ramMib: 8192, diskGib: 10 }, gpu: { count: 1, memoryMib: 40_000 } },
  { size: { vcpus: 4, ramMib: 8192, diskGib: 10 }, gpu: { count: 1 } },
  { size: { vcpus: 8, ramMib: 16_384, diskGib: 10 }, gpu: { count: 2, models: ['T4'] } },
];

export async function runKills({ kills, folder, cloud, hosts, users, random }: KillOptions): Promise<KillReport> {
  const database = { file: `${folder}/heps.db` };
  const port = await freePort();
  const more = {
    srm: { intervalS: 3600 },
    scheduling: { mode: 'act', createGraceS: 0.6, reconcileIntervalS: 1, pollIntervalS: 0.05, buildLimitS: 60 },
  };
  const start = (): Promise<ServerProcess> =>
    startServerProcess(folder, database, { port, more, environment: cloud.environment(folder) });
  const store = await Store.open({ kind: 'sqlite', file: database.file });
  const token = makeToken();
  await store.addToken(hashOf(token), 'scheduler', null, 0);
  const gpuHosts = hosts.filter(({ cards }) => cards.length > 0);
  const agents = await agentTokens(
    store,
    gpuHosts.map(({ name }) => name),
  );
  let server = await start();
  for (const host of gpuHosts) {
    const answer = await put(server.url, agents.get(host.name)!, reportOfHost(host, 1), 0);
    if (answer.status !== 200) throw new Error(`a report was not taken: ${await answer.text()}`);
  }

  const acknowledged = new Map<string, object>();
  const ran = new Set<string>();
  const wronglyPlaced: string[] = [];
  const doubled: string[] = [];
  let isOver = false;
  /** Again until it is answered: that is what a key is for. */
  async function ask(
    method: string,
    path: string,
    body?: object,
    key = '',
  ): Promise<{ status: number; body: RequestView }> {
    for (;;) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(5000),
        });
        const answer = (await response.json()) as RequestView;
        if (response.status < 500) return { status: response.status, body: answer };
      } catch {
        // The process was killed: ask its successor.
      }
      await sleep(20);
    }
  }

  function checkPlace(view: RequestView, asked: { gpu?: { count: number; memoryMib?: number } }): void {
    const mine = cloud.alive.filter(({ metadata }) => metadata['heps:request'] === view.id);
    if (mine.length !== 1) {
      // One that was removed since the answer is no error; a second one is.
      if (mine.length > 1) doubled.push(`${view.id} has ${mine.length} servers while it is active`);
      return;
    }
    const [at] = mine as [MemoryServer];
    const isThere = at.host === view.host && at.id === view.serverId;
    const addresses = view.cards.map(({ address }) => address).sort();
    const hasCards = JSON.stringify(addresses) === JSON.stringify([...at.cards].sort());
    const least = asked.gpu?.memoryMib ?? 0;
    const suits = view.cards.every(({ model }) => modelNamed(model)!.memoryMib >= least);
    if (!isThere || !hasCards || !suits || view.cards.length !== (asked.gpu?.count ?? 0)) {
      wronglyPlaced.push(
        `${view.id}: ${JSON.stringify({ view: view.cards, host: view.host, at: at.cards, on: at.host })}`,
      );
    }
  }

  async function user(number: number): Promise<void> {
    for (let turn = 0; !isOver; turn++) {
      const body = bodies[Math.floor(random() * bodies.length)]!;
      const key = `${number}-${turn}`;
      const { status, body: first } = await ask('POST', '/v1/servers', { name: key, image: 'tiny', ...body }, key);
      if (status === 409) {
        await sleep(20);
        continue;
      }
      acknowledged.set(first.id, body);
      let view = first;
      while (!['active', 'failed', 'deleted'].includes(view.state)) {
        await sleep(30);
        view = (await ask('GET', `/v1/servers/${first.id}`)).body;
      }
      if (view.state === 'active') {
        ran.add(view.id);
        checkPlace(view, body);
      }
      await sleep(random() * 300);
      // Some stay to the end.
      if (random() < 0.9) await ask('DELETE', `/v1/servers/${first.id}`);
    }
  }
  const working = Array.from({ length: users }, (_, number) => user(number));

  for (let kill = 0; kill < kills; kill++) {
    await sleep(random() * 700);
    await server.end('SIGKILL');
    server = await start();
    const violations = cloud.state.violations();
    if (violations.length > 0) wronglyPlaced.push(...violations);
  }
  isOver = true;
  await Promise.all(working);

  // All that is under way comes to its end; strays are removed at the next look at the cloud.
  const requests = new RequestStore(store.database);
  const lost: string[] = [];
  const endMs = performance.now() + 20_000;
  const isSettled = async (): Promise<boolean> =>
    (await requests.readLive()).every(({ state }) => state === 'active') &&
    cloud.alive.length === (await requests.readLive()).length;
  while (!(await isSettled()) && performance.now() < endMs) await sleep(200);
  const live = await requests.readLive();
  for (const id of acknowledged.keys()) {
    const row = await requests.read(id);
    if (row === undefined) lost.push(`${id} is not in the database`);
    else if (!['active', 'failed', 'deleted'].includes(row.state)) lost.push(`${id} is still ${row.state}`);
    else if (row.state === 'active' && !cloud.alive.some((each) => each.id === row.serverId))
      lost.push(`${id} has no server`);
    else if (row.state === 'failed') lost.push(`${id} failed: ${row.fault}`);
  }
  const owners = new Set(live.map(({ serverId }) => serverId));
  const leaked = cloud.alive
    .filter(({ id }) => !owners.has(id))
    .map(({ id, metadata }) => `${id} of ${metadata['heps:request']}`);
  for (const row of live) {
    const view = { ...row, cards: JSON.parse(row.cards) } as unknown as RequestView;
    checkPlace(
      view,
      (JSON.parse(row.spec) as { request: { cards: number; cardMemoryMib: number } }).request.cards === 0
        ? {}
        : gpuOf(row.spec),
    );
  }
  await server.end('SIGTERM');
  await store.close();
  return { kills, acknowledged: acknowledged.size, ran: ran.size, lost, doubled, wronglyPlaced, leaked };
}

function gpuOf(spec: string): { gpu: { count: number; memoryMib: number } } {
  const { cards, cardMemoryMib } = (JSON.parse(spec) as { request: { cards: number; cardMemoryMib: number } }).request;
  return { gpu: { count: cards, memoryMib: cardMemoryMib } };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
