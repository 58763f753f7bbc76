/** Messages from the desktop: all pass but cut texts that the policy does not allow, or that go to one who may only look. */
import { cutTextAt, judgeCutText } from './clipboard.ts';
import { encodings } from './encodings.ts';
import type { Items } from './item-stream.ts';
import { ProtocolError } from './protocol-error.ts';
import { encodingAt, rectangleBytes } from './rectangle.ts';
import { offersExtendedClipboard, type RfbState } from './rfb-state.ts';

const types = {
  framebufferUpdate: 0,
  setColourMap: 1,
  bell: 2,
  cutText: 3,
  endOfContinuousUpdates: 150,
  fence: 248,
  xvp: 250,
} as const;

export class ServerMessages implements Items {
  passes = true;
  readonly replacement = null;
  /** FramebufferUpdates that have begun. */
  frames = 0;
  readonly #state: RfbState;
  /** Rectangles of the FramebufferUpdate under way that are still to come. */
  #rectangles = 0;

  constructor(state: RfbState) {
    this.#state = state;
  }

  /** Whether the next item is a message of its own, and no rectangle of the one under way. */
  get isBetweenMessages(): boolean {
    return this.#rectangles === 0;
  }

  measure(bytes: Buffer, at: number): number {
    this.passes = true;
    return this.#rectangles > 0 ? this.#rectangle(bytes, at) : this.#message(bytes, at);
  }

  /** Called with each rectangle's head: position and size stand at `at`. */
  protected sawRectangle(_encoding: number, _bytes: Buffer, _at: number): void {}

  #rectangle(bytes: Buffer, at: number): number {
    const length = rectangleBytes(bytes, at, this.#state.format);
    if (length === 0) return 0;
    this.#rectangles--;
    const encoding = encodingAt(bytes, at);
    this.sawRectangle(encoding, bytes, at);
    if (encoding === encodings.lastRect) this.#rectangles = 0;
    if (encoding === encodings.extendedMouseButtons) this.#state.takesExtendedMouse = true;
    return length;
  }

  #message(bytes: Buffer, at: number): number {
    const there = bytes.length - at;
    switch (bytes[at]) {
      case types.framebufferUpdate:
        if (there < 4) return 0;
        this.#rectangles = bytes.readUInt16BE(at + 2);
        this.frames++;
        return 4;
      case types.setColourMap:
        return there < 6 ? 0 : 6 + bytes.readUInt16BE(at + 4) * 6;
      case types.bell:
      case types.endOfContinuousUpdates:
        return 1;
      case types.cutText:
        return this.#cutText(bytes, at);
      case types.fence:
        return there < 9 ? 0 : 9 + bytes[at + 8]!;
      case types.xvp:
        return 4;
      default:
        throw new ProtocolError(`the desktop sent a message of type ${bytes[at]}`);
    }
  }

  #cutText(bytes: Buffer, at: number): number {
    const text = cutTextAt(bytes, at);
    if (text === null) return 0;
    // What the owner copies is not part of the picture that is shared.
    if (this.#state.role === 'view' || (text.isExtended && !offersExtendedClipboard(this.#state))) {
      this.passes = false;
      return text.bytes;
    }
    const { mostIn, mostOut } = this.#state.clipboard;
    const verdict = judgeCutText(bytes, at, text, { along: mostOut, against: mostIn });
    if (verdict === 'need-more') return 0;
    if (text.isExtended) this.#state.takesExtendedClipboard = true;
    this.passes = verdict === 'pass';
    return text.bytes;
  }
}
