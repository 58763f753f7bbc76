/**
 * Whether a desktop answers: its VNC server takes its password. The probe logs in as the gateway does, since servers count connections that
 * do not, and after a few of them let nobody in from that address for a while.
 */
import { connect } from 'node:net';
import { ByteSource } from '../../gateway/rfb/byte-source.ts';
import { authenticateAt } from '../../gateway/rfb/handshake.ts';

/** `refuses`: a server is there that cannot be logged in at. */
export type VncAnswer = 'answers' | 'silent' | 'refuses';

/** @param limitMs milliseconds for all of it; defaults to 3000 */
export function askVnc(address: string, port: number, password: string, limitMs = 3_000): Promise<VncAnswer> {
  return new Promise((resolve) => {
    const source = new ByteSource();
    const socket = connect({ host: address, port });
    let hasSpoken = false;
    const limit = setTimeout(() => end(hasSpoken ? 'refuses' : 'silent'), limitMs);
    const end = (answer: VncAnswer): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (bytes) => {
      hasSpoken = true;
      source.push(bytes);
    });
    socket.on('error', (error) => source.fail(error));
    socket.on('close', () => source.fail(new Error('the connection was closed')));
    authenticateAt({ source, send: (bytes) => void socket.write(bytes) }, password).then(
      () => end('answers'),
      () => end(hasSpoken ? 'refuses' : 'silent'),
    );
  });
}
