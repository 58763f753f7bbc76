/** The processes of the gateway's bench, and what they take. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../test/free-port.ts';
import { whenListening } from '../test/when-listening.ts';
import type { DesktopPorts } from './gateway-desktops.ts';

/** Origin of the portal, whose pages may ask for streams. */
export const portal = 'http://portal.test';

/** Desktops without machines. */
export async function startDesktops(): Promise<{ child: ChildProcess; ports: DesktopPorts }> {
  const child = spawn(process.execPath, [resolve('build/bench/gateway-desktops.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout! })) return { child, ports: JSON.parse(line) };
  throw new Error('the desktops ended');
}

/** `heps live gateway`, which asks that server. */
export async function startGateway(folder: string, server: URL): Promise<{ child: ChildProcess; port: number }> {
  const config = join(folder, 'gateway.yaml');
  writeFileSync(join(folder, 'token'), 'bench');
  writeFileSync(
    config,
    `gateway: {port: 0, publicUrl: 'http://stream.test', serverUrl: '${server.origin}', tokenFile: token, trustedProxies: ['127.0.0.1'], mostOpen: 4000}
desktops: {publicUrl: '${portal}'}
log: {level: warn}
`,
  );
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'live', 'gateway', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // As live/systemd/heps-gateway.service has it; the line that says where it listens is of level info.
    env: { NODE_OPTIONS: '--max-semi-space-size=4', ...process.env, HEPS_LOG_LEVEL: 'info' },
  });
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await once(lines, 'line')) as [string];
  return { child, port: Number(new URL((JSON.parse(line) as { url: string }).url).port) };
}

/** MiB that the process has in memory. */
export function memoryOf({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!) / 1024;
}

/** Seconds of processor time so far, and those of them in the kernel. */
export function cpuOf({ pid }: Pick<ChildProcess, 'pid'>): { readonly all: number; readonly kernel: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const [user, kernel] = [Number(fields[11]) / 100, Number(fields[12]) / 100];
  return { all: user + kernel, kernel };
}

/** Process ids of its children. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** websockify in front of a VNC server, once it takes connections. */
export async function startWebsockify(target: number): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort();
  const child = spawn('websockify', [`127.0.0.1:${port}`, `127.0.0.1:${target}`], { stdio: 'ignore' });
  await whenListening(port);
  return { child, port };
}
