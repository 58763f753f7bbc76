import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { consoleAddress } from '../../../../live/gateway/streams/console-link.ts';
import { clientOf, type Harness, startHarness, until } from '../harness.ts';
import * as m from '../stubs/messages.ts';
import { VncStub } from '../stubs/vnc-stub.ts';

/** As Nova's proxy: RFB over WebSocket, for one who has the token and comes from a page of the proxy's own host. */
let proxy: WebSocketServer;
let asked: { readonly url: string; readonly origin: string | undefined; readonly protocols: string | undefined }[];
let stub: VncStub;
let harness: Harness;
beforeEach(async () => {
  stub = await VncStub.start();
  asked = [];
  proxy = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(proxy, 'listening');
  proxy.on('connection', (ws, { url, headers }) => {
    asked.push({ url: url!, origin: headers.origin, protocols: headers['sec-websocket-protocol'] });
    const stream = createWebSocketStream(ws);
    stream.on('error', () => {});
    stream.pipe(connect(stub.port, '127.0.0.1')).pipe(stream);
  });
  harness = await startHarness({ consoleHosts: [`127.0.0.1:${portOf()}`] });
});
afterEach(async () => {
  await harness.stop();
  for (const client of proxy.clients) client.terminate();
  proxy.close();
  await stub.stop();
});

const portOf = (): number => (proxy.address() as { port: number }).port;
const consoleOf = (url: string) => harness.authority.grant(0, { upstream: { kind: 'console', url } });

test("an administrator sees Nova's console, through the same filters", async () => {
  const client = await harness.open(consoleOf(`http://127.0.0.1:${portOf()}/vnc_lite.html?path=%3Ftoken%3Dabc-1`));
  expect(asked).toEqual([{ url: '/?token=abc-1', origin: `http://127.0.0.1:${portOf()}`, protocols: 'binary' }]);
  const picture = m.update(m.raw(500, 400));
  stub.sessions[0]!.socket.write(Buffer.concat([m.cutText(3, 'x'.repeat(2000)), picture]));
  await until(() => client.heard.length === picture.length);
  expect(client.heard.equals(picture)).toBe(true);
  client.ws.send(m.key());
  await until(() => stub.sessions[0]!.heard.length === 8);
});

test('no other host is asked, and the console’s token stands in no log', async () => {
  const token = 'a-secret-of-nova';
  const client = clientOf(harness.gateway, harness.authority.mint(consoleOf(`http://127.0.0.1:1/?token=${token}`)));
  expect((await client.closed).code).toBe(4502);
  await until(() => harness.authority.reports.length === 1);
  expect(asked).toEqual([]);
  const port = portOf();
  proxy.close();
  const gone = clientOf(harness.gateway, harness.authority.mint(consoleOf(`http://127.0.0.1:${port}/?token=${token}`)));
  await gone.closed;
  expect(harness.lines.join('')).not.toContain(token);
});

test.each([
  ['http://nova:6080/vnc_lite.html?path=%3Ftoken%3Dabc', 'ws://nova:6080/?token=abc'],
  ['https://nova/vnc_auto.html?token=abc', 'wss://nova/?token=abc'],
  ['wss://nova:6083/?token=a%26b', 'wss://nova:6083/?token=a%26b'],
  ['http://nova:6080/vnc_lite.html', null],
  ['ftp://nova/?token=abc', null],
  ['http://user@nova/?token=abc', null],
  ['no address', null],
])('the page %s has its console at %s', (page, address) => {
  expect(consoleAddress(page)?.href ?? null).toBe(address);
});
