import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientOf, type Harness, portal, startHarness, until } from '../harness.ts';
import * as m from '../stubs/messages.ts';
import { RfbClient } from '../stubs/rfb-client.ts';
import { VncStub } from '../stubs/vnc-stub.ts';

let stub: VncStub;
let harness: Harness;
beforeEach(async () => {
  stub = await VncStub.start();
  harness = await startHarness();
});
afterEach(async () => {
  await harness.stop();
  await stub.stop();
});

describe('a stream', () => {
  test('a stream carries what both sides say', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    client.ws.send(m.key());
    await until(() => stub.sessions[0]!.heard.length === 8);
    const picture = m.update(m.raw(300, 200));
    stub.sessions[0]!.socket.write(picture);
    await until(() => client.heard.length === picture.length);
    expect(client.heard.equals(picture)).toBe(true);
  });

  test('rule 10: of one who may only look brings no key to the desktop', async () => {
    const client = await harness.open(harness.authority.grant(stub.port, { role: 'view' }));
    client.ws.send(Buffer.concat([m.key(), m.pointer(), m.cutText(6, 'x'), m.updateRequest()]));
    await until(() => stub.sessions[0]!.heard.length > 0);
    expect(stub.sessions[0]!.heard).toEqual(m.updateRequest());
  });

  test('control that is given and taken back holds for the open stream, and the page that takes notes is told', async () => {
    const grant = harness.authority.grant(stub.port, { role: 'view' });
    const token = harness.authority.mint(grant);
    const protocols = ['binary', 'heps-notes', `token.${token}`];
    const client = new RfbClient({ gateway: harness.gateway.url, origin: portal, protocols });
    const notes: string[] = [];
    const { onBytes } = client;
    client.onBytes = (bytes) => {
      if (bytes.toString().startsWith('{')) notes.push(bytes.toString());
      else onBytes(bytes);
    };
    await client.handshake();
    const session = stub.sessions[0]!;
    client.ws.send(Buffer.concat([m.key(), m.updateRequest()]));
    await until(() => session.heard.length === 10);
    harness.authority.roles.set(grant.id, 'control');
    await until(() => notes.length === 2, 'control');
    client.ws.send(Buffer.concat([m.key(0x62), m.updateRequest()]));
    await until(() => session.heard.length === 28);
    expect(session.heard.subarray(10, 18)).toEqual(m.key(0x62));
    harness.authority.roles.clear();
    await until(() => notes.length === 3, 'view');
    client.ws.send(Buffer.concat([m.key(0x63), m.updateRequest()]));
    await until(() => session.heard.length === 38);
    expect(notes).toEqual(['{"role":"view"}', '{"role":"control"}', '{"role":"view"}']);
    expect(client.ws.readyState).toBe(client.ws.OPEN);
    expect(client.ws.protocol).toBe('binary');
  });

  test('a stream of a page that takes bytes only brings no notes', async () => {
    const grant = harness.authority.grant(stub.port, { role: 'view' });
    const client = await harness.open(grant);
    harness.authority.roles.set(grant.id, 'control');
    const { heard } = stub.sessions[0]!;
    while (stub.sessions[0]!.heard === heard) {
      client.ws.send(m.key());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(client.heard).toHaveLength(0);
  });

  test('a stream brings every byte in order to a browser that is slow, and does not keep them all', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    const rows = 60;
    const pictures = Array.from({ length: rows }, (_, row) =>
      m.update(m.rectangle(1000, 250, 0, Buffer.alloc(1e6, row))),
    );
    client.ws.pause();
    for (const picture of pictures) stub.sessions[0]!.socket.write(picture);
    // The desktop cannot get rid of it all: the gateway has stopped to read.
    await until(() => harness.register.getSingleMetric('heps_gateway_bytes_total') !== undefined);
    await until(() => stub.sessions[0]!.socket.writableLength > 0);
    let at = 0;
    const whole = Buffer.concat(pictures);
    client.onBytes = (bytes) => {
      expect(whole.compare(bytes, 0, bytes.length, at, at + bytes.length)).toBe(0);
      at += bytes.length;
    };
    client.ws.resume();
    await until(() => at === whole.length);
  });

  test('a stream counts frames and bytes, and says so when it has ended', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    const picture = m.update(m.raw(10, 10));
    stub.sessions[0]!.socket.write(Buffer.concat([picture, picture, m.bell()]));
    await until(() => client.heard.length === 2 * picture.length + 1);
    client.ws.send(m.key());
    await until(() => stub.sessions[0]!.heard.length === 8);
    client.ws.close();
    await until(() => harness.authority.reports.length === 1);
    const bytesOut = 2 * picture.length + 1;
    expect(harness.authority.reports[0]).toMatchObject({
      grantId: 'grant-1',
      reason: 'client-closed',
      frames: 2,
      bytesOut,
    });
    const text = await harness.register.metrics();
    expect(text).toContain('heps_gateway_frames_total 2');
    expect(text).toContain('heps_gateway_open{backend="vnc"} 0');
    expect(text).toContain('heps_gateway_closed_total{backend="vnc",reason="client-closed"} 1');
    expect(text).toContain('heps_gateway_connect_seconds_count{backend="vnc"} 1');
  });

  test('a stream tells the authority when somebody has last done something; looking is nothing', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    client.ws.send(m.updateRequest());
    await until(() => harness.authority.asked.length === 1);
    expect(harness.authority.asked).toEqual([{ id: 'grant-1', activeAtS: null }]);
    client.ws.send(m.pointer());
    await until(() => typeof harness.authority.asked[0]?.activeAtS === 'number');
  });
});

describe('a stream ends', () => {
  test('rule 9: when the right ends, with the sentence', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    harness.authority.ended.set('grant-1', 'The owner no longer shares this desktop.');
    expect(await client.closed).toEqual({ code: 4401, reason: 'The owner no longer shares this desktop.' });
    await until(() => stub.sessions[0]!.socket.destroyed);
  });

  test('when its time is over', async () => {
    const client = await harness.open(harness.authority.grant(stub.port, { endsAtS: Date.now() / 1000 + 0.2 }));
    expect((await client.closed).code).toBe(4401);
  });

  test('when nobody has done anything for too long', async () => {
    const client = await harness.open(harness.authority.grant(stub.port, { idleLimitS: 0.1 }));
    expect((await client.closed).code).toBe(4408);
  });

  test('when the desktop goes away, or is not there', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    stub.sessions[0]!.socket.destroy();
    expect((await client.closed).code).toBe(4502);
    const { port } = stub;
    await stub.stop();
    expect((await clientOf(harness.gateway, harness.authority.mint(harness.authority.grant(port))).closed).code).toBe(
      4502,
    );
    stub = await VncStub.start();
  });

  test('when the desktop does not answer the handshake in time', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { connectLimitS: 0.2 } });
    const { createServer } = await import('node:net');
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const client = clientOf(harness.gateway, harness.authority.mint(harness.authority.grant(port)));
    expect((await client.closed).code).toBe(4502);
    silent.close();
  });

  test('when the authority does not answer for too long', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { authorityLimitS: 0.05, authorityAwayLimitS: 0.2 } });
    const client = await harness.open(harness.authority.grant(stub.port));
    harness.authority.isAway = true;
    expect((await client.closed).code).toBe(1001);
  });

  test('when the browser sends what is no message, and when it sends a text', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    client.ws.send(Buffer.from([99]));
    expect((await client.closed).code).toBe(1002);
    const other = await harness.open(harness.authority.grant(stub.port));
    other.ws.send('text');
    expect((await other.closed).code).toBe(1002);
  });

  test('when the browser sends more at once than it may', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    client.ws.send(Buffer.alloc(70_000));
    expect((await client.closed).code).toBe(1009);
  });

  test('when the gateway stops', async () => {
    const client = await harness.open(harness.authority.grant(stub.port));
    await harness.stop();
    expect((await client.closed).code).toBe(1001);
    expect(harness.authority.reports).toMatchObject([{ grantId: 'grant-1', reason: 'gateway-stops' }]);
    harness = await startHarness();
  });

  test('when the browser answers no ping', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { pingIntervalS: 0.1 } });
    const client = await harness.open(harness.authority.grant(stub.port));
    client.ws.pause();
    await until(() => harness.authority.reports.length === 1);
    expect(harness.authority.reports[0]!.reason).toBe('client-lost');
    client.ws.terminate();
  });
});

describe('numbers', () => {
  test('one person has as many streams as allowed, and no more', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { mostOpenPerPerson: 2 } });
    const grants = Array.from({ length: 3 }, () => harness.authority.grant(stub.port));
    await harness.open(grants[0]!);
    await harness.open(grants[1]!);
    await expect(harness.open(grants[2]!)).rejects.toThrow('429');
    await harness.open({ ...grants[2]!, person: 'li' });
  });

  test('rule 8: an address connects so often and no more', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { connectBurst: 2, connectPerS: 0.001 } });
    const open = (): Promise<RfbClient> => harness.open(harness.authority.grant(stub.port));
    await open();
    await open();
    await expect(open()).rejects.toThrow('429');
    await expect(open()).rejects.toThrow('429');
    // The audit trail has the first of them only.
    expect(harness.authority.refusals).toEqual(['rate-limit']);
  });
});

test('rule 4: no token reaches the log, the metrics or an answer', async () => {
  const { authority, gateway } = harness;
  const tokens = ['fragment', 'unknown', 'other origin', 'connect', 'app'].map(() =>
    authority.mint(authority.grant(stub.port)),
  );
  await clientOf(gateway, tokens[0]!).handshake();
  await clientOf(gateway, tokens[0]!).closed;
  const elsewhere = { gateway: gateway.url, origin: 'http://evil.test', protocols: ['binary', `token.${tokens[1]!}`] };
  await new RfbClient(elsewhere).closed;
  await new RfbClient({ ...elsewhere, origin: portal, protocols: [`token.${tokens[2]!}`, 'binary'] }).closed;
  for (const path of ['connect', 'apps/start', 'stream', 'nothing', 'desktop']) {
    const response = await fetch(`${gateway.url}/${path}?token=${tokens[3]!}`, { redirect: 'manual' });
    expect(await response.text()).not.toContain(tokens[3]!);
    expect(response.headers.get('location') ?? '').not.toContain('token');
  }
  const said = harness.lines.join('') + (await harness.register.metrics());
  for (const token of tokens) expect(said).not.toContain(token);
  expect(said).toContain('stream opened');
});
