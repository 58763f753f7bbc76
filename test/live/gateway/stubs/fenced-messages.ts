/** What a desktop sends, its fences answered at once: by these it sees how fast the viewer is. */
import { ServerMessages } from '../../../../live/gateway/rfb/server-messages.ts';

const fenceType = 248;

export class FencedMessages extends ServerMessages {
  readonly #send: (bytes: Buffer) => void;

  constructor(send: (bytes: Buffer) => void) {
    super({
      role: 'owner',
      clipboard: { mostIn: 0, mostOut: 0 },
      format: { bytesPerPixel: 4, bytesPerTightPixel: 3 },
      takesExtendedClipboard: false,
      takesExtendedMouse: false,
    });
    this.#send = send;
  }

  override measure(bytes: Buffer, at: number): number {
    const isFence = this.isBetweenMessages && bytes[at] === fenceType;
    const length = super.measure(bytes, at);
    if (!isFence || length === 0) return length;
    // All of it is needed for the answer.
    if (bytes.length - at < length) return 0;
    const answer = Buffer.from(bytes.subarray(at, at + length));
    answer[4] = 0; // no longer a request
    this.#send(answer);
    return length;
  }
}
