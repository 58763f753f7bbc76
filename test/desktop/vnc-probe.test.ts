/** The probe of a desktop at a real TigerVNC, which lets nobody in for a while after five connections that did not log in. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askVnc } from '../../live/desktops/machines/vnc-probe.ts';
import { freePort } from '../free-port.ts';
import { startHarness } from '../live/gateway/harness.ts';
import { hasProgram, VncDesktop } from './vnc-desktop.ts';

const password = 'geheim42';

describe.skipIf(!['Xtigervnc', 'tigervncpasswd'].every(hasProgram))('the probe', () => {
  let desktop: VncDesktop;
  beforeEach(async () => {
    desktop = await VncDesktop.start(password);
  });
  afterEach(() => desktop.stop());

  test('asks as often as it likes, and the gateway is let in at once afterwards', async () => {
    for (let count = 0; count < 30; count++) {
      expect(await askVnc('127.0.0.1', desktop.port, password)).toBe('answers');
    }
    const harness = await startHarness();
    const upstream = { kind: 'vnc', address: '127.0.0.1', port: desktop.port, password } as const;
    await harness.open(harness.authority.grant(0, { upstream }));
    await harness.stop();
  });

  test('tells a server that does not take the password from one that is not there', async () => {
    expect(await askVnc('127.0.0.1', desktop.port, 'wrong123')).toBe('refuses');
    expect(await askVnc('127.0.0.1', await freePort(), password)).toBe('silent');
  });
});
