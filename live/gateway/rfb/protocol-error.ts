/** A peer said something that is not RFB, or not in the part of it that the gateway understands. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
