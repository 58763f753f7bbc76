/** The answer to a VNC server's challenge: DES with the password as the key, section 7.2.2 of RFB. */
import { createCipheriv } from 'node:crypto';

const challengeBytes = 16;
const keyBytes = 8;

/**
 * The key is the password's first eight characters, each byte's bits reversed. OpenSSL 3 has single DES among its legacy algorithms only;
 * triple DES with the same key thrice is the same.
 */
export function answerChallenge(challenge: Buffer, password: string): Buffer {
  if (challenge.length !== challengeBytes) throw new RangeError(`expected 16 bytes, got ${challenge.length}`);
  const key = Buffer.alloc(keyBytes);
  for (const [index, byte] of Buffer.from(password, 'latin1').subarray(0, keyBytes).entries()) {
    key[index] = reversed(byte);
  }
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

function reversed(byte: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) result |= 0x80 >> bit;
  return result;
}
