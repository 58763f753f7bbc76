/** Installing, with a program of that name in place of Debian's. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { aptGet } from '../../../live/demo/debian-packages.ts';
import { temporaryFolder } from '../srm/build.ts';

let folder: string;
let remove: () => void;

beforeEach(() => {
  ({ path: folder, remove } = temporaryFolder());
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  remove();
});

function fakeAptGet(script: string): void {
  writeFileSync(join(folder, 'apt-get'), `#!/bin/sh\ncd ${folder}\necho "$@" >> asked\n${script}\n`);
  chmodSync(join(folder, 'apt-get'), 0o755);
}

test("another installation's lock is waited for, and said once with who has it", async () => {
  const locked = 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4242 (unattended-upgr)';
  fakeAptGet(`[ "$(wc -l < asked)" -ge 3 ] || { echo '${locked}' >&2; exit 100; }`);
  const said: string[] = [];
  await aptGet(['install', '-y', 'xterm'], (text) => said.push(text));
  expect(said).toEqual(['waits for another installation to end, process 4242 (unattended-upgr)']);
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('-qq install -y xterm\n'.repeat(3));
}, 20_000);

test('what apt-get says when it fails is told', async () => {
  fakeAptGet("echo 'E: Unable to locate package xterm' >&2; exit 100");
  await expect(aptGet(['install', 'xterm'], () => {})).rejects.toThrow(
    'apt-get install xterm ended with 100: E: Unable to locate package xterm',
  );
});
