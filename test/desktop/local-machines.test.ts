/** Desktops on this computer, with the programs that they really have. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openLocalMachines } from '../../live/desktops/machines/local-machines.ts';
import type { MachineStatus, Machines } from '../../live/desktops/machines/machines.ts';
import type { MachineOrder } from '../../live/desktops/records/machine-order.ts';
import { drawnShare, takePicture } from '../guest/rfb-picture.ts';
import { linuxImage } from '../live/desktops/provisioning/orders.ts';

const vncPort = 5917;
const image = {
  ...linuxImage,
  software: [
    { title: 'Terminal', command: 'xterm -geometry 80x24+20+20', starts: true },
    { title: 'OpenGL', command: 'glxgears', starts: true },
    { title: 'Not here', command: 'no-such-program', starts: true },
  ],
  apps: [
    {
      ...linuxImage.apps[0]!,
      port: 8017,
      command:
        'mkdir -p "$HOME/web{base}" && exec python3 -m http.server 8017 --bind {address} --directory "$HOME/web"',
    },
  ],
};

let folder: string;
let machines: Machines;
const said: string[] = [];

const open = (mostMachines = 2): Machines =>
  openLocalMachines({
    folder,
    images: [image],
    appBase: (id, app) => `/apps/${id}/${app}`,
    log: (text) => said.push(text),
    mostMachines,
  });

const orders: MachineOrder[] = [];

function orderOf(changes: Partial<MachineOrder> = {}): MachineOrder {
  const order: MachineOrder = {
    id: randomUUID(),
    name: 'b7-chen-3f2a',
    glanceImage: image.glanceImage,
    size: { vcpus: 1, ramMib: 512, diskGib: 0 },
    gpu: { count: 0, memoryMib: 0 },
    networks: 'none',
    userData: '',
    metadata: {},
    vncPassword: 'k3Jm9QxZ',
    vncPort,
    person: 'chen',
    ...changes,
  };
  orders.push(order);
  return order;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-local-'));
});

beforeEach(() => {
  machines = open();
  return async () => {
    for (const { id } of orders.splice(0)) await machines.remove(id);
  };
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function addressOf(status: MachineStatus): string {
  if (status.kind !== 'running' || status.address === null) throw new Error(`it is ${JSON.stringify(status)}`);
  return status.address;
}

async function drawnAt(address: string): Promise<number> {
  return drawnShare(await takePicture(connect(vncPort, address), 'k3Jm9QxZ'));
}

function leaderOf(id: string): number {
  return Number(readFileSync(join(folder, 'machines', id, 'leader'), 'utf8').split(' ')[0]);
}

test('an order is a desktop that shows its programs to who has the password', async () => {
  const order = orderOf();
  const address = addressOf(await machines.order(order));
  expect(address).toMatch(/^127\.64\./);
  await vi.waitFor(async () => expect(await drawnAt(address)).toBeGreaterThan(0.1), {
    timeout: 20_000,
    interval: 200,
  });
  await expect(takePicture(connect(vncPort, address), 'wrong123')).rejects.toThrow('refused');
  expect(said.filter((line) => line.includes('no-such-program'))).toHaveLength(1);
});

test('the same id again is the same desktop, another one has an address of its own, and there is no room for a third', async () => {
  const [one, other] = [orderOf(), orderOf({ person: 'li' })];
  const first = await machines.order(one);
  expect(await machines.order(one)).toEqual(first);
  expect(addressOf(await machines.order(other))).not.toBe(addressOf(first));
  expect(await machines.order(orderOf())).toMatchObject({ kind: 'no-room' });
});

test('there is no card to have', async () => {
  expect(await machines.order(orderOf({ gpu: { count: 1, memoryMib: 0 } }))).toMatchObject({ kind: 'no-room' });
});

test('it is stopped, started and restarted at the same address', async () => {
  const order = orderOf();
  const address = addressOf(await machines.order(order));
  await machines.stop(order.id);
  expect((await machines.status(order.id)).kind).toBe('stopped');
  await expect(drawnAt(address)).rejects.toThrow();
  await machines.start(order.id);
  const leader = leaderOf(order.id);
  expect(addressOf(await machines.status(order.id))).toBe(address);
  await machines.restart(order.id);
  expect(leaderOf(order.id)).not.toBe(leader);
  await drawnAt(address);
});

test('it outlives the process that started it, and is found again by the next', async () => {
  const order = orderOf();
  const first = await machines.order(order);
  const next = open();
  expect(await next.status(order.id)).toEqual(first);
  await next.remove(order.id);
  expect(await machines.status(order.id)).toEqual({ kind: 'gone' });
});

test('a desktop whose leader was killed is stopped, and comes back without leftovers', async () => {
  const order = orderOf();
  const address = addressOf(await machines.order(order));
  process.kill(leaderOf(order.id), 'SIGKILL');
  await vi.waitFor(async () => expect((await machines.status(order.id)).kind).toBe('stopped'));
  await machines.start(order.id);
  await drawnAt(address);
});

test('another process that has the id of an ended leader is left alone', async () => {
  const order = orderOf();
  await machines.order(order);
  await machines.stop(order.id);
  // This process is a leader of nothing here, but its id stands in the file, with another beginning.
  writeFileSync(join(folder, 'machines', order.id, 'leader'), `${process.pid} 1\n`);
  expect((await machines.status(order.id)).kind).toBe('stopped');
});

test('a removed one is gone with all of its processes', async () => {
  const order = orderOf();
  await machines.order(order);
  const leader = leaderOf(order.id);
  await machines.remove(order.id);
  expect(await machines.status(order.id)).toEqual({ kind: 'gone' });
  const groups = execFileSync('ps', ['-eo', 'pgid=,stat=,comm='], { encoding: 'utf8' }).split('\n');
  // Ended ones may still wait for a first process that takes no notice of them.
  expect(groups.filter((line) => line.trim().startsWith(`${leader} `) && !/ Z/.test(line))).toEqual([]);
});

test('its web application answers below its path, at its address', async () => {
  const order = orderOf();
  const address = addressOf(await machines.order(order));
  const url = `http://${address}:8017/apps/${order.id}/files/`;
  await vi.waitFor(async () => expect((await fetch(url)).status).toBe(200), { timeout: 10_000, interval: 100 });
});

test.runIf(process.getuid?.() === 0)('root’s server runs it as nobody', async () => {
  const order = orderOf();
  await machines.order(order);
  expect(statSync(`/proc/${leaderOf(order.id)}`).uid).toBe(65_534);
  expect(statSync(join(folder, 'machines', order.id, 'vnc-password')).mode & 0o777).toBe(0o600);
});
