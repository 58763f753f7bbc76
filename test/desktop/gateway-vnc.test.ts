/** The gateway in front of a real TigerVNC. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodings } from '../../live/gateway/rfb/encodings.ts';
import { ItemStream } from '../../live/gateway/rfb/item-stream.ts';
import { ServerMessages } from '../../live/gateway/rfb/server-messages.ts';
import { type Harness, startHarness, until } from '../live/gateway/harness.ts';
import * as m from '../live/gateway/stubs/messages.ts';
import type { RfbClient } from '../live/gateway/stubs/rfb-client.ts';
import { hasProgram, VncDesktop } from './vnc-desktop.ts';

const password = 'geheim42';

describe.skipIf(!['Xtigervnc', 'xterm', 'tigervncpasswd'].every(hasProgram))('a real desktop', () => {
  let desktop: VncDesktop;
  let harness: Harness;
  beforeEach(async () => {
    desktop = await VncDesktop.start(password);
    harness = await startHarness();
  });
  afterEach(async () => {
    await harness.stop();
    await desktop.stop();
  });

  /** As noVNC asks, all encodings. */
  async function look(role: 'owner' | 'view'): Promise<{ client: RfbClient; frames: () => number }> {
    const upstream = { kind: 'vnc', address: '127.0.0.1', port: desktop.port, password } as const;
    const client = await harness.open(harness.authority.grant(0, { upstream, role }));
    const messages = new ServerMessages({
      role: 'owner',
      clipboard: { mostIn: 1e6, mostOut: 1e6 },
      format: { bytesPerPixel: 4, bytesPerTightPixel: 3 },
      takesExtendedClipboard: false,
      takesExtendedMouse: false,
    });
    const stream = new ItemStream(messages);
    client.onBytes = (bytes) => {
      const before = messages.frames;
      stream.push(bytes);
      for (let frame = before; frame < messages.frames; frame++) client.ws.send(m.updateRequest());
    };
    const all = [...Object.values(encodings).filter((each) => each !== encodings.raw), encodings.raw, 5, 21, -26, -254];
    client.ws.send(Buffer.concat([m.setPixelFormat(), m.setEncodings(...all), m.updateRequest()]));
    return { client, frames: () => messages.frames };
  }

  function type(client: RfbClient, text: string): void {
    for (const letter of text) {
      const code = letter === '\n' ? 0xff0d : letter.charCodeAt(0);
      const up = m.key(code);
      up[1] = 0;
      client.ws.send(Buffer.concat([m.key(code), up]));
    }
  }

  test('is seen and typed into without its password, and every message of it is understood', async () => {
    desktop.start('xterm', '-geometry', '80x24+0+0', '-e', 'sh', '-c', 'read line; echo "$line" > typed');
    const { client, frames } = await look('owner');
    await until(() => frames() > 0, 'a picture');
    client.ws.send(m.pointer(100, 100, 0)); // the pointer decides who gets the keys
    const file = join(desktop.folder, 'typed');
    const endMs = performance.now() + 20_000;
    // xterm may not take keys yet.
    while (!existsSync(file) && performance.now() < endMs) {
      type(client, 'hello\n');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await until(() => readFileSync(file, 'utf8').length > 0);
    expect(readFileSync(file, 'utf8')).toBe('hello\n');
    expect(client.ws.readyState).toBe(client.ws.OPEN);
  });

  test('gets no key of one who may only look, while the owner types', async () => {
    desktop.start('xterm', '-geometry', '80x24+0+0', '-e', 'sh', '-c', 'read line; echo "$line" > typed');
    const owner = await look('owner');
    const viewer = await look('view');
    await until(() => owner.frames() > 0 && viewer.frames() > 0, 'both pictures');
    owner.client.ws.send(m.pointer(100, 100, 0));
    const file = join(desktop.folder, 'typed');
    const endMs = performance.now() + 20_000;
    while (!existsSync(file) && performance.now() < endMs) {
      type(viewer.client, 'evil');
      type(owner.client, 'good\n');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await until(() => readFileSync(file, 'utf8').length > 0);
    expect(readFileSync(file, 'utf8')).toBe('good\n');
  });
});
