/** The clipboard through the gateway to a real TigerVNC: any Unicode, each way as the station allows it. */
import { constants, inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClipboardPolicy, DesktopRole } from '../../core/wire/portal.ts';
import { clipboardActions, cutTextAction, cutTextAt } from '../../live/gateway/rfb/clipboard.ts';
import { encodings } from '../../live/gateway/rfb/encodings.ts';
import { type Harness, startHarness } from '../live/gateway/harness.ts';
import * as m from '../live/gateway/stubs/messages.ts';
import type { RfbClient } from '../live/gateway/stubs/rfb-client.ts';
import { hasProgram, VncDesktop } from './vnc-desktop.ts';

const text = 'Grüße, 中文輸入 “quoted” – 🦊👩‍🔬\n第二行';
const waitOptions = { timeout: 20_000, interval: 100 };

/** Does what noVNC does: says what it takes, asks for what is announced, gives what it is asked for. */
class ClipboardUser {
  readonly heard: string[] = [];
  /** Kinds of the messages that came, plain texts as `plain`. */
  readonly kinds: string[] = [];
  #text: string | null = null;
  #bytes = Buffer.alloc(0);
  readonly #client: RfbClient;

  constructor(client: RfbClient) {
    this.#client = client;
    client.onBytes = (bytes) => this.#receive(bytes);
    client.ws.send(m.setEncodings(encodings.raw, encodings.extendedClipboard));
  }

  put(text: string): void {
    this.#text = text;
    this.#client.ws.send(m.notifyText(6));
  }

  ask(): void {
    this.#client.ws.send(m.requestText(6));
  }

  #receive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const text = cutTextAt(this.#bytes, 0);
      if (text === null || this.#bytes.length < text.bytes) return;
      expect(this.#bytes[0]).toBe(3);
      this.#one(this.#bytes.subarray(0, text.bytes), text.isExtended ? cutTextAction(this.#bytes, 0, text)! : null);
      this.#bytes = this.#bytes.subarray(text.bytes);
    }
  }

  #one(message: Buffer, action: number | null): void {
    const { ws } = this.#client;
    const kind = Object.entries(clipboardActions).find(([, each]) => each === action)?.[0] ?? 'plain';
    this.kinds.push(kind);
    if (kind === 'plain') this.heard.push(message.toString('latin1', 8));
    if (kind === 'caps') ws.send(m.caps(6));
    if (kind === 'notify' && (message.readUInt32BE(8) & 1) !== 0) this.ask();
    if (kind === 'request' && this.#text !== null) ws.send(m.provideText(6, this.#text.replaceAll('\n', '\r\n')));
    if (kind === 'provide') {
      const data = inflateSync(message.subarray(12), { finishFlush: constants.Z_SYNC_FLUSH });
      this.heard.push(
        data
          .toString('utf8', 4, 4 + data.readUInt32BE(0))
          .replace(/\0$/, '')
          .replaceAll('\r\n', '\n'),
      );
    }
  }
}

describe.skipIf(!['Xtigervnc', 'xclip', 'tigervncpasswd'].every(hasProgram))('the clipboard of a real desktop', () => {
  let desktop: VncDesktop;
  let harness: Harness;
  beforeEach(async () => {
    desktop = await VncDesktop.start('geheim42', '-MaxCutText', '16777216');
    harness = await startHarness();
  });
  afterEach(async () => {
    await harness.stop();
    await desktop.stop();
  });

  async function user(clipboard: ClipboardPolicy, role: DesktopRole = 'owner'): Promise<ClipboardUser> {
    const upstream = { kind: 'vnc', address: '127.0.0.1', port: desktop.port, password: 'geheim42' } as const;
    const made = new ClipboardUser(await harness.open(harness.authority.grant(0, { upstream, clipboard, role })));
    if (role !== 'view') await vi.waitFor(() => expect(made.kinds).toContain('caps'), waitOptions);
    return made;
  }

  test('Chinese, emoji and curly quotes arrive whole, both ways', async () => {
    const both = await user({ mostIn: 1000, mostOut: 1000 });
    desktop.copy(text);
    await vi.waitFor(() => expect(both.heard).toEqual([text]), waitOptions);
    both.put(`${text} in`);
    await vi.waitFor(async () => expect(await desktop.paste()).toBe(`${text} in`), waitOptions);
  });

  test('into a desktop alone they arrive whole, and nothing comes out', async () => {
    const into = await user({ mostIn: 1000, mostOut: 0 });
    into.put(text);
    await vi.waitFor(async () => expect(await desktop.paste()).toBe(text), waitOptions);
    desktop.copy('secret');
    await vi.waitFor(async () => expect(await desktop.paste()).toBe('secret'), waitOptions);
    into.ask();
    // What goes in afterwards shows that all before it has been dealt with.
    into.put('after');
    await vi.waitFor(async () => expect(await desktop.paste()).toBe('after'), waitOptions);
    expect(into.heard).toEqual([]);
    expect(into.kinds.filter((kind) => !['caps', 'request', 'peek'].includes(kind))).toEqual([]);
  });

  test('out of a desktop alone they arrive whole, and nothing goes in', async () => {
    const out = await user({ mostIn: 0, mostOut: 1000 });
    desktop.copy(text);
    await vi.waitFor(() => expect(out.heard).toEqual([text]), waitOptions);
    out.put('evil');
    desktop.copy('more');
    await vi.waitFor(() => expect(out.heard).toEqual([text, 'more']), waitOptions);
    expect(await desktop.paste()).toBe('more');
    expect(out.kinds).not.toContain('request');
  });

  test('a hundred thousand characters arrive, and one more than the station allows does not', async () => {
    const both = await user({ mostIn: 100_000, mostOut: 100_000 });
    const long = '长'.repeat(99_999);
    both.put(`${long}\n`);
    await vi.waitFor(async () => expect(await desktop.paste()).toBe(`${long}\n`), waitOptions);
    both.put(`${long}\n!`);
    expect(await desktop.paste()).toBe('');
    desktop.copy(`${long}🦊`);
    await vi.waitFor(() => expect(both.kinds).toContain('notify'), waitOptions);
    desktop.copy(`${long}!`);
    await vi.waitFor(() => expect(both.heard).toEqual([`${long}!`]), waitOptions);
  });

  test('what a program hands over in parts (INCR) is announced and never comes, which is why the page says so', async () => {
    const both = await user({ mostIn: 10_000_000, mostOut: 10_000_000 });
    desktop.copy('a'.repeat(5_000_000));
    await vi.waitFor(() => expect(both.kinds).toContain('notify'), waitOptions);
    desktop.copy('short');
    await vi.waitFor(() => expect(both.heard).toEqual(['short']), waitOptions);
  });

  test('rule 10: one who may only look hears nothing of it', async () => {
    const viewer = await user({ mostIn: 1000, mostOut: 1000 }, 'view');
    const owner = await user({ mostIn: 1000, mostOut: 1000 });
    desktop.copy('secret');
    await vi.waitFor(() => expect(owner.heard).toEqual(['secret']), waitOptions);
    expect(viewer.kinds).toEqual([]);
  });
});
