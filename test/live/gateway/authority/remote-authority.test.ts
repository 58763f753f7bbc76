import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RemoteAuthority } from '../../../../live/gateway/authority/remote-authority.ts';
import { startHarness } from '../harness.ts';
import { AuthorityServer } from '../stubs/authority-server.ts';
import { MemoryAuthority } from '../stubs/memory-authority.ts';

const attempt = { address: '10.0.0.1', requestId: 'r1' };

describe('a separate gateway asks the server', () => {
  const memory = new MemoryAuthority();
  let server: AuthorityServer;
  let remote: RemoteAuthority;
  beforeEach(async () => {
    server = await AuthorityServer.start(memory, 'secret');
    remote = new RemoteAuthority({ url: server.url, token: 'secret' });
  });
  afterEach(async () => {
    remote.close();
    await server.stop();
  });

  test('for the right of a token, which is good once', async () => {
    const grant = memory.grant(5901);
    const token = memory.mint(grant);
    expect(await remote.redeem({ token, ...attempt })).toEqual(grant);
    expect(memory.attempts.at(-1)).toEqual({ token, ...attempt });
    await expect(remote.redeem({ token, ...attempt })).rejects.toMatchObject({
      name: 'Refused',
      reason: 'token-unknown',
    });
  });

  test('for the right of an application', async () => {
    const grant = memory.grant(0, { upstream: { kind: 'app', address: '10.0.0.5', port: 8888 } });
    const { secret, path, endsAtS } = await remote.exchange({ token: memory.mint(grant), ...attempt });
    expect([path, endsAtS]).toEqual([`/apps/${grant.desktopId}/jupyter/tree`, grant.endsAtS]);
    expect(await remote.appGrant(secret, grant.desktopId, 'jupyter')).toEqual(grant);
    await expect(remote.appGrant(secret, grant.desktopId, 'other')).rejects.toMatchObject({ reason: 'token-unknown' });
  });

  test('which rights have ended, and tells it what became of connections', async () => {
    memory.ended.set('grant-9', 'over');
    memory.roles.set('grant-8', 'control');
    const open = [
      { id: 'grant-9', activeAtS: 5 },
      { id: 'grant-8', activeAtS: null },
    ];
    expect(await remote.check(open)).toEqual({
      ended: new Map([['grant-9', 'over']]),
      roles: new Map([['grant-8', 'control']]),
    });
    expect(memory.asked).toEqual(open);
    const report = { grantId: 'grant-9', reason: 'idle', openS: 3, bytesIn: 1, bytesOut: 2, frames: 1 };
    await remote.closed(report);
    await remote.refused('origin', '10.0.0.1', 'r1');
    expect([memory.reports, memory.refusals]).toEqual([[report], ['origin']]);
  });

  test('with its token, and says no more than the status where that is not accepted', async () => {
    const other = new RemoteAuthority({ url: server.url, token: 'another secret' });
    await expect(other.check([])).rejects.toThrow(/^the server answered 401 when it was asked to check$/);
    other.close();
  });

  test('over again where a kept connection was just closed', async () => {
    await remote.check([]);
    const { url } = server;
    await server.stop();
    server = await AuthorityServer.start(memory, 'secret', Number(url.port));
    expect((await remote.check([])).ended).toEqual(new Map());
  });
});

test('no answer in time is an error, and so the gateway refuses', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = new URL(`http://127.0.0.1:${(silent.address() as { port: number }).port}`);
  const authority = new RemoteAuthority({ url, token: 'secret', limitS: 0.1 });
  await expect(authority.check([])).rejects.toThrow();
  const harness = await startHarness({ authority });
  const { statusCode } = await (await import('undici')).request(
    `${harness.gateway.url}/connect?token=${'a'.repeat(43)}`,
  );
  expect(statusCode).toBe(503);
  await harness.stop();
  authority.close();
  silent.closeAllConnections();
  silent.close();
});
