/**
 * One viewer: between its browser and the VNC server. Where nothing moves it has the server's updates, asked for as soon as something is drawn
 * and without loss; an area that moves comes as video, and exactly again when it comes to rest.
 */
import { connect, type Socket } from 'node:net';
import { ByteSource } from '../gateway/rfb/byte-source.ts';
import { encodings } from '../gateway/rfb/encodings.ts';
import { ItemStream } from '../gateway/rfb/item-stream.ts';
import type { RfbState } from '../gateway/rfb/rfb-state.ts';
import { ServerMessages } from '../gateway/rfb/server-messages.ts';
import { type Area, around, contains, onMacroblocks, pixelsOf, union } from './area.ts';
import { Encoder } from './encoder.ts';
import type { Picture } from './flv.ts';
import { Line } from './line.ts';
import { Motion } from './motion.ts';
import { type Agreed, passHandshake } from './pass-handshake.ts';
import { leastBitsPerS, mostBitsPerS, settingsFor, type Wish, wishOf } from './quality.ts';
import { fence, offersContinuousUpdates, updateRequest, videoUpdate } from './rfb-messages.ts';
import { WishedMessages } from './wished-messages.ts';

export interface ViewerOptions {
  readonly display: number;
  readonly server: { readonly host: string; readonly port: number };
  readonly log: (text: string) => void;
  readonly onEnd: () => void;
}

/** Milliseconds without a change after which an area is at rest. */
const restMs = 120;
/** Milliseconds after which the encoder of an area at rest ends. */
const idleMs = 2000;
/** Milliseconds that a large change waits for whether it begins a motion. */
const doubtMs = 130;
/** Milliseconds between two looks at what the line carries. */
const adaptMs = 1000;
const smallest: Area = { x: 0, y: 0, width: 1, height: 1 };
const anyLength = Number.MAX_SAFE_INTEGER / 8;
/** Milliseconds before an encoder that died is started again. */
const deathMs = 500;

class SizedMessages extends ServerMessages {
  onSize: (width: number, height: number) => void = () => {};

  protected override sawRectangle(encoding: number, bytes: Buffer, at: number): void {
    const isSize = encoding === encodings.desktopSize || encoding === encodings.extendedDesktopSize;
    // A reason of its own stands in x, a refusal in y.
    if (isSize && bytes.readUInt16BE(at + 2) === 0) this.onSize(bytes.readUInt16BE(at + 4), bytes.readUInt16BE(at + 6));
  }
}

export class Viewer {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #options: ViewerOptions;
  #screen: Area = smallest;
  #takesVideo = false;
  #wish: Wish = 'balanced';
  #motion = new Motion();
  #line = new Line();
  /** Drawn, and not asked for yet. */
  #drawn: { area: Area; sinceMs: number } | null = null;
  #isAsked = false;
  #encoder: Encoder | null = null;
  /** Takes the encoder's place with its first picture. */
  #next: Encoder | null = null;
  #lastMotionMs = 0;
  #isRefined = true;
  #noEncoderUntilMs = 0;
  /** Video that waits for the end of the server's message. */
  #pictures: Buffer[] = [];
  #isBetween = (): boolean => true;
  #bitsPerS = 8e6;
  #adapt = { atMs: 0, bytes: 0, fullMs: 0, lastMs: 0 };
  #calmS = 0;

  constructor(client: Socket, options: ViewerOptions) {
    this.#client = client;
    this.#options = options;
    this.#server = connect({ ...options.server, noDelay: true });
    client.setNoDelay(true);
    for (const [one, other] of [
      [client, this.#server],
      [this.#server, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        other.destroy();
        this.#endVideo();
      });
    }
    client.on('close', options.onEnd);
    this.#run().catch((error: Error) => this.#end(error));
  }

  /** Something was drawn. */
  damage(area: Area, nowMs: number): void {
    if (!this.#takesVideo) return;
    this.#motion.add(nowMs, area);
    const video = this.#encoder ?? this.#next;
    if (video !== null && contains(video.area, area)) {
      this.#lastMotionMs = nowMs;
      if (!this.#isRefined || this.#motion.isLarge(area, this.#screen)) return;
    }
    this.#drawn = {
      area: this.#drawn === null ? area : union(this.#drawn.area, area),
      sinceMs: this.#drawn?.sinceMs ?? nowMs,
    };
    this.#ask(nowMs);
  }

  /** Called about fifty times a second. */
  tick(nowMs: number): void {
    if (!this.#takesVideo) return;
    const moving = this.#motion.moving(nowMs, this.#screen);
    if (moving !== null && this.#wish !== 'lossless' && nowMs >= this.#noEncoderUntilMs) this.#show(moving, nowMs);
    const video = this.#encoder;
    if (video !== null) {
      const isFull = this.#line.isFull(nowMs) || this.#client.writableLength > 0;
      const isAtRest = nowMs - this.#lastMotionMs > restMs;
      if (isAtRest && !this.#isRefined && this.#next === null) {
        video.pause();
        this.#isRefined = true;
        this.#server.write(updateRequest(video.area, false));
      }
      if (nowMs - this.#lastMotionMs > idleMs) this.#endVideo();
      else if (isFull) video.pause();
      else if (!this.#isRefined) video.resume();
      if (isFull) this.#adapt.fullMs += nowMs - this.#adapt.lastMs;
    }
    this.#adapt.lastMs = nowMs;
    if (nowMs - this.#adapt.atMs >= adaptMs) this.#follow(nowMs);
    this.#ask(nowMs);
  }

  close(): void {
    this.#client.destroy();
    this.#server.destroy();
    this.#endVideo();
  }

  async #run(): Promise<void> {
    const ends = [this.#client, this.#server].map((socket) => {
      const source = new ByteSource();
      const take = (bytes: Buffer): void => source.push(bytes);
      socket.on('data', take);
      socket.once('close', () => source.fail(new Error('closed')));
      return { source, send: (bytes: Buffer) => void socket.write(bytes), stop: () => void socket.off('data', take) };
    });
    const [client, server] = ends as [(typeof ends)[0], (typeof ends)[0]];
    const agreed = await passHandshake(client, server);
    for (const end of ends) end.stop();
    if (agreed === null) {
      this.#server.write(client.source.rest());
      this.#client.write(server.source.rest());
      this.#client.pipe(this.#server);
      this.#server.pipe(this.#client);
      return;
    }
    this.#walk(agreed, client.source.rest(), server.source.rest());
  }

  #walk({ width, height, format }: Agreed, fromClient: Buffer, fromServer: Buffer): void {
    this.#screen = { x: 0, y: 0, width, height };
    const clipboard = { mostIn: anyLength, mostOut: anyLength };
    const state: RfbState = {
      role: 'owner',
      clipboard,
      format,
      takesExtendedClipboard: false,
      takesExtendedMouse: false,
    };
    const wishes = new ItemStream(
      new WishedMessages(state, {
        onEncodings: (takesVideo, level) => this.#takeWish(takesVideo, wishOf(level)),
        onRefresh: () => void this.#server.write(updateRequest(this.#screen, false)),
        onFence: (content) => {
          if (content.length === 4) this.#line.acknowledged(content.readUInt32BE(0), performance.now());
        },
      }),
    );
    const messages = new SizedMessages(state);
    messages.onSize = (newWidth, newHeight) => {
      if (newWidth === this.#screen.width && newHeight === this.#screen.height) return;
      this.#screen = { x: 0, y: 0, width: newWidth, height: newHeight };
      this.#endVideo();
      this.#drawn = { area: this.#screen, sinceMs: 0 };
    };
    const updates = new ItemStream(messages);
    this.#isBetween = () => updates.isBetweenItems && messages.isBetweenMessages;
    let frames = 0;
    const pass = (from: Socket, to: Socket, bytes: Buffer, stream: ItemStream): void => {
      try {
        for (const piece of stream.push(bytes)) {
          if (!to.write(Buffer.from(piece)) && !from.isPaused()) {
            from.pause();
            to.once('drain', () => from.resume());
          }
        }
      } catch (error) {
        this.#end(error as Error);
      }
    };
    const takeUpdates = (bytes: Buffer): void => {
      pass(this.#server, this.#client, bytes, updates);
      this.#unqueued += bytes.length;
      if (!this.#takesVideo || !this.#isBetween()) return;
      this.#sendPictures();
      if (messages.frames === frames) return;
      frames = messages.frames;
      this.#isAsked = false;
      this.#client.write(fence(this.#line.sent(performance.now(), this.#unqueued)));
      this.#unqueued = 0;
      // Cursors and sizes come with an answer only.
      this.#server.write(updateRequest(smallest, true));
      this.#ask(performance.now());
    };
    const takeWishes = (bytes: Buffer): void => pass(this.#client, this.#server, bytes, wishes);
    this.#client.on('data', takeWishes);
    this.#server.on('data', takeUpdates);
    if (fromClient.length > 0) takeWishes(fromClient);
    if (fromServer.length > 0) takeUpdates(fromServer);
  }

  #unqueued = 0;

  #takeWish(takesVideo: boolean, wish: Wish): void {
    if (takesVideo && !this.#takesVideo) this.#client.write(offersContinuousUpdates);
    if (wish !== this.#wish) this.#endVideo();
    this.#takesVideo = takesVideo;
    this.#wish = wish;
    if (!takesVideo) this.#endVideo();
  }

  /** Asks the server for what was drawn, unless it may be the beginning of a motion, or the line is full of what came before. */
  #ask(nowMs: number): void {
    const drawn = this.#drawn;
    if (drawn === null || this.#isAsked || this.#line.isFull(nowMs)) return;
    const isDoubtful = this.#wish !== 'lossless' && this.#motion.isLarge(drawn.area, this.#screen);
    if (isDoubtful && nowMs - drawn.sinceMs < doubtMs) return;
    this.#drawn = null;
    this.#isAsked = true;
    const video = this.#isRefined ? null : (this.#encoder ?? this.#next);
    const areas = video === null ? [this.#screen] : around(video.area, this.#screen);
    for (const area of areas) this.#server.write(updateRequest(area, true));
    if (areas.length === 0) this.#isAsked = false;
  }

  #show(moving: Area, nowMs: number): void {
    this.#lastMotionMs = Math.max(this.#lastMotionMs, nowMs - restMs);
    const current = this.#next ?? this.#encoder;
    if (current !== null && contains(current.area, onMacroblocks(moving, this.#screen))) {
      if (this.#isRefined && nowMs - this.#lastMotionMs <= restMs) this.#isRefined = false;
      return;
    }
    const area = current === null || this.#isRefined ? moving : union(current.area, moving);
    this.#isRefined = false;
    this.#drawn = null;
    this.#encode(onMacroblocks(area, this.#screen));
  }

  #encode(area: Area): void {
    if (this.#wish === 'lossless' || pixelsOf(area) === 0) return;
    this.#next?.stop();
    const settings = settingsFor(this.#wish, this.#bitsPerS, area);
    const encoder: Encoder = new Encoder(this.#options.display, area, settings, {
      onPicture: (picture) => this.#take(encoder, picture),
      onDeath: (reason) => this.#died(encoder, reason),
    });
    this.#next = encoder;
  }

  #take(encoder: Encoder, picture: Picture): void {
    const isFirst = encoder === this.#next;
    if (!isFirst && encoder !== this.#encoder) return;
    if (isFirst) {
      const before = this.#encoder;
      before?.stop();
      this.#encoder = encoder;
      this.#next = null;
      if (before !== null && !contains(encoder.area, before.area))
        this.#server.write(updateRequest(before.area, false));
    }
    // A picture that was on its way when the area came to rest would cover what is exact.
    if (this.#isRefined && !isFirst) {
      this.#server.write(updateRequest(encoder.area, false));
    }
    this.#pictures.push(videoUpdate(encoder.area, picture.bytes, isFirst));
    if (this.#isBetween()) this.#sendPictures();
  }

  #sendPictures(): void {
    for (const picture of this.#pictures) {
      const id = this.#line.sent(performance.now(), picture.length);
      this.#client.write(picture);
      this.#client.write(fence(id));
    }
    this.#pictures = [];
  }

  #died(encoder: Encoder, reason: string): void {
    if (encoder !== this.#encoder && encoder !== this.#next) return;
    this.#options.log(`encoder: ${reason}`);
    this.#noEncoderUntilMs = performance.now() + deathMs;
    this.#endVideo();
  }

  /** The bit rate follows what the line carried while it was full, and rises again while it is not. */
  #follow(nowMs: number): void {
    const spanMs = nowMs - this.#adapt.atMs;
    const bytes = this.#line.acknowledgedBytes - this.#adapt.bytes;
    const fullShare = this.#adapt.fullMs / spanMs;
    this.#adapt = { atMs: nowMs, bytes: this.#line.acknowledgedBytes, fullMs: 0, lastMs: nowMs };
    if (this.#encoder === null || this.#isRefined) return;
    let wanted = this.#bitsPerS;
    this.#calmS = fullShare < 0.02 ? this.#calmS + 1 : 0;
    if (fullShare > 0.15)
      wanted = Math.min(this.#bitsPerS * 0.75, Math.max(this.#bitsPerS / 3, ((bytes * 8000) / spanMs) * 0.85));
    else if (this.#calmS >= 5) {
      this.#calmS = 0;
      wanted = this.#bitsPerS * 1.5;
    }
    wanted = Math.min(mostBitsPerS, Math.max(leastBitsPerS, Math.round(wanted)));
    if (wanted === this.#bitsPerS) return;
    this.#bitsPerS = wanted;
    if (this.#next === null) this.#encode(this.#encoder.area);
  }

  #endVideo(): void {
    const video = this.#encoder ?? this.#next;
    for (const encoder of [this.#encoder, this.#next]) encoder?.stop();
    this.#encoder = null;
    this.#next = null;
    this.#pictures = [];
    if (video !== null && !this.#isRefined && this.#server.writable)
      this.#server.write(updateRequest(video.area, false));
    this.#isRefined = true;
  }

  #end(error: Error): void {
    if (!this.#client.destroyed) this.#options.log(`viewer: ${error.message}`);
    this.close();
  }
}
