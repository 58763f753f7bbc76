/** Our user data in a real guest: account, storage, desktop and web application as the directory and the station say. */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildUserData } from '../../live/desktops/provisioning/user-data.ts';
import { order as plainOrder } from '../live/desktops/provisioning/orders.ts';
import { bootGuest, buildImage, type Guest } from './guest.ts';
import { coloursOf, pngOf, takePicture } from './rfb-picture.ts';

const base = plainOrder.desktop.appBase.files!;
/** A web application that tells, anew each second, what the person sees. */
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
    { timeout: 60_000, interval: 500 },
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

test('the desktop shows a picture to who has the password', async () => {
  const picture = await vi.waitFor(
    async () => {
      const stream = connect(guest.ports.get(order.desktop.vncPort)!, '127.0.0.1');
      const taken = await takePicture(stream, order.desktop.vncPassword);
      expect(coloursOf(taken)).toBeGreaterThan(10);
      return taken;
    },
    { timeout: 60_000, interval: 1_000 },
  );
  const file = join(tmpdir(), 'heps-guest-desktop.png');
  writeFileSync(file, pngOf(picture));
  console.log(`its picture: ${file}`);
  expect([picture.width, picture.height]).toEqual([1920, 1080]);
});

test('another password is refused', async () => {
  const stream = connect(guest.ports.get(order.desktop.vncPort)!, '127.0.0.1');
  await expect(takePicture(stream, 'wrong123')).rejects.toThrow('the password was refused');
  stream.destroy();
});
