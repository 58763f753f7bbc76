import { expect, test } from 'vitest';
import { obfuscatedVncPassword } from '../../../../live/desktops/provisioning/vnc-password.ts';

test('a password is kept as vncpasswd keeps it', () => {
  // By Debian's: printf password | tigervncpasswd -f | xxd -p
  expect(obfuscatedVncPassword('password').toString('hex')).toBe('dbd83cfd727a1458');
  expect(obfuscatedVncPassword('k3Jm9QxZ').toString('hex')).toBe('0a688aab15dd6aab');
});
