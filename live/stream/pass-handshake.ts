/** RFB's handshake, passed on between client and server: whoever they are to each other, they agree on it themselves. */
import type { ByteSource } from '../gateway/rfb/byte-source.ts';
import { type PixelFormat, readPixelFormat } from '../gateway/rfb/pixel-format.ts';

export interface Side {
  readonly source: ByteSource;
  readonly send: (bytes: Buffer) => void;
}

export interface Agreed {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
}

const securityNone = 1;
const securityVnc = 2;

/** @returns null where they agreed on what is not understood here: then all that follows is theirs alone */
export async function passHandshake(client: Side, server: Side): Promise<Agreed | null> {
  const fromServer = async (count: number): Promise<Buffer> => pass(server, client, count);
  const fromClient = async (count: number): Promise<Buffer> => pass(client, server, count);
  await fromServer(12);
  if (String(await fromClient(12)) !== 'RFB 003.008\n') return null;
  const offers = (await fromServer(1))[0]!;
  if (offers === 0) return null;
  await fromServer(offers);
  const security = (await fromClient(1))[0];
  if (security === securityVnc) {
    await fromServer(16);
    await fromClient(16);
  } else if (security !== securityNone) return null;
  if ((await fromServer(4)).readUInt32BE(0) !== 0) return null;
  await fromClient(1);
  const head = await fromServer(24);
  await fromServer(head.readUInt32BE(20));
  const format = readPixelFormat(head, 4);
  return format === null ? null : { width: head.readUInt16BE(0), height: head.readUInt16BE(2), format };
}

async function pass(from: Side, to: Side, count: number): Promise<Buffer> {
  const bytes = await from.source.read(count);
  to.send(bytes);
  return bytes;
}
