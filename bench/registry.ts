/** What the SRM registry takes: reports with persistence, watchers, a restart, memory; 10 000 hosts of 8 cards on SQLite, over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Pool } from 'undici';
import { modelNamed } from '../core/card-catalogue.ts';
import { hashOf } from '../live/access/secrets.ts';
import { makeToken } from '../live/access/tokens.ts';
import { openDatabase } from '../live/database/database.ts';
import type { ServerSchema } from '../live/server/migrations.ts';
import { openStores } from '../live/server/stores.ts';

const hosts = 10_000;
const cardsPerHost = 8;
/** Reports under way at once, each on a connection of its own. */
const connections = 256;
const reports = 40_000;

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  /** From the start of the process to `ready`. */
  readonly readyMs: number;
  readonly loadMs: number;
}

/** One host's agent. */
interface BenchAgent {
  readonly name: string;
  readonly token: string;
  version: number;
  sequence: number;
}

async function start(folder: string): Promise<Running> {
  const config = join(folder, 'heps.yaml');
  // The interval of the bench: reports come when they come, and none shall turn stale.
  writeFileSync(config, 'listen: {port: 0}\ndatabase: {file: heps.db}\nsrm: {intervalS: 600}\nlog: {level: info}\n');
  const startMs = performance.now();
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'live', 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const part of child.stdout!) {
    text += String(part);
    const line = text.split('\n').find((each) => each.includes('"ready"'));
    if (line === undefined) continue;
    const { url, tookMs } = JSON.parse(line) as { url: string; tookMs: number };
    child.stdout!.resume();
    return { child, port: Number(new URL(url).port), readyMs: performance.now() - startMs, loadMs: tookMs };
  }
  throw new Error(`the server ended: ${text}`);
}

async function stop({ child }: Running): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function makeAgents(file: string): Promise<BenchAgent[]> {
  await (await openStores({ kind: 'sqlite', file })).close();
  const database = openDatabase<ServerSchema>({ kind: 'sqlite', file });
  const agents: BenchAgent[] = [];
  for (let first = 0; first < hosts; first += 1000) {
    const some = Array.from({ length: 1000 }, (_, index) => ({
      name: `gpu-${String(first + index).padStart(5, '0')}`,
      token: makeToken(),
      version: 0,
      sequence: 0,
    }));
    const rows = some.map(({ name, token }) => ({
      hash: hashOf(token),
      role: 'agent' as const,
      host: name,
      createdAtS: 0,
      revokedAtS: null,
    }));
    await database.insertInto('tokens').values(rows).execute();
    agents.push(...some);
  }
  await database.destroy();
  return agents;
}

/** The body of every host's report, with marks where they differ: the load shares the machine, so it may not cost much. */
function makeBodyTemplate(): string {
  const { name: model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = modelNamed('A40')!;
  const cards = Array.from({ length: cardsPerHost }, (_, index) => ({
    address: `0000:${index + 1}0:00.0`,
    model,
    memoryMib,
    cores,
  }));
  return JSON.stringify({
    inventory: {
      vcpus: 128,
      ramMib: 1_048_576,
      diskGib: 1_000,
      cards: cards.map((card) => ({ ...card, fp32Tflops, bandwidthGBs, clockMhz, sharing: 'passthrough' })),
    },
    record: {
      host: '@host',
      observedAtS: 1_764_000_000,
      sequence: '@sequence',
      vcpusUsed: '@vcpus',
      ramUsedMib: 65_536,
      diskUsedGib: 10,
      cards: cards.map((card) => ({
        ...card,
        bandwidthGBs,
        clockMhz,
        memoryUsedMib: memoryMib,
        coresUsed: cores,
        serverIds: ['5f3b1c52-0000-4000-8000-@host'],
        healthy: true,
      })),
    },
  });
}

const bodyTemplate = makeBodyTemplate();

/** The body of the host's next report; `vcpusUsed` makes it differ from the last. */
function bodyOf({ name, sequence }: BenchAgent, vcpusUsed: number): string {
  return bodyTemplate
    .replaceAll('@host', name)
    .replace('"@sequence"', String(sequence))
    .replace('"@vcpus"', String(vcpusUsed));
}

function poolTo(port: number): Pool {
  return new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 });
}

async function report(http: Pool, agent: BenchAgent, vcpusUsed: number): Promise<void> {
  agent.sequence++;
  const { statusCode, body } = await http.request({
    method: 'PUT',
    path: `/v1/srm/${agent.name}`,
    headers: {
      authorization: `Bearer ${agent.token}`,
      'content-type': 'application/json',
      'if-match': String(agent.version),
    },
    body: bodyOf(agent, vcpusUsed),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${agent.name}: ${statusCode} ${text}`);
  agent.version = (JSON.parse(text) as { version: number }).version;
}

/** Sends that many reports over all agents in turn. @returns reports a second, and milliseconds of the slowest in a hundred */
async function reportMany(
  port: number,
  agents: readonly BenchAgent[],
  count: number,
  vcpusUsed: (index: number) => number,
): Promise<{ perS: number; p99Ms: number }> {
  const http = poolTo(port);
  const tookMs = new Float64Array(count);
  let next = 0;
  const startMs = performance.now();
  const sender = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const sentMs = performance.now();
      await report(http, agents[index % agents.length]!, vcpusUsed(index));
      tookMs[index] = performance.now() - sentMs;
    }
  };
  await Promise.all(Array.from({ length: connections }, sender));
  const perS = (count / (performance.now() - startMs)) * 1000;
  await http.close();
  tookMs.sort();
  return { perS, p99Ms: tookMs[Math.floor(count * 0.99)]! };
}

function memoryOf({ child }: Running): string {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const mib = (field: string): string => (Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) / 1024).toFixed(0);
  return `${mib('VmRSS')} MiB resident (at most ${mib('VmHWM')})`;
}

/** Seconds of processor time that the server has had, all threads together: what its neighbours on the machine change little. */
function cpuSOf({ child }: Running): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const ticksPerS = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerS;
}

/** Opens a watch. Calls back with the host of each record; `complete` resolves with the id to go on from. */
async function watch(
  port: number,
  token: string,
  lastEventId: string | null,
  onRecord: (host: string) => void,
): Promise<{ complete: Promise<string>; end: () => void }> {
  const headers = { authorization: `Bearer ${token}`, ...(lastEventId !== null && { 'last-event-id': lastEventId }) };
  const sent = request({ port, host: '127.0.0.1', path: '/v1/srm?watch', headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`watch: ${response.statusCode}`);
  const complete = new Promise<string>((resolve) => {
    let rest = '';
    response.setEncoding('latin1').on('data', (part: string) => {
      const events = (rest + part).split('\n\n');
      rest = events.pop()!;
      for (const event of events) {
        if (event.startsWith('event: record')) onRecord(/"host":"([^"]+)"/.exec(event)![1]!);
        else if (event.startsWith('event: complete')) resolve(/id: (\S+)/.exec(event)![1]!);
      }
    });
  });
  return { complete, end: () => sent.destroy() };
}

/** Delay from a report's answer to its event at the last of `count` watchers, while all hosts send reports that say nothing new. */
async function watchMany(port: number, token: string, agents: readonly BenchAgent[], count: number): Promise<string> {
  const changes = 40;
  const changed = agents.slice(0, changes);
  const arrivals = new Map(changed.map(({ name }) => [name, { left: count, lastMs: 0 }]));
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // what changed before is sent by then
  const first = await watch(port, token, null, () => {});
  const startMs = performance.now();
  const lastEventId = await first.complete;
  const snapshotS = (performance.now() - startMs) / 1000;
  first.end();
  const onRecord = (host: string): void => {
    const arrival = arrivals.get(host)!;
    arrival.left--;
    arrival.lastMs = performance.now();
  };
  const watchers = await Promise.all(Array.from({ length: count }, () => watch(port, token, lastEventId, onRecord)));
  const http = poolTo(port);
  const delays: number[] = [];
  const others = reportMany(port, agents.slice(changes), 10_000, () => 8);
  for (const agent of changed) {
    await report(http, agent, 1000 + agent.version);
    const ackMs = performance.now();
    const arrival = arrivals.get(agent.name)!;
    while (arrival.left > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    delays.push(arrival.lastMs - ackMs);
  }
  const { perS } = await others;
  await http.close();
  for (const { end } of watchers) end();
  delays.sort((one, other) => one - other);
  const median = delays[changes / 2]!.toFixed(0);
  return `${count} watchers: the last has a change after ${median} ms (at most ${delays.at(-1)!.toFixed(0)}), beside ${perS.toFixed(0)} reports/s; one reads all ${hosts} hosts in ${snapshotS.toFixed(1)} s`;
}

/** Prints the figures; server and load share this machine. */
export async function benchRegistry(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'heps-bench-'));
  try {
    const file = join(folder, 'heps.db');
    const agents = await makeAgents(file);
    const store = await openStores({ kind: 'sqlite', file });
    const reader = makeToken();
    await store.tokens.addToken(hashOf(reader), 'reader', null, 0);
    await store.close();
    let server = await start(folder);
    const show = async (what: string, count: number, vcpusUsed: (index: number) => number): Promise<void> => {
      const startCpuS = cpuSOf(server);
      const { perS, p99Ms } = await reportMany(server.port, agents, count, vcpusUsed);
      const cpuUs = ((cpuSOf(server) - startCpuS) / count) * 1e6;
      console.log(
        `SRM registry, ${what} ${perS.toFixed(0)} reports/s, 99 % within ${p99Ms.toFixed(0)} ms, ${cpuUs.toFixed(0)} µs of CPU each`,
      );
    };
    await show('first reports:  ', hosts, () => 8);
    await show('nothing new:    ', reports, () => 8);
    await show('each one new:   ', reports, (index) => index);
    console.log(`SRM registry, after that:      ${memoryOf(server)}`);
    await reportMany(server.port, agents, hosts, () => 8);
    for (const count of [500, 2000])
      console.log(`SRM registry, ${await watchMany(server.port, reader, agents, count)}`);
    console.log(`SRM registry, after that:      ${memoryOf(server)}`);
    await stop(server);
    server = await start(folder);
    console.log(
      `SRM registry, restart:         ready ${server.readyMs.toFixed(0)} ms after the start of the process, ` +
        `${server.loadMs.toFixed(0)} ms of it reading ${hosts} records; ${memoryOf(server)}`,
    );
    await stop(server);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
