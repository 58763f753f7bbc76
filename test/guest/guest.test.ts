/** Our user data in a real guest: account, storage, desktop and web application as the directory and the station say. */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createWebSocketStream, WebSocket } from 'ws';
import { buildUserData } from '../../live/desktops/provisioning/user-data.ts';
import { order as plainOrder } from '../live/desktops/provisioning/orders.ts';
import { portal, startHarness } from '../live/gateway/harness.ts';
import { bootGuest, buildImage, type Guest } from './guest.ts';
import { drawnShare, type Picture, pngOf, takePicture } from './rfb-picture.ts';

const base = plainOrder.desktop.appBase.files!;
/** A web application that reports every second what the person sees. */
const facts = `mkdir -p /tmp/facts{base}
while :; do
  {
    id
    getent passwd chen
    stat -c '%n %a %U' /etc/heps/vnc-password
    cat /etc/fstab
    find ~/Desktop -maxdepth 1 -mindepth 1 -printf '%f -> %l\\n'
    ps -eo user:16,comm
  } > /tmp/facts/new
  mv /tmp/facts/new /tmp/facts{base}/index.html
  sleep 1
done &
exec python3 -m http.server 8000 --directory /tmp/facts`;
const displayName = `Chen "Wei" $(touch /tmp/injected) 'o' \`id\`: a, b`;
const order = {
  ...plainOrder,
  person: { ...plainOrder.person, displayName },
  image: { ...plainOrder.image, apps: [{ ...plainOrder.image.apps[0]!, command: facts }] },
};

let guest: Guest;
let seen: string;

beforeAll(async () => {
  buildImage();
  guest = await bootGuest(buildUserData(order), [order.desktop.vncPort, 8000]);
  console.log(`desktop ready ${guest.readyAfterS.toFixed(0)} s after power-on`);
  seen = await factsOf(guest);
});

afterAll(async () => {
  await guest?.stop();
});

/** What the application tells once the station's program runs, which is the last to come. */
async function factsOf({ ports }: Guest): Promise<string> {
  const url = `http://127.0.0.1:${ports.get(8000)}${base}/`;
  return await vi.waitFor(
    async () => {
      const text = await (await fetch(url)).text();
      expect(text).toMatch(/^chen +xterm/m);
      return text;
    },
    { timeout: 300_000, interval: 500 },
  );
}

test("the account has the directory's numbers, though the image gave them to another, and its groups but those with power", () => {
  // The image has a group of that number, whose name stays.
  expect(seen).toContain('uid=10001(chen) gid=10001(occupied) groups=');
  expect(seen).toContain('20007(b7)');
  expect(seen).toContain('20100(heps-20100)');
  expect(seen).not.toMatch(/sudo|[Dd]ocker/);
});

test('a hostile name is in the account as text', () => {
  expect(seen).toContain(`chen:x:10001:10001:Chen "Wei" $(touch /tmp/injected) 'o' \`id\`  a  b:/home/chen:/bin/bash`);
});

test('the storage that the person has a right to is in fstab, and linked on the desktop', () => {
  expect(seen).toContain('10.1.0.5@tcp:/heps /heps lustre flock,nofail,_netdev 0 0');
  expect(seen).toContain('//nas/raw\\040data /raw\\040data cifs ro,nofail,_netdev,uid=10001,gid=10001 0 0');
  expect(seen).not.toContain('nas:/secret');
  expect(seen).toContain('chen -> /heps/b7/chen\n');
  expect(seen).toContain('b7 -> /raw data/b7\n');
});

test('desktop, program and application are the person’s, and the VNC password is for her alone', () => {
  expect(seen).toContain('/etc/heps/vnc-password 600 chen');
  for (const program of ['Xtigervnc', 'openbox', 'xterm']) expect(seen).toMatch(new RegExp(`^chen +${program}`, 'm'));
  expect(seen).toContain('2.desktop -> \n');
});

/** Takes pictures until there is something on the background: a terminal of 80 × 24 letters takes 7 % of it. */
async function pictureBy(connectTo: () => Duplex, password: string | null, name: string): Promise<Picture> {
  const picture = await vi.waitFor(
    async () => {
      const taken = await takePicture(connectTo(), password);
      expect(drawnShare(taken)).toBeGreaterThan(0.05);
      return taken;
    },
    { timeout: 110_000, interval: 1_000 },
  );
  const file = join(tmpdir(), `heps-guest-${name}.png`);
  writeFileSync(file, pngOf(picture));
  console.log(`its picture: ${file}`);
  return picture;
}

test('the desktop shows its programs to who has the password', async () => {
  const port = guest.ports.get(order.desktop.vncPort)!;
  const picture = await pictureBy(() => connect(port, '127.0.0.1'), order.desktop.vncPassword, 'direct');
  expect([picture.width, picture.height]).toEqual([1920, 1080]);
});

test('through the gateway a token shows the same, and the browser is told no password', async () => {
  const harness = await startHarness();
  const upstream = {
    kind: 'vnc',
    address: '127.0.0.1',
    port: guest.ports.get(order.desktop.vncPort)!,
    password: order.desktop.vncPassword,
  } as const;
  const viaGateway = () => {
    const token = harness.authority.mint(harness.authority.grant(upstream.port, { upstream }));
    const ws = new WebSocket(`${harness.gateway.url.replace('http', 'ws')}/stream`, ['binary', `token.${token}`], {
      origin: portal,
    });
    return createWebSocketStream(ws);
  };
  try {
    const picture = await pictureBy(viaGateway, null, 'gateway');
    expect([picture.width, picture.height]).toEqual([1920, 1080]);
  } finally {
    await harness.stop();
  }
});

test('another password is refused', async () => {
  const stream = connect(guest.ports.get(order.desktop.vncPort)!, '127.0.0.1');
  await expect(takePicture(stream, 'wrong123')).rejects.toThrow('the password was refused');
  stream.destroy();
});
