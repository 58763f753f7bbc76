import { afterEach, describe, expect, test } from 'vitest';
import { ByteSource } from '../../../../live/gateway/rfb/byte-source.ts';
import { letIn } from '../../../../live/gateway/rfb/handshake.ts';
import { answerChallenge } from '../../../../live/gateway/rfb/vnc-password.ts';
import { clientOf, type Harness, startHarness, until } from '../harness.ts';
import { serverInit, VncStub } from '../stubs/vnc-stub.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(options: Parameters<typeof VncStub.start>[0]): Promise<{ stub: VncStub; harness: Harness }> {
  const stub = await VncStub.start(options);
  const harness = await startHarness();
  stops.push(
    () => harness.stop(),
    () => stub.stop(),
  );
  return { stub, harness };
}

test('the answer to a challenge is that of DES with reversed bits', () => {
  // Checked with single DES of OpenSSL's legacy provider: key 0e86ceceeef64e26 is "password" with its bits reversed.
  const challenge = Buffer.from('0123456789abcdef0123456789abcdef', 'hex');
  expect(answerChallenge(challenge, 'password').toString('hex')).toBe('2b237257e9f90c812b237257e9f90c81');
  expect(answerChallenge(challenge, 'password and more')).toEqual(answerChallenge(challenge, 'password'));
});

describe('at the desktop', () => {
  test.each(['003.003', '003.007', '003.008', '003.889', '004.001'])(
    'the gateway logs in at version %s, with the password and without',
    async (version) => {
      for (const password of [null, 'geheim42']) {
        const { stub, harness } = await start({ version, password });
        const upstream = { kind: 'vnc', address: '127.0.0.1', port: stub.port, password } as const;
        const client = await harness.open(harness.authority.grant(0, { upstream }));
        await until(() => stub.sessions.length === 1);
        client.ws.terminate();
      }
    },
  );

  test('the session is shared, whatever the browser asks for', async () => {
    const { stub, harness } = await start({});
    await harness.open(harness.authority.grant(stub.port));
    expect(stub.sessions[0]!.isShared).toBe(true);
  });

  test('the browser is told size, format and name', async () => {
    const { stub, harness } = await start({ width: 800, height: 600, name: 'B7' });
    const client = clientOf(harness.gateway, harness.authority.mint(harness.authority.grant(stub.port)));
    expect(await client.handshake()).toEqual(serverInit(800, 600, 'B7'));
  });

  test('a wrong password closes the stream as a desktop that does not answer', async () => {
    const { stub, harness } = await start({ password: 'right' });
    const upstream = { kind: 'vnc', address: '127.0.0.1', port: stub.port, password: 'wrong' } as const;
    const token = harness.authority.mint(harness.authority.grant(0, { upstream }));
    expect((await clientOf(harness.gateway, token).closed).code).toBe(4502);
    await until(() => harness.lines.join('').includes('does not accept its password'), 'the reason in the log');
  });
});

test('a browser that speaks another version is not let in', async () => {
  const source = new ByteSource();
  const sent: Buffer[] = [];
  const done = letIn({ source, send: (bytes) => void sent.push(bytes) });
  source.push(Buffer.from('RFB 003.003\n'));
  await expect(done).rejects.toThrow(/003\.008/);
});
