import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { a6000Host, buildTree, cardlessHost, halfBoundHost } from '../live/gpu-host/trees.ts';
import { hepsHere } from './in-process.ts';

const command = resolve('dist/cli.js');
const environment = { PATH: process.env.PATH };
const secret = 'geheim-4711';
let folder: string;
let good: string;
let half: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-live-host-'));
  good = buildTree(join(folder, 'good'), a6000Host);
  half = buildTree(join(folder, 'half'), halfBoundHost);
  writeFileSync(join(folder, 'token'), `${secret}\n`);
  chmodSync(join(folder, 'token'), 0o600);
});
afterAll(() => rmSync(folder, { recursive: true }));

function heps(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, 'live', ...args], { cwd: folder, encoding: 'utf8', env: environment });
}

describe('heps live agent --once --print', () => {
  test('heps live agent --once --print prints what would be sent, without a registry', () => {
    const { status, stdout, stderr } = heps('agent', '--once', '--print', '--root', good);
    expect([status, stderr]).toEqual([0, '']);
    const { inventory, record } = JSON.parse(stdout);
    expect(inventory.cards).toHaveLength(2);
    expect(record).toMatchObject({ host: 'gpu-001', vcpusUsed: 8 });
  });

  test('heps live agent --once --print says on the side what is out of order', () => {
    const { status, stdout, stderr } = heps('agent', '--once', '--print', '--root', half, '--host', 'gpu-002');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).record.host).toBe('gpu-002');
    expect(stderr).toContain('heps live agent: 0000:41:00.0: out of order: has no driver\n');
  });
});

test.each([
  [['--once', '--print', '--root', 'nowhere'], '--root: expected a folder, got "nowhere"'],
  [
    ['--once', '--print', '--root', 'half'],
    /^--host: expected the host's name, since .*half\/etc\/hostname does not say/,
  ],
  [['--print'], '--print: expected --once with it, got nothing'],
  [['--root', 'good'], '--registry: expected the address of the registry, got nothing'],
  [['--root', 'good', '--registry', 'ftp://a'], /Expected an address such as https:\/\/controller:8790\.$/],
  [
    ['--root', 'good', '--registry', 'http://name:word@127.0.0.1:1'],
    '--registry: expected an address without name and password',
  ],
  [
    ['--root', 'good', '--registry', 'http://127.0.0.1:1'],
    'token: expected --token-file FILE or the environment variable HEPS_AGENT_TOKEN, got nothing',
  ],
  [
    ['--root', 'good', '--registry', 'http://127.0.0.1:1', '--token-file', 'none'],
    'none: expected a file with the token, got "ENOENT"',
  ],
  [['--interval-s', '0'], /Expected a number of seconds from 1 to 3600\.$/],
])('heps live agent %j is refused in one line', async (args, message) => {
  const { status, stdout, stderr } = await hepsHere(folder, 'live', 'agent', ...args);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr.replace(/^heps: /, '').trimEnd()).toEqual(
    typeof message === 'string' ? message : expect.stringMatching(message),
  );
});

test('a file that is no token is refused without showing what is in it', () => {
  writeFileSync(join(folder, 'two-lines'), `${secret}\nmore\n`);
  const { status, stderr } = heps(
    'agent',
    '--root',
    good,
    '--registry',
    'http://127.0.0.1:1',
    '--token-file',
    'two-lines',
  );
  expect(status).toBe(2);
  expect(stderr).toBe('heps: two-lines: expected a token, one line of printable ASCII without spaces\n');
});

describe('heps live agent with a registry', () => {
  let server: Server;
  let url: string;
  const requests: { authorization: string | undefined; url: string | undefined; body: string }[] = [];
  let arrived: () => void = () => {};

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      requests.push({ authorization: request.headers.authorization, url: request.url, body });
      response.end(JSON.stringify({ version: requests.length }));
      arrived();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  function startAgent(...args: string[]) {
    const child = spawn(
      process.execPath,
      [command, 'live', 'agent', '--root', good, '--token-file', 'token', ...args],
      {
        cwd: folder,
        env: environment,
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, ended, output: () => output };
  }

  test('heps live agent with a registry reports until it is told to end, and never shows its token', async () => {
    const first = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const agent = startAgent('--registry', url);
    await first;
    agent.child.kill('SIGTERM');
    expect(await agent.ended).toBe(0);
    expect(requests.at(-1)).toMatchObject({ authorization: `Bearer ${secret}`, url: '/v1/srm/gpu-001' });
    expect(JSON.parse(requests.at(-1)!.body).record.sequence).toBeGreaterThan(1.7e12);
    expect(agent.output()).not.toContain(secret);
  });

  test('heps live agent --once exits with 0 when the registry took the report, with 1 when there is none', async () => {
    const before = requests.length;
    expect(await startAgent('--once', '--registry', url).ended).toBe(0);
    expect(requests.length).toBe(before + 1);
    const alone = startAgent('--once', '--registry', 'http://127.0.0.1:1');
    expect(await alone.ended).toBe(1);
    expect(alone.output()).toMatch(/^heps live agent: the registry at 127\.0\.0\.1:1 does not answer: .+\n$/);
  });
});

describe('heps live host', () => {
  test('heps live host check exits with 1 when something is wrong, and says what to do', () => {
    const { status, stdout, stderr } = heps('host', 'check', '--root', half);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain('3. cards and their companions on vfio-pci\n   WRONG       0000:41:00.0 has no driver\n');
    expect(stdout).toContain('→ bind 0000:41:00.0 to vfio-pci (see prepare), and restart\n');
  });

  test('heps live host check exits with 0 when nothing is wrong', async () => {
    const { status, stdout } = await hepsHere(folder, 'live', 'host', 'check', '--root', good, '--json');
    expect(status).toBe(0);
    const { checks, warnings } = JSON.parse(stdout);
    expect(checks.map((check: { status: string }) => check.status)).not.toContain('wrong');
    expect(warnings).toEqual([]);
  });

  test('heps live host prepare prints, and writes only where it is told to', async () => {
    const printed = await hepsHere(folder, 'live', 'host', 'prepare', '--root', half);
    expect(printed.status).toBe(0);
    expect(printed.stdout).toContain('==> compute/etc/modprobe.d/heps-vfio.conf <==\n');
    const written = await hepsHere(folder, 'live', 'host', 'prepare', '--root', half, '--write', 'out');
    expect(written.status).toBe(0);
    expect(written.stdout).toContain('written: out/compute/etc/modprobe.d/heps-vfio.conf\n');
    expect(printed.stdout).toContain(readFileSync(join(folder, 'out/compute/etc/modprobe.d/heps-vfio.conf'), 'utf8'));
    expect((await hepsHere(folder, 'live', 'host', 'prepare', '--root', half, '--write', 'out')).stdout).not.toMatch(
      /^(over)?written/m,
    );
    const refused = await hepsHere(folder, 'live', 'host', 'prepare', '--root', half, '--write', '.');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(
      /^heps: \.: expected an empty folder, or one with only the files of before, got ".+"\n$/,
    );
  });

  test('heps live host prepare has nothing to do without cards', async () => {
    const none = buildTree(join(folder, 'none'), cardlessHost);
    expect((await hepsHere(folder, 'live', 'host', 'prepare', '--root', none)).stdout).toBe(
      'no NVIDIA card on this host: nothing to prepare\n',
    );
  });
});
