/**
 * The WebSocket that noVNC speaks through, watched: how it ends, how much passes, how long the desktop takes to answer, and whether it is
 * silent because something has broken. It can be paused while nobody looks.
 */
import { interval } from 'rxjs';
import type { GatewayNote } from '../../../core/wire/portal.ts';
import { lookEveryMs, type Silence, SilenceWatch } from './silence-watch.ts';

export interface StreamCounts {
  /** Bytes since it was opened. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Pictures of one pixel that were asked for only to hear something. */
  readonly questions: number;
  /**
   * Milliseconds between a key or a pressed button that was sent and the first picture that can show what came of it, which is none that was
   * on its way before: the last ones, oldest first.
   */
  readonly answersMs: readonly number[];
}

/** Who is told of what happens on it. */
export interface StreamEvents {
  /** Once, with the close code and the reason that the gateway gave. */
  readonly onClose: (code: number, reason: string) => void;
  /** noVNC asks for a text that the desktop says it has. */
  readonly onTextAsked: () => void;
  /** The gateway says something beside the stream. */
  readonly onNote: (note: GatewayNote) => void;
  /** At each change. */
  readonly onSilence: (silence: Silence) => void;
}

/** Types of RFB messages, RFC 6143 section 7.5, and the extensions that noVNC speaks. */
const updateRequest = 3;
const keyEvent = 4;
const pointerEvent = 5;
const cutText = 6;
const continuousUpdates = 150;
const qemuEvent = 255;

/** Actions of the extended clipboard, in the upper byte of its flags. */
const capsAction = 1 << 24;
const requestAction = 1 << 25;

/** How many answers are kept. */
const keptAnswers = 20;
/** Milliseconds after which a picture is not counted as the answer to a key that showed nothing. */
const longestAnswerMs = 5_000;
/** Messages of the handshake that the gateway answers at once: the version, and the choice of security. */
const answeredAtOnce = 2;

export class StreamSocket {
  readonly socket: WebSocket;
  readonly #send: (message: Uint8Array<ArrayBuffer>) => void;
  #bytesIn = 0;
  #bytesOut = 0;
  #askedMs: number | null = null;
  readonly #answersMs: number[] = [];
  #isPaused = false;
  #takesAnyText = false;
  /** Bytes of a cut text that are still to be sent: noVNC sends a long one in parts. */
  #cutTextLeft = 0;
  readonly #events: StreamEvents;
  readonly #watch = new SilenceWatch(performance.now());
  #silence: Silence = 'none';
  #questions = 0;
  /** Messages of the handshake that were sent, and when the last of them was. */
  #greetings = 0;
  #greetedMs: number | null = null;
  /** Of the desktop, as noVNC last asked for it: bytes 6 to 9 of its messages, width and height. */
  #extent: Extent = [0, 0];
  /** What the server sends unasked; null from a server that is asked for each picture. */
  #sentByItself: Extent | null = null;

  constructor(url: string, protocols: string[], events: StreamEvents) {
    this.#events = events;
    this.socket = new WebSocket(url, protocols);
    this.socket.binaryType = 'arraybuffer';
    const looking = interval(lookEveryMs).subscribe(() => this.#look());
    this.socket.addEventListener(
      'close',
      ({ code, reason }) => {
        looking.unsubscribe();
        events.onClose(code, reason);
      },
      { once: true },
    );
    // Before noVNC listens, which takes bytes only.
    this.socket.addEventListener('message', (event: MessageEvent<ArrayBuffer | string>) => {
      if (typeof event.data !== 'string') {
        this.#receive(event.data);
        return;
      }
      event.stopImmediatePropagation();
      events.onNote(JSON.parse(event.data) as GatewayNote);
    });
    const send = this.socket.send.bind(this.socket);
    this.#send = (message) => {
      this.#bytesOut += message.byteLength;
      send(message);
    };
    // noVNC hands over one message at a time, so the first byte is its type, but for the later parts of a long cut text.
    this.socket.send = (data) => this.#pass(data as Uint8Array<ArrayBuffer>);
  }

  get counts(): StreamCounts {
    const [bytesIn, bytesOut, questions] = [this.#bytesIn, this.#bytesOut, this.#questions];
    return { bytesIn, bytesOut, questions, answersMs: this.#answersMs };
  }

  /** Whether the desktop takes any Unicode: noVNC answers its saying so. Otherwise it takes Latin-1 only. */
  get takesAnyText(): boolean {
    return this.#takesAnyText;
  }

  /** Asks for no more pictures, neither one by one nor continuously. */
  pause(): void {
    if (this.#isPaused || this.socket.readyState !== WebSocket.OPEN) return;
    this.#isPaused = true;
    if (this.#sentByItself !== null) this.#send(extentMessage(continuousUpdates, 0, [0, 0]));
  }

  /** Asks for pictures again: all that has changed meanwhile comes at once. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.#sentByItself !== null) this.#askContinuously();
    this.#send(extentMessage(updateRequest, 1, this.#extent));
  }

  /** A finished picture is on the screen. */
  pictureShown(): void {
    if (this.#askedMs === null) return;
    const tookMs = performance.now() - this.#askedMs;
    // What was on its way when the key was pressed shows nothing of it.
    if (tookMs < (this.#watch.roundTripMs ?? 0)) return;
    this.#askedMs = null;
    if (tookMs > longestAnswerMs) return;
    this.#answersMs.push(tookMs);
    if (this.#answersMs.length > keptAnswers) this.#answersMs.shift();
  }

  #receive(data: ArrayBuffer): void {
    const nowMs = performance.now();
    this.#bytesIn += data.byteLength;
    if (this.#greetedMs !== null) this.#watch.tookRoundTrip(nowMs - this.#greetedMs);
    this.#greetedMs = null;
    this.#watch.heard(nowMs);
    if (this.#silence !== 'none') this.#tell('none');
  }

  /** Whether something is to be heard that is not; only once there are pictures, and while somebody looks. */
  #look(): void {
    if (this.#extent[0] === 0 || this.#isPaused || this.socket.readyState !== WebSocket.OPEN) return;
    const { asks, silence } = this.#watch.look(performance.now());
    if (asks) {
      this.#questions++;
      this.#send(extentMessage(updateRequest, 0, [1, 1]));
    }
    if (silence !== this.#silence) this.#tell(silence);
  }

  #tell(silence: Silence): void {
    this.#silence = silence;
    this.#events.onSilence(silence);
  }

  #pass(message: Uint8Array<ArrayBuffer>): void {
    if (this.#cutTextLeft > 0) {
      this.#cutTextLeft -= message.byteLength;
      this.#send(message);
      return;
    }
    if (this.#greetings < answeredAtOnce) {
      this.#greetings++;
      this.#greetedMs = performance.now();
    }
    const type = message[0];
    if (type === cutText) this.#noteCutText(message);
    if (type === updateRequest || type === continuousUpdates) {
      this.#extent = extentOf(message);
      if (type === continuousUpdates) this.#sentByItself = this.#extent;
      if (this.#isPaused) return;
      // Once it was paused, noVNC believes that the server no longer sends anything unasked, and so does not tell it of a new size.
      if (this.#sentByItself !== null && !isSame(this.#sentByItself, this.#extent)) this.#askContinuously();
    }
    if (isPress(message)) this.#askedMs ??= performance.now();
    this.#send(message);
  }

  #noteCutText(message: Uint8Array<ArrayBuffer>): void {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const length = view.getInt32(4);
    this.#cutTextLeft = 8 + Math.abs(length) - message.byteLength;
    if (length >= 0) return;
    const flags = view.getUint32(8);
    // Capabilities have the bits of other actions set as well.
    if ((flags & capsAction) !== 0) this.#takesAnyText = true;
    else if ((flags & requestAction) !== 0) this.#events.onTextAsked();
  }

  #askContinuously(): void {
    this.#sentByItself = this.#extent;
    this.#send(extentMessage(continuousUpdates, 1, this.#extent));
  }
}

type Extent = readonly [width: number, height: number];

function extentOf(message: Uint8Array<ArrayBuffer>): Extent {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return [view.getUint16(6), view.getUint16(8)];
}

function isSame(one: Extent, other: Extent): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

/** `updateRequest` and `continuousUpdates` look alike: a type, a flag, and a rectangle, here of the whole desktop. */
function extentMessage(type: number, flag: 0 | 1, [width, height]: Extent): Uint8Array<ArrayBuffer> {
  const message = new DataView(new ArrayBuffer(10));
  message.setUint8(0, type);
  message.setUint8(1, flag);
  message.setUint16(6, width);
  message.setUint16(8, height);
  return new Uint8Array(message.buffer);
}

/** A key or a button that goes down changes the picture; one that goes up, or a pointer that moves, often does not. */
function isPress(message: Uint8Array): boolean {
  const [type, second] = message;
  if (type === keyEvent) return second === 1;
  if (type === pointerEvent) return second !== 0;
  return type === qemuEvent && second === 0 && message[3] === 1;
}
