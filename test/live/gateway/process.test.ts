/** `heps live gateway` as it runs: over HTTPS, asking a server, until it is told to stop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from './harness.ts';
import { AuthorityServer } from './stubs/authority-server.ts';
import { MemoryAuthority } from './stubs/memory-authority.ts';
import * as m from './stubs/messages.ts';
import { RfbClient } from './stubs/rfb-client.ts';
import { VncStub } from './stubs/vnc-stub.ts';

let folder: string;
let stub: VncStub;
let authority: MemoryAuthority;
let server: AuthorityServer;
let child: ChildProcess;
let url: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heps-gateway-'));
  authority = new MemoryAuthority();
  [stub, server] = await Promise.all([VncStub.start(), AuthorityServer.start(authority, 'secret')]);
  for (const name of ['certificate', 'key']) {
    copyFileSync(`test/live/openstack/tls/${name}.pem`, join(folder, `${name}.pem`));
  }
  writeFileSync(join(folder, 'token'), 'secret\n');
  writeFileSync(
    join(folder, 'gateway.yaml'),
    `gateway: {port: 0, publicUrl: 'https://stream.test', certificateFile: certificate.pem, keyFile: key.pem, serverUrl: '${server.url.origin}', tokenFile: token}
desktops: {publicUrl: 'https://desk.test'}
`,
  );
  child = spawn(process.execPath, ['dist/cli.js', 'live', 'gateway', '--config', join(folder, 'gateway.yaml')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  ({ url } = JSON.parse(line) as { url: string });
});
afterEach(async () => {
  if (child.exitCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await Promise.all([stub.stop(), server.stop()]);
  rmSync(folder, { recursive: true });
});

test('carries a desktop over HTTPS, byte by byte, and reports it before it ends', async () => {
  const token = authority.mint(authority.grant(stub.port));
  const client = new RfbClient({ gateway: url, origin: 'https://desk.test', protocols: ['binary', `token.${token}`] });
  await client.handshake();
  // Pictures of many sizes: what is read into one piece of memory must not be overwritten while TLS has it.
  const pictures = Array.from({ length: 60 }, (_, row) =>
    m.update(m.rectangle(100, 10 * (row + 1), 0, Buffer.alloc(4000 * (row + 1), row + 1))),
  );
  const whole = Buffer.concat(pictures);
  const parts: Buffer[] = [];
  let bytes = 0;
  client.onBytes = (part) => {
    parts.push(part);
    bytes += part.length;
  };
  for (const picture of pictures) stub.sessions[0]!.socket.write(picture);
  await until(() => bytes === whole.length, 'all pictures');
  expect(Buffer.concat(parts).equals(whole)).toBe(true);

  child.kill('SIGTERM');
  expect((await client.closed).code).toBe(1001);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(authority.reports).toMatchObject([{ reason: 'gateway-stops', frames: 60, bytesOut: whole.length }]);
});
