/** Runs `heps simulate` as a user does, in a process of its own, and says what it took. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a whole process took. */
export interface Simulated {
  /** CPU time, user and system mode. */
  readonly cpuUs: number;
  /** The most memory it had. */
  readonly rssMb: number;
  /** What it printed. */
  readonly report: string;
}

/** @throws Error when the command fails */
export function simulate(options: readonly string[]): Simulated {
  const command = fileURLToPath(new URL('../cli.js', import.meta.url));
  const usage = new URL('usage.js', import.meta.url).href;
  const child = spawnSync(process.execPath, ['--import', usage, command, 'simulate', ...options], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`heps simulate ended with ${child.status}: ${child.stderr}`);
  const taken = JSON.parse(child.stderr.trim().split('\n').at(-1)!) as { cpuUs: number; rssMb: number };
  return { ...taken, report: child.stdout };
}

/** @param values an odd number of them */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) / 2]!;
}
