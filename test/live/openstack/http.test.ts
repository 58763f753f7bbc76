/** TLS: who is trusted, and that distrust is final. `tls/` has a certificate for 127.0.0.1 that nobody but these tests trusts. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NoAnswerError } from '../../../live/openstack/errors.ts';
import { openHttp } from '../../../live/openstack/http.ts';
import { openSession } from '../../../live/openstack/session.ts';
import { limitS, SkippingClock } from './skipping-clock.ts';

const file = (name: string) => join(import.meta.dirname, 'tls', name);
const server = createServer(
  { key: readFileSync(file('key.pem')), cert: readFileSync(file('certificate.pem')) },
  (_, response) => response.end('hello'),
);
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('a service with a certificate of one’s own authority answers', async () => {
  const http = openHttp(file('certificate.pem'), 5, limitS, new SkippingClock());
  const url = `https://127.0.0.1:${port}/`;
  expect(await http.exchange({ method: 'GET', url, headers: {}, body: null })).toMatchObject({
    status: 200,
    body: 'hello',
  });
  await http.close();
});

test.each([
  ['an unknown authority', null, '127.0.0.1', 'self-signed certificate'],
  ['a certificate for another name', file('certificate.pem'), 'localhost', "Hostname/IP does not match certificate's"],
])('%s is refused at once, before anything is sent', async (_, caFile, name, reason) => {
  const clock = new SkippingClock();
  const session = openSession(
    {
      name: 'tls',
      authUrl: `https://${name}:${port}/v3`,
      credential: { kind: 'application-credential', credential: { id: 'c' }, secret: () => 's' },
      region: null,
      interface: 'public',
      caFile,
    },
    { clock, exchangeLimitS: limitS },
  );
  const error = await session.endpoint('compute').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(NoAnswerError);
  expect(error).toMatchObject({ mayHaveArrived: false, message: expect.stringContaining(reason) });
  expect(clock.waitedS).toEqual([]);
  await session.close();
});

test('a file of authorities that cannot be read, or has none, is said at once', () => {
  const clock = new SkippingClock();
  expect(() => openHttp('/no/such.pem', 5, limitS, clock)).toThrow('cacert /no/such.pem: cannot be read (ENOENT)');
  expect(() => openHttp(file('key.pem'), 5, limitS, clock)).toThrow('expected PEM certificates');
});
