import { afterEach, expect, test, vi } from 'vitest';
import { openLocalMachines } from '../../../../live/desktops/machines/local-machines.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('programs that are missing are named at once, as Debian packages', () => {
  vi.stubEnv('PATH', '/nonexistent');
  const options = { folder: '/nonexistent', images: [], appBase: () => '/apps', log: () => {} };
  expect(() => openLocalMachines(options)).toThrow(
    /^desktops on this computer need programs: apt-get install tigervnc-standalone-server .*openbox xterm/,
  );
});
