/** Kills `heps live serve` at random instants while servers are booted and removed, and says what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { modelNamed } from '../../../core/card-catalogue.ts';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken } from '../../../live/access/tokens.ts';
import { RequestStore } from '../../../live/scheduling/request-store.ts';
import { type RequestView, requestView } from '../../../live/scheduling/request-view.ts';
import { openStores } from '../../../live/server/stores.ts';
import type { HostReport } from '../../../live/srm/report.ts';
import { freePort } from '../../free-port.ts';
import { agentTokens, put, type ServerProcess, startServerProcess } from '../srm/server-process.ts';

/** A server of the cloud, as the cloud itself sees it. */
export interface AliveServer {
  readonly id: string;
  readonly host: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Addresses of its cards; null where the cloud does not say. */
  readonly cards: readonly string[] | null;
}

export interface KillCloud {
  /** With which the process finds it. */
  readonly environment: Readonly<Record<string, string>>;
  alive(): Promise<readonly AliveServer[]>;
  /** What should never be, one line each. */
  violations(): readonly string[];
}

export interface KillOptions {
  readonly kills: number;
  readonly folder: string;
  readonly cloud: KillCloud;
  /** The GPU hosts' reports. */
  readonly reports: readonly HostReport[];
  /** What users ask for, by chance. */
  readonly bodies: readonly ServerAsked[];
  /** Seconds between the process being ready and its end, at most. */
  readonly upAtMostS: number;
  /** Of the part `scheduling` in the configuration. */
  readonly scheduling: object;
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
  /** Seconds from SIGTERM to the end of the process. */
  readonly stopS: number;
}

/** A part of the body of `POST /v1/servers`. */
export interface ServerAsked {
  readonly size: { readonly vcpus: number; readonly ramMib: number; readonly diskGib: number };
  readonly gpu?: { readonly count: number; readonly memoryMib?: number; readonly models?: readonly string[] };
}

export async function runKills(options: KillOptions): Promise<KillReport> {
  const { kills, folder, cloud, reports, bodies, upAtMostS, scheduling, users, random } = options;
  const database = { file: `${folder}/heps.db` };
  const port = await freePort();
  const more = {
    srm: { intervalS: 3600 },
    scheduling,
  };
  const start = (): Promise<ServerProcess> =>
    startServerProcess(folder, database, { port, more, environment: cloud.environment });
  const store = await openStores({ kind: 'sqlite', file: database.file });
  const token = makeToken();
  await store.tokens.addToken(hashOf(token), 'scheduler', null, 0);
  const agents = await agentTokens(
    store,
    reports.map(({ record: { host } }) => host),
  );
  let server = await start();
  for (const report of reports) {
    const answer = await put(server.url, agents.get(report.record.host)!, report, 0);
    if (answer.status !== 200) throw new Error(`a report was not taken: ${await answer.text()}`);
  }

  const acknowledged = new Set<string>();
  const ran = new Set<string>();
  const wronglyPlaced: string[] = [];
  const doubled: string[] = [];
  const lost: string[] = [];
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

  async function checkPlace(view: RequestView): Promise<void> {
    const mine = (await cloud.alive()).filter(({ metadata }) => metadata['heps:request'] === view.id);
    const [at] = mine;
    // One that was removed since the answer is no error; a second one is.
    if (mine.length > 1) doubled.push(`${view.id} has ${mine.length} servers while it is active`);
    if (at === undefined || mine.length > 1) return;
    const addresses = view.cards.map(({ address }) => address).sort();
    const hasCards = at.cards === null || JSON.stringify(addresses) === JSON.stringify([...at.cards].sort());
    const { cards, cardMemoryMib, cardModels } = view.request;
    const suits = view.cards.every(
      ({ model }) =>
        modelNamed(model)!.memoryMib >= cardMemoryMib && (cardModels.length === 0 || cardModels.includes(model)),
    );
    const isThere = at.host === view.host && at.id === view.serverId;
    if (!isThere || !hasCards || !suits || addresses.length !== cards) {
      wronglyPlaced.push(
        JSON.stringify({ id: view.id, host: view.host, cards: addresses, isOn: at.host, has: at.cards }),
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
      acknowledged.add(first.id);
      let view = first;
      while (!['active', 'failed', 'deleted'].includes(view.state)) {
        await sleep(30);
        view = (await ask('GET', `/v1/servers/${first.id}`)).body;
      }
      if (view.state === 'active') {
        ran.add(view.id);
        await checkPlace(view);
      }
      await sleep(random() * 300);
      // Some stay to the end.
      if (random() < 0.9) {
        const { status } = await ask('DELETE', `/v1/servers/${first.id}`);
        if (status !== 202) lost.push(`${first.id}: its removal was answered by ${status}`);
      }
    }
  }
  const working = Array.from({ length: users }, (_, number) => user(number));

  for (let kill = 0; kill < kills; kill++) {
    await sleep(random() * upAtMostS * 1000);
    await server.end('SIGKILL');
    server = await start();
    const violations = cloud.violations();
    if (violations.length > 0) wronglyPlaced.push(...violations);
  }
  isOver = true;
  await Promise.all(working);

  // All that is under way comes to its end; strays are removed at the next look at the cloud.
  const requests = new RequestStore(store);
  const endMs = performance.now() + 60_000;
  const isSettled = async (): Promise<boolean> =>
    (await requests.readLive()).every(({ state }) => state === 'active') &&
    (await cloud.alive()).length === (await requests.readLive()).length;
  while (!(await isSettled()) && performance.now() < endMs) await sleep(200);
  const live = await requests.readLive();
  const alive = await cloud.alive();
  for (const id of acknowledged) {
    const row = await requests.read(id);
    if (row === undefined) lost.push(`${id} is not in the database`);
    else if (!['active', 'failed', 'deleted'].includes(row.state)) lost.push(`${id} is still ${row.state}`);
    else if (row.state === 'active' && !alive.some((each) => each.id === row.serverId))
      lost.push(`${id} has no server`);
    else if (row.state === 'failed') lost.push(`${id} failed: ${row.fault}`);
  }
  const owners = new Set(live.map(({ serverId }) => serverId));
  const leaked = alive
    .filter(({ id }) => !owners.has(id))
    .map(({ id, metadata }) => `${id} of ${metadata['heps:request']}`);
  for (const row of live) await checkPlace(requestView(row, new Map()));
  const stopMs = performance.now();
  await server.end('SIGTERM');
  const stopS = (performance.now() - stopMs) / 1000;
  await store.close();
  return { kills, acknowledged: acknowledged.size, ran: ran.size, lost, doubled, wronglyPlaced, leaked, stopS };
}
