/** A VNC password as servers keep it: one DES block under a key that everybody knows. It hides nothing; the file's rights do. */
import { createCipheriv } from 'node:crypto';

/** The key of `vncpasswd`, each byte with its bits in reverse, as DES in VNC takes keys. */
const fixedKey = Buffer.from('e84ad660c4721ae0', 'hex');

/** The 8 bytes of a `-PasswordFile`, or of TightVNC's registry value. @param password of at most 8 ASCII characters */
export function obfuscatedVncPassword(password: string): Buffer {
  const block = Buffer.alloc(8);
  block.write(password, 'latin1');
  // Three times the same key is single DES, which OpenSSL 3 no longer offers on its own.
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([fixedKey, fixedKey, fixedKey]), null);
  return cipher.setAutoPadding(false).update(block);
}
