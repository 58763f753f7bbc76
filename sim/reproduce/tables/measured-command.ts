/** Runs a command in a process of its own, and says what it took. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../../core/input-error.ts';
import { packageRoot } from '../../../package-files.ts';
import type { TableCommand } from './doc-table.ts';

/** What commands took. */
export interface Cost {
  /** Processor time, s. */
  readonly cpuS: number;
  /** By the clock, s. */
  readonly wallS: number;
  /** Memory at most, MiB. */
  readonly memoryMib: number;
}

/** Where a process leaves what it took: read when it has ended. */
const usageFile = 'HEPS_USAGE_FILE';

/** A module that writes the process's own resource usage when it ends; given to Node as a URL, so that no file has to be found. */
const usageModule = `data:text/javascript,${encodeURIComponent(
  `import { writeFileSync } from 'node:fs';
   import { isMainThread } from 'node:worker_threads';
   if (isMainThread) process.on('exit', () => writeFileSync(process.env.${usageFile}, JSON.stringify(process.resourceUsage())));`,
)}`;

/**
 * @param folder for notes of what it took
 * @returns what the command printed
 * @throws InputError with the command and its last words when it fails
 */
export async function runMeasured(
  { script, args, env = {} }: TableCommand,
  folder: string,
): Promise<{ readonly output: string; readonly cost: Cost }> {
  const usage = join(folder, 'usage.json');
  const beginMs = performance.now();
  const child = spawn(process.execPath, ['--import', usageModule, script, ...args], {
    cwd: packageRoot(),
    env: { ...process.env, ...env, [usageFile]: usage },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status !== 0) {
    const words = Buffer.concat([...errors, ...output])
      .toString()
      .trim()
      .split('\n')
      .at(-1);
    throw InputError.saying(`${[script, ...args].join(' ')} ended with ${status ?? 'a signal'}: ${words}`);
  }
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(usage, 'utf8')) as NodeJS.ResourceUsage;
  const cost = {
    cpuS: (userCPUTime + systemCPUTime) / 1e6,
    wallS: (performance.now() - beginMs) / 1000,
    memoryMib: maxRSS / 1024,
  };
  return { output: Buffer.concat(output).toString(), cost };
}
