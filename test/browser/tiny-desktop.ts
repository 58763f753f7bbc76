/**
 * A desktop as small as one can be: an RFB 3.8 server (RFC 6143) without security, which sends its whole picture raw, notes what is
 * typed, and paints a stripe for each key. It follows a new size, and has a clipboard.
 */
import type { WebSocket } from 'ws';

/** Types of messages from the client with the bytes that each has; 0: the length stands in the message. */
const lengths: Readonly<Record<number, number>> = { 0: 20, 2: 0, 3: 10, 4: 8, 5: 6, 6: 0, 251: 0 };
const desktopSize = -308;

export class TinyDesktop {
  width = 640;
  height = 400;
  /** Keysyms that were pressed, of all who are connected. */
  readonly keys: number[] = [];
  readonly pointers: { readonly x: number; readonly y: number; readonly buttons: number }[] = [];
  /** What was put into the clipboard. */
  readonly pasted: string[] = [];
  /** As a line that has become a black hole: it is open, and nothing comes or goes. */
  isSilent = false;
  /** How many pictures were asked for, but for single pixels. */
  requests = 0;
  readonly #visitors = new Set<Visitor>();

  /** Speaks RFB over the socket until it closes. */
  serve(socket: WebSocket): void {
    const visitor = new Visitor(this, socket);
    this.#visitors.add(visitor);
    socket.on('close', () => this.#visitors.delete(visitor));
  }

  /** Somebody copies in the desktop. Latin 1. */
  copy(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    const header = Buffer.alloc(8);
    header.writeUInt8(3);
    header.writeUInt32BE(bytes.length, 4);
    for (const visitor of this.#visitors) visitor.send(Buffer.concat([header, bytes]));
  }

  /** Something has moved: clients that asked get the new picture. */
  paint(): void {
    for (const visitor of this.#visitors) visitor.answer();
  }

  /** 32 bits a pixel, red first, as noVNC asks for it: a gradient, with a bright stripe for each key. */
  picture(): Buffer {
    const pixels = Buffer.alloc(this.width * this.height * 4);
    const stripes = this.keys.length;
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        const at = (y * this.width + x) * 4;
        const isStripe = y > this.height / 2 && x % 24 < 12 && x < stripes * 24;
        pixels[at] = isStripe ? 250 : 30;
        pixels[at + 1] = isStripe ? 200 : 60 + Math.round((100 * x) / this.width);
        pixels[at + 2] = isStripe ? 40 : 90 + Math.round((100 * y) / this.height);
      }
    }
    return pixels;
  }
}

class Visitor {
  readonly #desktop: TinyDesktop;
  readonly #socket: WebSocket;
  #stage: 'version' | 'security' | 'init' | 'messages' = 'version';
  #buffer = Buffer.alloc(0);
  #isAsked = false;
  #knowsSize = false;
  #hasSeen = '';

  constructor(desktop: TinyDesktop, socket: WebSocket) {
    this.#desktop = desktop;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, data]);
      while (this.#step());
    });
    this.send(Buffer.from('RFB 003.008\n'));
  }

  send(bytes: Buffer): void {
    if (this.#socket.readyState === this.#socket.OPEN && !this.#desktop.isSilent) this.#socket.send(bytes);
  }

  /** Sends the picture when it was asked for and differs from the last one. */
  answer(): void {
    const { width, height, keys } = this.#desktop;
    const looks = `${width}×${height} ${keys.length}`;
    if (!this.#isAsked || looks === this.#hasSeen) return;
    this.#isAsked = false;
    this.#hasSeen = looks;
    const size = this.#knowsSize ? [sizeRectangle(width, height, this.#resizeReason)] : [];
    this.#resizeReason = 0;
    const header = Buffer.alloc(4);
    header.writeUInt16BE(1 + size.length, 2);
    this.send(Buffer.concat([header, ...size, rectangle(0, 0, width, height, 0), this.#desktop.picture()]));
  }

  #resizeReason = 0;

  /** Takes one message, if it is there as a whole. */
  #step(): boolean {
    switch (this.#stage) {
      case 'version':
        return this.#take(12, () => {
          this.send(Buffer.from([1, 1]));
          this.#stage = 'security';
        });
      case 'security':
        return this.#take(1, () => {
          this.send(Buffer.alloc(4));
          this.#stage = 'init';
        });
      case 'init':
        return this.#take(1, () => {
          this.send(serverInit(this.#desktop.width, this.#desktop.height));
          this.#stage = 'messages';
        });
      case 'messages':
        return this.#message();
    }
  }

  #message(): boolean {
    const type = this.#buffer[0];
    if (type === undefined) return false;
    let length = lengths[type];
    if (length === undefined) throw new RangeError(`the tiny desktop knows no message of type ${type}`);
    if (this.#buffer.length < 8) return false;
    if (type === 2) length = 4 + 4 * this.#buffer.readUInt16BE(2);
    if (type === 6) length = 8 + this.#buffer.readUInt32BE(4);
    if (type === 251) length = 8 + 16 * this.#buffer.readUInt8(6);
    return this.#take(length, (message) => this.#act(type, message));
  }

  #act(type: number, message: Buffer): void {
    const desktop = this.#desktop;
    if (type === 2) {
      const count = message.readUInt16BE(2);
      for (let index = 0; index < count; index++) {
        if (message.readInt32BE(4 + 4 * index) === desktopSize) this.#knowsSize = true;
      }
    } else if (type === 3 && message.readUInt32BE(6) === 0x00010001) {
      const header = Buffer.alloc(4);
      header.writeUInt16BE(1, 2);
      this.send(Buffer.concat([header, rectangle(0, 0, 1, 1, 0), desktop.picture().subarray(0, 4)]));
    } else if (type === 3) {
      desktop.requests++;
      this.#isAsked = true;
      if (message[1] === 0) this.#hasSeen = '';
      this.answer();
    } else if (type === 4 && message[1] === 1) {
      desktop.keys.push(message.readUInt32BE(4));
      desktop.paint();
    } else if (type === 5) {
      desktop.pointers.push({ buttons: message[1]!, x: message.readUInt16BE(2), y: message.readUInt16BE(4) });
    } else if (type === 6) {
      desktop.pasted.push(message.subarray(8).toString('latin1'));
    } else if (type === 251) {
      desktop.width = message.readUInt16BE(2);
      desktop.height = message.readUInt16BE(4);
      this.#resizeReason = 1;
      desktop.paint();
    }
  }

  #take(length: number, act: (bytes: Buffer) => void): boolean {
    if (this.#buffer.length < length) return false;
    const bytes = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    act(bytes);
    return true;
  }
}

function serverInit(width: number, height: number): Buffer {
  const name = Buffer.from('tiny <b>desktop</b>');
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16BE(width, 0);
  bytes.writeUInt16BE(height, 2);
  // 32 bits a pixel, depth 24, little-endian, true colour; 255 of each, red at bit 0.
  bytes.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16], 4);
  bytes.writeUInt32BE(name.length, 20);
  return Buffer.concat([bytes, name]);
}

function rectangle(x: number, y: number, width: number, height: number, encoding: number): Buffer {
  const bytes = Buffer.alloc(12);
  for (const [index, value] of [x, y, width, height].entries()) bytes.writeUInt16BE(value, 2 * index);
  bytes.writeInt32BE(encoding, 8);
  return bytes;
}

/** One screen as large as the desktop. @param reason 1: the client asked for it */
function sizeRectangle(width: number, height: number, reason: number): Buffer {
  const screen = Buffer.alloc(20);
  screen.writeUInt8(1);
  screen.writeUInt16BE(width, 12);
  screen.writeUInt16BE(height, 14);
  return Buffer.concat([rectangle(reason, 0, width, height, desktopSize), screen]);
}
