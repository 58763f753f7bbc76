/** Messages of a viewer's browser, of which those about pictures are answered here once it takes video. */
import { ClientMessages, clientTypes } from '../gateway/rfb/client-messages.ts';
import { encodings } from '../gateway/rfb/encodings.ts';
import type { RfbState } from '../gateway/rfb/rfb-state.ts';

export interface WishEvents {
  /** @param level of quality, 0 to 9; null: none is set @param takesVideo H.264, fences, and pictures it did not ask for each */
  readonly onEncodings: (takesVideo: boolean, level: number | null) => void;
  /** All of the screen is wanted, whether it changed or not. */
  readonly onRefresh: () => void;
  readonly onFence: (content: Buffer) => void;
}

const [leastQuality, mostQuality] = [-32, -23];
/** What the VNC server is not told of: it would lose detail, or wait for answers that come here. */
const ownEncodings: readonly number[] = [encodings.h264, encodings.fence, encodings.continuousUpdates];

export class WishedMessages extends ClientMessages {
  #takesVideo = false;
  #hasRefreshed = false;
  readonly #events: WishEvents;

  constructor(state: RfbState, events: WishEvents) {
    super(state);
    this.#events = events;
  }

  override measure(bytes: Buffer, at: number): number {
    const length = super.measure(bytes, at);
    const type = bytes[at]!;
    if (length === 0) return 0;
    if (type === clientTypes.setEncodings) {
      this.#encodings(bytes, at);
      return length;
    }
    if (!this.#takesVideo) return length;
    if (type === clientTypes.updateRequest || type === clientTypes.continuousUpdates || type === clientTypes.fence) {
      if (bytes.length - at < length) return 0;
      this.passes = false;
      // To the first request the server answers with all, also where it is for what changed.
      if (type === clientTypes.updateRequest && (bytes[at + 1] === 0 || !this.#hasRefreshed)) {
        this.#hasRefreshed = true;
        this.#events.onRefresh();
      }
      if (type === clientTypes.fence) this.#events.onFence(Buffer.from(bytes.subarray(at + 9, at + length)));
    }
    return length;
  }

  /** `replacement` is what the server may be told as it is. */
  #encodings(bytes: Buffer, at: number): void {
    const count = bytes.readUInt16BE(at + 2);
    const asked = Array.from({ length: count }, (_, index) => bytes.readInt32BE(at + 4 + 4 * index));
    const level = asked.find((each) => each >= leastQuality && each <= mostQuality);
    this.#takesVideo = ownEncodings.every((each) => asked.includes(each));
    this.#events.onEncodings(this.#takesVideo, level === undefined ? null : level - leastQuality);
    if (!this.#takesVideo) return;
    const isKept = (each: number): boolean =>
      !ownEncodings.includes(each) && !(each >= leastQuality && each <= mostQuality);
    const kept = asked.filter(isKept);
    this.replacement = Buffer.alloc(4 + 4 * kept.length);
    this.replacement[0] = clientTypes.setEncodings;
    this.replacement.writeUInt16BE(kept.length, 2);
    for (const [index, each] of kept.entries()) this.replacement.writeInt32BE(each, 4 + 4 * index);
  }
}
