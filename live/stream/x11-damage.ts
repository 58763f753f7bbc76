/**
 * What is drawn on an X display, as areas, from the extension DAMAGE: no picture is read for it. Speaks the X protocol itself
 * (https://www.x.org/releases/current/doc/xproto/x11protocol.html, damageproto), six requests of it.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Area } from './area.ts';

const cookieName = 'MIT-MAGIC-COOKIE-1';
/** Changes are gathered for this long, a third of a picture at sixty a second. */
const gatherMs = 5;

export class X11Damage {
  onDamage: (area: Area) => void = () => {};
  onClose: (reason: string) => void = () => {};
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #take: () => boolean;
  #ridBase = 0;
  #root = 0;
  #major = 0;
  #firstEvent = 0;

  /** @param display its number @param authority file with the display's cookie; null: none is needed */
  constructor(display: number, authority: string | null) {
    const cookie = authority === null ? null : cookieOf(readFileSync(authority), display);
    this.#take = () => this.#setup();
    this.#socket = connect(`/tmp/.X11-unix/X${display}`);
    this.#socket.on('error', (error) => this.onClose(error.message));
    this.#socket.on('close', () => this.onClose('the X server is gone'));
    this.#socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      while (this.#take()) {}
    });
    const [name, data] = cookie === null ? [Buffer.alloc(0), Buffer.alloc(0)] : [Buffer.from(cookieName), cookie];
    const head = Buffer.alloc(12);
    head.write('l');
    head.writeUInt16LE(11, 2);
    head.writeUInt16LE(name.length, 6);
    head.writeUInt16LE(data.length, 8);
    this.#socket.write(Buffer.concat([head, padded(name), padded(data)]));
  }

  close(): void {
    this.onClose = () => {};
    this.#socket.destroy();
  }

  #cut(length: number): Buffer {
    const part = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return part;
  }

  #setup(): boolean {
    if (this.#bytes.length < 8) return false;
    const length = 8 + 4 * this.#bytes.readUInt16LE(6);
    if (this.#bytes.length < length) return false;
    const answer = this.#cut(length);
    if (answer[0] !== 1) {
      this.#fail(`the X server refuses: ${answer.toString('latin1', 8, 8 + answer[1]!)}`);
      return false;
    }
    this.#ridBase = answer.readUInt32LE(12);
    const screen = 40 + ((answer.readUInt16LE(24) + 3) & ~3) + 8 * answer[29]!;
    this.#root = answer.readUInt32LE(screen);
    const name = Buffer.from('DAMAGE');
    const query = Buffer.alloc(8);
    query[0] = 98;
    query.writeUInt16LE(name.length, 4);
    this.#request(query, padded(name));
    this.#take = () => this.#extension();
    return true;
  }

  #extension(): boolean {
    if (this.#bytes.length < 32) return false;
    const answer = this.#cut(32);
    if (answer[0] !== 1 || answer[8] === 0) {
      this.#fail('the X server has no DAMAGE');
      return false;
    }
    this.#major = answer[9]!;
    this.#firstEvent = answer[10]!;
    this.#request(words(this.#major, 0, 1, 1));
    const boundingBox = 2;
    this.#request(words(this.#major, 1, this.#ridBase + 1, this.#root, boundingBox));
    this.#take = () => this.#message();
    return true;
  }

  #message(): boolean {
    if (this.#bytes.length < 32) return false;
    const kind = this.#bytes[0]! & 0x7f;
    if (kind === 1) {
      const length = 32 + 4 * this.#bytes.readUInt32LE(4);
      if (this.#bytes.length < length) return false;
      this.#cut(length);
      return true;
    }
    const event = this.#cut(32);
    if (kind === 0) {
      this.#fail(`the X server reports error ${event[1]}`);
      return false;
    }
    if (kind !== this.#firstEvent) return true;
    if (!this.#isGathering) {
      this.#isGathering = true;
      setTimeout(() => {
        this.#isGathering = false;
        if (!this.#socket.destroyed) this.#request(words(this.#major, 3, this.#ridBase + 1, 0, 0));
      }, gatherMs);
    }
    this.onDamage({
      x: event.readInt16LE(16),
      y: event.readInt16LE(18),
      width: event.readUInt16LE(20),
      height: event.readUInt16LE(22),
    });
    return true;
  }

  #isGathering = false;

  #fail(reason: string): void {
    this.#socket.destroy(new Error(reason));
  }

  #request(...parts: readonly Buffer[]): void {
    const request = Buffer.concat(parts);
    request.writeUInt16LE(request.length / 4, 2);
    this.#socket.write(request);
  }
}

function words(major: number, minor: number, ...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * values.length);
  bytes[0] = major;
  bytes[1] = minor;
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 + 4 * index);
  return bytes;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

/** From a file of xauth: entries of a family and four texts with a length each. @returns null where it has none for the display */
export function cookieOf(file: Buffer, display: number): Buffer | null {
  for (let at = 0; at + 2 <= file.length; ) {
    at += 2;
    const texts: Buffer[] = [];
    for (let index = 0; index < 4 && at + 2 <= file.length; index++) {
      const length = file.readUInt16BE(at);
      texts.push(file.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    const [, number, name, data] = texts;
    if (data !== undefined && String(number) === String(display) && String(name) === cookieName) return data;
  }
  return null;
}
