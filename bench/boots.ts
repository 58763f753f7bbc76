/** How long a decision takes on a live cloud of 10 000 hosts of 8 cards, from the request to its claim on disk: SQLite, over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import seedrandom from 'seedrandom';
import { modelNamed } from '../core/card-catalogue.ts';
import { hashOf } from '../live/access/secrets.ts';
import { makeToken } from '../live/access/tokens.ts';
import { openDatabase } from '../live/database/database.ts';
import type { ServerSchema } from '../live/server/migrations.ts';
import { openStores } from '../live/server/stores.ts';
import type { MemoryHost } from '../test/live/memory-cloud/cloud-state.ts';
import { startBootsCloud } from './boots-cloud.ts';

const hostCount = 10_000;
const models = ['A40', 'T4', 'RTX A6000', 'V100-32GB'] as const;
const aliases: Readonly<Record<string, string>> = {
  A40: 'a40',
  T4: 't4',
  'RTX A6000': 'a6000',
  'V100-32GB': 'v100-32gb',
};
const boots = 400;
/** Of the requests, by chance: a day of 860 000. */
const bootsPerS = 10;

export async function benchBoots(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'heps-boots-'));
  const hosts = Array.from({ length: hostCount }, (_, index): MemoryHost & { model: string } => {
    const model = models[index % models.length]!;
    return {
      name: `gpu-${String(index).padStart(5, '0')}`,
      model,
      vcpus: 128,
      ramMib: 1_048_576,
      diskGib: 4_000,
      cards: Array.from({ length: 8 }, (__, card) => ({ alias: aliases[model]!, address: `0000:${card + 1}0:00.0` })),
    };
  });
  const cloud = await startBootsCloud({ hosts, buildMs: 500, folder });
  try {
    const token = await fill(join(folder, 'heps.db'), hosts);
    const startMs = performance.now();
    const { child, url, schedulingMs } = await start(folder, cloud.environment, startMs);
    try {
      const tookMs = await bootAll(url, token);
      tookMs.sort((one, other) => one - other);
      const at = (share: number): string => `${tookMs[Math.floor(share * (tookMs.length - 1))]!.toFixed(1)} ms`;
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]!;
      console.log(
        `boots over ${hostCount} hosts of 8 cards, ${bootsPerS} a second, answered when the claim is on disk:`,
      );
      console.log(`  median ${at(0.5)}, 99 % below ${at(0.99)}, longest ${at(1)} (floor of the 99 %: 20 ms, aim 5 ms)`);
      console.log(
        `  takes requests ${(schedulingMs / 1000).toFixed(1)} s after its start; memory at most ${(Number(peak) / 1024).toFixed(0)} MB\n`,
      );
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  } finally {
    await cloud.close();
    rmSync(folder, { recursive: true });
  }
}

/** Tokens and the records of all hosts, as if all had reported. @returns a token that may boot */
async function fill(file: string, hosts: readonly (MemoryHost & { model: string })[]): Promise<string> {
  const token = makeToken();
  const store = await openStores({ kind: 'sqlite', file });
  await store.tokens.addToken(hashOf(token), 'scheduler', null, 0);
  await store.close();
  const database = openDatabase<ServerSchema>({ kind: 'sqlite', file });
  const nowS = Date.now() / 1000;
  const rows = hosts.map(({ name: host, vcpus, ramMib, diskGib, cards, model }) => {
    const { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = modelNamed(model)!;
    const specs = cards.map(({ address }) => ({ address, model, memoryMib, cores }));
    const inventory = {
      vcpus,
      ramMib,
      diskGib,
      cards: specs.map((card) => ({ ...card, fp32Tflops, bandwidthGBs, clockMhz, sharing: 'passthrough' })),
    };
    const free = { bandwidthGBs, clockMhz, memoryUsedMib: 0, coresUsed: 0, serverIds: [], healthy: true };
    const usage = {
      vcpusUsed: 0,
      ramUsedMib: 4096,
      diskUsedGib: 0,
      cards: specs.map((card) => ({ ...card, ...free })),
    };
    const texts = { inventory: JSON.stringify(inventory), usage: JSON.stringify(usage) };
    return { host, version: 1, sequence: 1, observedAtS: nowS, receivedAtS: nowS, ...texts };
  });
  for (let first = 0; first < rows.length; first += 500) {
    await database
      .insertInto('records')
      .values(rows.slice(first, first + 500))
      .execute();
  }
  await database.destroy();
  return token;
}

async function start(
  folder: string,
  environment: Readonly<Record<string, string>>,
  startMs: number,
): Promise<{ child: ChildProcess; url: string; schedulingMs: number }> {
  const config = join(folder, 'heps.yaml');
  writeFileSync(
    config,
    'listen: {port: 0}\ndatabase: {file: heps.db}\nsrm: {intervalS: 6000}\nscheduling: {mode: act}\n',
  );
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'live', 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  let url = '';
  for await (const line of createInterface({ input: child.stdout! })) {
    const entry = JSON.parse(line) as { msg: string; url?: string };
    if (entry.msg === 'ready') url = entry.url!;
    if (entry.msg !== 'scheduling') continue;
    child.stdout!.resume();
    return { child, url, schedulingMs: performance.now() - startMs };
  }
  throw new Error('the server ended');
}

/** Requests come by a Poisson process, whether those before are answered or not. @returns milliseconds of each, after a warm-up of 50 */
async function bootAll(url: string, token: string): Promise<number[]> {
  const tookMs: number[] = [];
  async function boot(number: number): Promise<void> {
    const size = { vcpus: 4 + (number % 3) * 4, ramMib: 16_384, diskGib: 20 };
    const gpu = { count: 1 + (number % 2), memoryMib: [0, 20_000, 40_000][number % 3]! };
    const startMs = performance.now();
    const response = await fetch(`${url}v1/servers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `b-${number}`, image: 'tiny', size, ...(number % 4 > 0 && { gpu }) }),
    });
    const text = await response.text();
    if (response.status !== 202) throw new Error(`${response.status} ${text}`);
    if (number >= 50) tookMs.push(performance.now() - startMs);
  }
  const random = seedrandom.xor4096('boots');
  const asked: Promise<void>[] = [];
  for (let number = 0; number < boots + 50; number++) {
    asked.push(boot(number));
    await sleep((-Math.log(1 - random()) / bootsPerS) * 1000);
  }
  await Promise.all(asked);
  return tookMs;
}
