/** What the streaming gateway takes: a real desktop in motion, latency, many sessions, one fast one, idle ones, hostile connects. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthorityServer } from '../test/live/gateway/stubs/authority-server.ts';
import { hostileConnects } from '../test/live/gateway/stubs/hostile-connects.ts';
import { MemoryAuthority } from '../test/live/gateway/stubs/memory-authority.ts';
import { key } from '../test/live/gateway/stubs/messages.ts';
import { CountingClient } from './gateway-client.ts';
import { measureMotion } from './gateway-motion.ts';
import {
  childrenOf,
  cpuOf,
  memoryOf,
  portal,
  startDesktops,
  startGateway,
  startWebsockify,
} from './gateway-processes.ts';

/** A gateway in a process of its own, and whom it asks. */
interface GatewayUnderTest {
  readonly port: number;
  /** Opens a stream to that VNC server. */
  open(vncPort: number): Promise<CountingClient>;
  /** A token for such a stream. */
  token(vncPort: number): string;
}

export async function benchGateway(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'heps-gateway-'));
  const authority = new MemoryAuthority();
  const server = await AuthorityServer.start(authority, 'bench');
  const desktops = await startDesktops();
  const gateway = await startGateway(folder, server.url);
  let people = 0;
  const token = (vncPort: number): string => authority.mint(authority.grant(vncPort, { person: `person-${people++}` }));
  const under: GatewayUnderTest = {
    port: gateway.port,
    token,
    open: (vncPort) =>
      CountingClient.open({
        port: gateway.port,
        path: '/stream',
        headers: {
          Origin: portal,
          'Sec-WebSocket-Protocol': `binary, token.${token(vncPort)}`,
          'X-Forwarded-For': addressOf(people),
        },
      }),
  };
  try {
    const { ports } = desktops;
    const parts: Readonly<Record<string, () => Promise<void>>> = {
      idle: () => benchIdle(under, gateway.child, ports.idle),
      latency: () => benchLatency(under, ports.echoing),
      throughput: () => benchThroughput(under, gateway.child, ports.flooding),
      sessions: () => benchSessions(under, gateway.child, ports.rated),
      motion: () => benchMotion(under),
      hostile: () => benchHostile(under, authority, ports.idle),
    };
    // HEPS_BENCH_GATEWAY=idle,motion takes some of them.
    for (const name of process.env.HEPS_BENCH_GATEWAY?.split(',') ?? Object.keys(parts)) await parts[name]!();
  } finally {
    for (const child of [gateway.child, desktops.child]) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Each connect from an address of its own, as a listed proxy says: limits by address are not what is measured. */
function addressOf(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}

/** Bytes until ServerInit of the stubs is there: frames of 2 bytes around 12 + 2 + 4 + 28 bytes, by the gateway. */
const handshakeBytes = 4 * 2 + 12 + 2 + 4 + 28;

async function benchIdle({ open }: GatewayUnderTest, child: ChildProcess, port: number): Promise<void> {
  const before = memoryOf(child);
  const clients: CountingClient[] = [];
  for (let index = 0; index < 1000; index += 50) {
    const some = await Promise.all(Array.from({ length: 50 }, () => open(port)));
    await Promise.all(some.map((client) => client.whenAtLeast(handshakeBytes)));
    clients.push(...some);
  }
  await sleep(10_000);
  const after = memoryOf(child);
  console.log(
    `gateway, 1000 idle sessions:   ${after.toFixed(0)} MiB, ${(after - before).toFixed(0)} MiB more than without (floor 200 MB, aim 80 MB)`,
  );
  for (const client of clients) client.close();
  await sleep(1000);
}

/** Milliseconds from a key to the picture that answers it. */
async function roundTrips(client: CountingClient, count: number): Promise<number[]> {
  const tookMs: number[] = [];
  const press = key();
  for (let index = 0; index < count; index++) {
    const startMs = performance.now();
    const { bytes } = client;
    client.send(press);
    await client.whenAtLeast(bytes + 1600);
    tookMs.push(performance.now() - startMs);
    await sleep(1);
  }
  return tookMs.sort((one, other) => one - other);
}

/** The same client by a plain WebSocket bridge would add its own; what is compared with is TCP, without any. */
async function directRoundTrips(port: number, count: number): Promise<number[]> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let bytes = 0;
  let onBytes = (): void => {};
  socket.on('data', (part) => {
    bytes += part.length;
    onBytes();
  });
  socket.write('RFB 003.008\n\x01\x01');
  const whenAtLeast = async (most: number): Promise<void> => {
    while (bytes < most) {
      await new Promise<void>((done) => {
        onBytes = done;
      });
    }
  };
  await whenAtLeast(12 + 3 + 4 + 28);
  const tookMs: number[] = [];
  for (let index = 0; index < count; index++) {
    const startMs = performance.now();
    const before = bytes;
    socket.write(key());
    await whenAtLeast(before + 1600);
    tookMs.push(performance.now() - startMs);
    await sleep(1);
  }
  socket.destroy();
  return tookMs.sort((one, other) => one - other);
}

async function benchLatency({ open }: GatewayUnderTest, port: number): Promise<void> {
  const at = (values: readonly number[], share: number): number => values[Math.floor(share * (values.length - 1))]!;
  const added: number[] = [];
  for (let round = 0; round < 5; round++) {
    const direct = await directRoundTrips(port, 1000);
    const client = await open(port);
    await client.whenAtLeast(handshakeBytes);
    const through = await roundTrips(client, 1000);
    client.close();
    added.push(at(through, 0.5) - at(direct, 0.5));
    console.log(
      `gateway, key to picture:       median ${at(through, 0.5).toFixed(3)} ms (99 % ${at(through, 0.99).toFixed(2)}), direct ` +
        `${at(direct, 0.5).toFixed(3)} ms (99 % ${at(direct, 0.99).toFixed(2)}), added ${added.at(-1)!.toFixed(3)} ms`,
    );
  }
  console.log(`gateway, added latency:        ${spread(added, 3)} ms (floor 2, aim 0.5)`);
}

async function benchThroughput({ open }: GatewayUnderTest, child: ChildProcess, port: number): Promise<void> {
  const websockify = await startWebsockify(port);
  const ratios: number[] = [];
  try {
    for (let round = 0; round < 5; round++) {
      const theirs = await rateOf(
        await CountingClient.open({
          port: websockify.port,
          path: '/',
          headers: { 'Sec-WebSocket-Protocol': 'binary' },
        }),
        websockify.child,
      );
      const ours = await rateOf(await open(port), child);
      ratios.push(ours.megabytesPerS / theirs.megabytesPerS);
      console.log(`gateway, one stream:           ${described(ours)}, websockify ${described(theirs)}`);
    }
  } finally {
    const ended = once(websockify.child, 'exit');
    websockify.child.kill('SIGTERM');
    await ended;
  }
  console.log(`gateway, against websockify:   ${spread(ratios, 2)} × (floor 1, aim 3)`);
}

interface StreamRate {
  readonly megabytesPerS: number;
  readonly cpuMsPerMb: number;
  readonly kernelMsPerMb: number;
}

function described({ megabytesPerS, cpuMsPerMb, kernelMsPerMb }: StreamRate): string {
  return `${megabytesPerS.toFixed(0)} MB/s (${cpuMsPerMb.toFixed(2)} ms of CPU a MB, ${kernelMsPerMb.toFixed(2)} of it the kernel's)`;
}

/** A single client: websockify forks for it, so the children of the process count. */
async function rateOf(client: CountingClient, child: ChildProcess): Promise<StreamRate> {
  await sleep(500);
  const pids = [child.pid!, ...childrenOf(child.pid!)];
  const cpu = (kind: 'all' | 'kernel'): number => pids.reduce((sum, pid) => sum + cpuOf({ pid })[kind], 0);
  const [startBytes, startAll, startKernel, startMs] = [client.bytes, cpu('all'), cpu('kernel'), performance.now()];
  await sleep(4000);
  const megabytes = (client.bytes - startBytes) / 1e6;
  const result = {
    megabytesPerS: megabytes / ((performance.now() - startMs) / 1000),
    cpuMsPerMb: ((cpu('all') - startAll) * 1000) / megabytes,
    kernelMsPerMb: ((cpu('kernel') - startKernel) * 1000) / megabytes,
  };
  client.close();
  await sleep(200);
  return result;
}

/** Raises the number until a session falls behind. */
async function benchSessions({ open }: GatewayUnderTest, child: ChildProcess, port: number): Promise<void> {
  let most = 0;
  const clients: CountingClient[] = [];
  for (const count of [50, 100, 150, 200, 250, 300]) {
    while (clients.length < count) {
      const client = await open(port);
      await client.whenAtLeast(handshakeBytes);
      clients.push(client);
    }
    await sleep(2000);
    const before = clients.map(({ bytes }) => bytes);
    const [startCpu, startMs] = [cpuOf(child).all, performance.now()];
    await sleep(10_000);
    const seconds = (performance.now() - startMs) / 1000;
    const rates = clients.map(({ bytes }, index) => (bytes - before[index]!) / seconds / 1e6);
    const least = Math.min(...rates);
    const share = (cpuOf(child).all - startCpu) / seconds;
    console.log(
      `gateway, ${count} sessions of 1 MB/s: slowest ${least.toFixed(3)} MB/s, ${(100 * share).toFixed(0)} % of a core, ${memoryOf(child).toFixed(0)} MiB`,
    );
    if (least < 0.95) break;
    most = count;
  }
  console.log(`gateway, sessions of 1 MB/s:   ${most}, none below 0.95 of its rate (floor 50, aim 150)`);
  for (const client of clients) client.close();
  await sleep(1000);
}

async function benchMotion({ port, token }: GatewayUnderTest): Promise<void> {
  const rounds = await measureMotion(7, `http://127.0.0.1:${port}`, portal, token);
  const ratios = rounds.map(({ direct, through }) => through / direct);
  for (const { direct, through } of rounds) {
    console.log(`gateway, desktop in motion:    ${through.toFixed(1)} frames/s, directly ${direct.toFixed(1)}`);
  }
  console.log(`gateway, frames against direct: ${spread(ratios, 3)} (floor 0.95, aim 0.99)`);
}

async function benchHostile(under: GatewayUnderTest, authority: MemoryAuthority, port: number): Promise<void> {
  const used = under.token(port);
  await authority.redeem({ token: used, address: '', requestId: '' });
  const expired = authority.mint(authority.grant(port), -1);
  const connects = hostileConnects({
    good: () => under.token(port),
    used: [used],
    expired: [expired],
    origin: portal,
  });
  const tries = 100_000;
  const outcomes = new Map<string, number>();
  let next = 0;
  const startMs = performance.now();
  const work = async (): Promise<void> => {
    for (let seed = next++; seed < tries; seed = next++) {
      const { text } = connects(seed);
      const status = await statusOf(under.port, text.replace('\r\n', `\r\nX-Forwarded-For: ${addressOf(seed)}\r\n`));
      outcomes.set(status, (outcomes.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 64 }, work));
  const seconds = (performance.now() - startMs) / 1000;
  const counts = [...outcomes].sort().map(([status, count]) => `${status}: ${count}`);
  console.log(
    `gateway, hostile connects:     ${outcomes.get('101') ?? 0} of ${tries} accepted, in ${seconds.toFixed(0)} s (${counts.join(', ')})`,
  );
}

function statusOf(port: number, text: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
      socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => done(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'none'));
    socket.end(text, 'latin1');
  });
}

/** Median, and in brackets the least and the most. */
function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((one, other) => one - other);
  const [least, middle, most] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((at) =>
    sorted[at]!.toFixed(digits),
  );
  return `${middle} (${least} to ${most})`;
}
