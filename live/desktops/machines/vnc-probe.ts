/** Whether a desktop answers: its VNC server takes a connection, and says that it is one. */
import { connect } from 'node:net';

/** Of the protocol's first message, `RFB 003.008\n` (RFC 6143, section 7.1.1). */
const greeting = 'RFB ';

/** @param limitMs milliseconds for both; defaults to 3000 */
export function answersVnc(address: string, port: number, limitMs = 3_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const limit = setTimeout(() => end(false), limitMs);
    let text = '';
    const end = (answers: boolean): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(answers);
    };
    socket.on('data', (part) => {
      text += part.toString('latin1');
      if (text.length >= greeting.length) end(text.startsWith(greeting));
    });
    socket.on('error', () => end(false));
    socket.on('end', () => end(false));
  });
}
