/** Installs what a demonstration needs on Debian, where that may be done. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { InputError } from '../../core/input-error.ts';
import { isInstalled, missingPackages } from '../desktops/machines/local/programs.ts';

/** Says what it installs. @throws InputError with the command, where this is no Debian or not root's process */
export async function installMissing(say: (text: string) => void): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    throw InputError.saying(`the demonstration needs programs: sudo apt-get ${install.join(' ')}`);
  }
  say(`installs from Debian: ${missing.join(' ')}`);
  await aptGet(['update'], say);
  await aptGet(install, say);
  const still = missingPackages();
  if (still.length > 0) throw InputError.saying(`these packages are still missing: ${still.join(' ')}`);
}

/** Seconds for which another installation is waited for, and between two tries. */
const lockPatienceS = 300;
const retryS = 2;

/** Waits where another installation has the lock, and says so. @throws InputError with what apt-get said last */
export async function aptGet(words: readonly string[], say: (text: string) => void): Promise<void> {
  for (let waitedS = 0; ; waitedS += retryS) {
    const { code, complaint } = await runAptGet(words);
    if (code === 0) return;
    const isLocked = complaint.includes('Could not get lock') || complaint.includes('Unable to lock');
    if (!isLocked || waitedS >= lockPatienceS) {
      const last = complaint.trim().split('\n').at(-1) ?? '';
      throw InputError.saying(`apt-get ${words.join(' ')} ended with ${code}: ${last}`);
    }
    if (waitedS === 0) {
      const holder = /held by process (\d+ \([^)]*\))/.exec(complaint)?.[1];
      say(`waits for another installation to end${holder === undefined ? '' : `, process ${holder}`}`);
    }
    await setTimeout(retryS * 1000);
  }
}

async function runAptGet(
  words: readonly string[],
): Promise<{ readonly code: number | null; readonly complaint: string }> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const child = spawn('apt-get', ['-qq', ...words], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += String(text);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, complaint };
}
