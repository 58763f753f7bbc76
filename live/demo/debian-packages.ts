/** Installs what a demonstration needs on Debian, where that may be done. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  await aptGet(['update']);
  await aptGet(install);
  const still = missingPackages();
  if (still.length > 0) throw InputError.saying(`these packages are still missing: ${still.join(' ')}`);
}

async function aptGet(words: readonly string[]): Promise<void> {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
  const child = spawn('apt-get', [...options, ...words], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw InputError.saying(`apt-get ${words.join(' ')} ended with ${code}`);
}
