/**
 * Races on the real cloud: two servers of heps on one MariaDB, deletes and creates at once, a server that lags, a database that lags, a full
 * disk, a login without rights. After each of them the holdings are those of Nova and Placement, and no server is there twice.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseOptions } from '../../live/database/database.ts';
import { collect, type Nova, openNova } from '../../live/openstack/index.ts';
import { Client } from '../../live/scheduling/client.ts';
import type { RequestView } from '../../live/scheduling/request-view.ts';
import { verify } from '../../live/verify/verify.ts';
import { wallClock } from '../../live/wall-clock.ts';
import { startServerProcess } from '../live/srm/server-process.ts';
import { MariadbProcess } from '../mariadb/mariadb.ts';
import { cloudConfiguration, logIn, stateFolder } from './cloud.ts';
import { clearCloud, type HepsOnCloud, startHeps, startReplicas, until } from './heps-server.ts';

const admin = logIn(cloudConfiguration('admin'));
const reconcileIntervalS = 3;
const leaseS = 6;
const scheduling = { reconcileIntervalS, pollIntervalS: 0.5, leaseS, buildLimitS: 300 };
const mariadb = new MariadbProcess();
let nova: Nova;
let database: DatabaseOptions & { kind: 'mariadb' };
let replicas: HepsOnCloud[] = [];

const card = { image: 'tiny', size: { vcpus: 2, ramMib: 4096, diskGib: 5 }, gpu: { count: 1 } };
const plain = { image: 'tiny', size: { vcpus: 2, ramMib: 4096, diskGib: 5 } };

async function ask(by: HepsOnCloud, body: object, name: string): Promise<RequestView> {
  const { status, body: view } = await by.ask<RequestView>('POST', 'v1/servers', { name, ...body });
  expect(status, JSON.stringify(view)).toBe(202);
  return view;
}

async function settled(by: HepsOnCloud, id: string, limitS = 200): Promise<RequestView> {
  let view: RequestView | undefined;
  await until(async () => {
    view = (await by.ask<RequestView>('GET', `v1/servers/${id}`)).body;
    return ['active', 'failed', 'deleted'].includes(view.state);
  }, limitS);
  return view!;
}

/** Each server holds what the cloud says, and the cloud has one server for each of those. */
async function expectClean(servers: readonly HepsOnCloud[], views: readonly RequestView[]): Promise<void> {
  for (const { url, token } of servers) {
    const client = new Client({ url: new URL(url), token });
    const { differences } = await verify(client, admin.session, 2 * reconcileIntervalS + 5, wallClock);
    expect(differences).toEqual([]);
  }
  const there = (await collect(nova.listServers({ allProjects: true }))).map(({ id }) => id);
  expect(there.toSorted()).toEqual(views.map(({ serverId }) => serverId!).toSorted());
}

/** Writes until there is no room left. */
function fillUp(file: string): void {
  for (const bytes of [65_536, 4096]) {
    for (;;) {
      try {
        appendFileSync(file, Buffer.alloc(bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        break;
      }
    }
  }
}

beforeAll(async () => {
  nova = await openNova(admin.session);
  await mariadb.install();
  await mariadb.start();
}, 120_000);
afterEach(() => clearCloud(nova), 300_000);
afterAll(async () => {
  for await (const { id, name } of nova.listFlavors()) if (name.startsWith('heps-')) await nova.deleteFlavor(id);
  await mariadb.remove();
  await admin.session.close();
}, 120_000);

describe('two servers on one MariaDB', () => {
  beforeEach(async () => {
    await clearCloud(nova);
    database = await mariadb.freshDatabase();
    replicas = await startReplicas(2, database, scheduling);
  }, 300_000);
  afterEach(async () => {
    for (const each of replicas) await each.end();
  });

  test('twenty boots at once, by turns at both: each runs once, twelve with a card of its own', async () => {
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask(replicas[index % 2]!, index < 12 ? card : plain, `burst-${index}`)),
    );
    const views: RequestView[] = [];
    for (const { id } of asked) views.push(await settled(replicas[0]!, id));
    expect(views.map(({ state }) => state)).toEqual(Array(20).fill('active'));
    console.log(`20 boots by two servers: ${views.reduce((sum, { attempt }) => sum + attempt, 0)} tries`);
    await expectClean(replicas, views);
  }, 400_000);

  test('as Heat replaces: deleted at one and created at the other at once, with every card taken', async () => {
    let views = await Promise.all(
      Array.from({ length: 12 }, (_, index) => ask(replicas[index % 2]!, card, `old-${index}`)),
    );
    views = await Promise.all(views.map(({ id }) => settled(replicas[0]!, id)));
    const tookS: number[] = [];
    for (let round = 0; round < 4; round++) {
      const [old] = views.splice(0, 1);
      const fromMs = performance.now();
      const removed = replicas[0]!.ask('DELETE', `v1/servers/${old!.id}`);
      // Whoever replaces asks again while there is no card.
      let answer = await replicas[1]!.ask<RequestView>('POST', 'v1/servers', { name: `new-${round}`, ...card });
      while (answer.status === 409) {
        await sleep(300);
        answer = await replicas[1]!.ask<RequestView>('POST', 'v1/servers', { name: `new-${round}`, ...card });
      }
      await removed;
      tookS.push((performance.now() - fromMs) / 1000);
      const view = await settled(replicas[1]!, answer.body.id);
      expect(view).toMatchObject({ state: 'active' });
      views.push(view);
    }
    console.log(`seconds from a delete to the claim of its card: ${tookS.map((each) => each.toFixed(1)).join(', ')}`);
    await expectClean(replicas, views);
  }, 600_000);

  test('one that stands still for longer than its lease, and goes on: what it had is made once', async () => {
    const [one, other] = replicas as [HepsOnCloud, HepsOnCloud];
    const asked = await Promise.all(Array.from({ length: 8 }, (_, index) => ask(one, card, `lags-${index}`)));
    one.child.kill('SIGSTOP');
    let views: RequestView[] = [];
    try {
      for (const { id } of asked) views.push(await settled(other, id));
    } finally {
      one.child.kill('SIGCONT');
    }
    await sleep(leaseS * 1000);
    views = await Promise.all(asked.map(({ id }) => settled(one, id)));
    expect(views.map(({ state }) => state)).toEqual(Array(8).fill('active'));
    await expectClean(replicas, views);
  }, 600_000);
});

test('a database that lags: what it does not know is held and in doubt, and nothing is removed', async () => {
  const first = await mariadb.freshDatabase();
  let [one] = await startReplicas(1, first, scheduling);
  const known = await settled(one!, (await ask(one!, card, 'known')).id);
  const behind = await mariadb.copyOf(first);
  const later = await settled(one!, (await ask(one!, card, 'later')).id);
  await sleep(2 * reconcileIntervalS * 1000);
  await one!.end();
  [one] = await startReplicas(1, behind, scheduling);
  const { body } = await one!.ask<{ isOpen: boolean; items: { id: string }[] }>('GET', 'v1/review');
  expect(JSON.stringify(body)).toContain(later.serverId);
  await expectClean([one!], [known, later]);
  // New requests are taken, on what is free.
  const more = await settled(one!, (await ask(one!, card, 'more')).id);
  expect(more.state).toBe('active');
  await expectClean([one!], [known, later, more]);
  await one!.end();
}, 600_000);

test('a full disk: what cannot be written is refused in words and not made; with room again all goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heps-small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder]);
  let one: HepsOnCloud | undefined;
  try {
    [one] = await startReplicas(1, { kind: 'sqlite', file: join(folder, 'heps.db') }, scheduling);
    const before = await settled(one!, (await ask(one!, card, 'before')).id);
    fillUp(join(folder, 'filler'));
    const refused: string[] = [];
    for (let index = 0; index < 3; index++) {
      const { status, body } = await one!.ask<{ detail: string }>('POST', 'v1/servers', {
        name: `full-${index}`,
        ...card,
      });
      if (status === 202) continue; // there was room in its last page
      expect(status).toBe(503);
      refused.push(body.detail);
    }
    expect(refused.length).toBeGreaterThan(0);
    console.log(`on a full disk: ${refused[0]}`);
    rmSync(join(folder, 'filler'));
    const after = await settled(one!, (await ask(one!, card, 'after')).id);
    expect(after.state).toBe('active');
    const { body } = await one!.ask<{ servers: RequestView[] }>('GET', 'v1/servers');
    const views: RequestView[] = [];
    for (const { id } of body.servers) views.push(await settled(one!, id));
    expect(views.map(({ id }) => id)).toEqual(expect.arrayContaining([before.id, after.id]));
    await expectClean(
      [one!],
      views.filter(({ state }) => state === 'active'),
    );
  } finally {
    await one?.end();
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  }
}, 600_000);

test('a login without rights: the server is not ready and says what the cloud refuses; nothing is made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heps-no-rights-'));
  const environment = { OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
  const more = { cloud: { name: 'demo' }, scheduling: { mode: 'act', ...scheduling } };
  const { url, log, end } = await startServerProcess(folder, { file: join(folder, 'heps.db') }, { more, environment });
  try {
    const refusal = /403|does not allow|policy/i;
    await until(() => log.some((line) => refusal.test(line)), 60);
    const ready = await fetch(`${url}readyz`);
    const text = await ready.text();
    console.log(`without rights: ${ready.status} ${text.trim()}`);
    expect([ready.status, text]).toEqual([503, expect.stringMatching(refusal)]);
    expect(await collect(nova.listServers({ allProjects: true }))).toEqual([]);
  } finally {
    await end('SIGTERM');
    rmSync(folder, { recursive: true });
  }
  const full = await startHeps(scheduling);
  await expectClean([full], []);
  await full.end();
}, 300_000);
