/** Ed25519 keys in the forms that OpenSSH reads: `PROTOCOL.key` and RFC 8709. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { sshString, sshU32 } from './ssh-wire.ts';

export interface SshKeyPair {
  /** `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
  /** As `ssh-keygen` writes it, without a passphrase. */
  readonly privateKey: string;
}

const type = 'ssh-ed25519';

export function makeSshKeyPair(): SshKeyPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x, d } = privateKey.export({ format: 'jwk' });
  const [point, seed] = [Buffer.from(x!, 'base64url'), Buffer.from(d!, 'base64url')];
  const blob = publicBlob(point);
  // The same number twice tells a reader that it has decrypted well; nothing is encrypted here.
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    sshString(type),
    sshString(point),
    sshString(Buffer.concat([seed, point])),
    sshString(''),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const text = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    sshU32(1),
    sshString(blob),
    sshString(Buffer.concat([secret, padding])),
  ]).toString('base64');
  const lines = text.match(/.{1,70}/g)!.join('\n');
  return {
    publicKey: publicLine(blob),
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`,
  };
}

/** @param point 32 bytes */
export function publicBlob(point: Buffer): Buffer {
  return Buffer.concat([sshString(type), sshString(point)]);
}

export function publicLine(blob: Buffer): string {
  return `${type} ${blob.toString('base64')}`;
}

/** The 32 bytes of `ssh-ed25519 AAAA…`; null for anything else. */
export function pointOf(line: string): Buffer | null {
  const found = /^ssh-ed25519 ([A-Za-z0-9+/]{68})$/.exec(line);
  if (found === null) return null;
  const blob = Buffer.from(found[1]!, 'base64');
  const point = blob.subarray(-32);
  return blob.equals(publicBlob(point)) ? point : null;
}
