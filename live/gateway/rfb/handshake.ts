/** The RFB handshake on both sides: the gateway logs in at the VNC server, so that the person never types its password. Section 7.1 to 7.3 of RFB. */
import type { ByteSource } from './byte-source.ts';
import { type PixelFormat, readPixelFormat } from './pixel-format.ts';
import { ProtocolError } from './protocol-error.ts';
import { answerChallenge } from './vnc-password.ts';

/** The far end of a handshake. */
export interface Peer {
  readonly source: ByteSource;
  send(bytes: Buffer): void;
}

const securityNone = 1;
const securityVnc = 2;
const mostNameBytes = 4096;

/** What a VNC server says at the end of its handshake. */
export interface ServerInit {
  /** As it goes to the browser. */
  readonly message: Buffer;
  readonly format: PixelFormat;
}

/** As the client of a VNC server. Asks for a shared session, so that one viewer never throws another out. */
export async function logInAt(server: Peer, password: string | null): Promise<ServerInit> {
  await authenticateAt(server, password);
  server.send(Buffer.from([1]));
  return readServerInit(server);
}

/** The part of it that shows the password, before there is a session. @throws ProtocolError where the server does not take it */
export async function authenticateAt(server: Peer, password: string | null): Promise<void> {
  const version = /^RFB (\d{3})\.(\d{3})\n$/.exec((await server.source.read(12)).toString('latin1'));
  if (version === null) throw new ProtocolError('the desktop does not speak RFB');
  const number = Number(version[1]) * 1000 + Number(version[2]);
  const minor = number >= 3008 ? 8 : number === 3007 ? 7 : 3;
  server.send(Buffer.from(`RFB 003.00${minor}\n`));
  const security = minor === 3 ? await givenSecurity(server) : await chosenSecurity(server, password !== null);
  if (security === securityVnc) {
    server.send(answerChallenge(await server.source.read(16), password ?? ''));
  }
  if ((security === securityVnc || minor === 8) && (await server.source.read(4)).readUInt32BE(0) !== 0) {
    throw new ProtocolError('the desktop does not accept its password');
  }
}

async function givenSecurity({ source }: Peer): Promise<number> {
  const security = (await source.read(4)).readUInt32BE(0);
  if (security !== securityNone && security !== securityVnc) throw refusedBy();
  return security;
}

async function chosenSecurity({ source, send }: Peer, hasPassword: boolean): Promise<number> {
  const offered = await source.read((await source.read(1))[0]!);
  const wanted = hasPassword ? [securityVnc, securityNone] : [securityNone];
  const security = wanted.find((each) => offered.includes(each));
  if (security === undefined) throw refusedBy();
  send(Buffer.from([security]));
  return security;
}

function refusedBy(): ProtocolError {
  return new ProtocolError('the desktop offers no way to log in that the gateway knows');
}

async function readServerInit({ source }: Peer): Promise<ServerInit> {
  const head = await source.read(24);
  const nameBytes = head.readUInt32BE(20);
  if (nameBytes > mostNameBytes) throw new ProtocolError(`the desktop has a name of ${nameBytes} bytes`);
  const format = readPixelFormat(head, 4);
  if (format === null) throw new ProtocolError(`the desktop has pixels of ${head[4]} bits`);
  return { message: Buffer.concat([head, await source.read(nameBytes)]), format };
}

const ourVersion = Buffer.from('RFB 003.008\n');

/** As the server of the browser, which has shown its right already: no security, and what it says of sharing does not count. */
export async function letIn({ source, send }: Peer): Promise<void> {
  send(ourVersion);
  if (!(await source.read(12)).equals(ourVersion)) throw new ProtocolError('expected RFB 003.008');
  send(Buffer.from([1, securityNone]));
  if ((await source.read(1))[0] !== securityNone) throw new ProtocolError('expected security None');
  send(Buffer.alloc(4));
  await source.read(1);
}
