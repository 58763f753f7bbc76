import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OneNodeSlurm } from './one-node-slurm.ts';

const slurm = new OneNodeSlurm();
/** What a sweep shares between machines. */
let shared: string;

beforeAll(async () => {
  await slurm.start();
  shared = join(slurm.folder, 'shared');
  mkdirSync(shared);
});
afterAll(() => slurm.stop());

/** The built command with a folder of its own as working folder, and Slurm's configuration in its environment. */
function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [resolve('dist/cli.js'), ...args], { cwd: shared, env: slurm.environment });
}

async function heps(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return finished(start(...args));
}

async function finished(child: ChildProcess): Promise<{ status: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

/** Tables and run files of a sweep, by name. */
function contentOf(folder: string): Map<string, string> {
  const runs = readdirSync(join(shared, folder, 'runs')).map((name) => join('runs', name));
  return new Map(
    ['table.csv', 'table.parquet', ...runs.sort()].map((name) => [
      name,
      readFileSync(join(shared, folder, name), 'latin1'),
    ]),
  );
}

function write(name: string, text: string): void {
  writeFileSync(join(shared, name), text);
}

async function until<T>(find: () => T | undefined): Promise<T> {
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    await delay(50);
  }
}

/** The process of a slice of a sweep in `folder`. */
function taskProcess(folder: string, slice: string): number | undefined {
  const found = readdirSync('/proc').find((pid) => {
    try {
      const isThere = readlinkSync(`/proc/${pid}/cwd`) === join(shared, folder);
      return isThere && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0--slice\0${slice}\0`);
    } catch {
      return false; // no process, or one that has just ended
    }
  });
  return found === undefined ? undefined : Number(found);
}

const jobOf = (folder: string): string | undefined => {
  const file = join(shared, folder, 'slurm/job');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
};

test('an array of tasks makes the same tables and run files, to the byte, as one process', async () => {
  write('plan.yaml', 'days: 2\npolicy: [hybrid, nova]\nload: [0.8, 1.2]\nseeds: 1..2\nruns: full\n');
  await heps('sweep', 'plan.yaml', '--out', 'local', '--threads', '1');
  const { status, stdout, stderr } = await heps(
    ...['sweep', 'plan.yaml', '--out', 'array', '--runner', 'slurm', '--tasks', '3'],
  );
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('8 runs in array/runs');
  expect(contentOf('array')).toEqual(contentOf('local'));
  expect(readdirSync(join(shared, 'array/slurm')).filter((name) => name.endsWith('.log'))).toHaveLength(3);
});

test('tasks that are killed or cancelled are run again, and the table is the same', async () => {
  write('long.yaml', 'days: 30\npolicy: [hybrid, best-fit]\nseeds: 1..3\n');
  await heps('sweep', 'long.yaml', '--out', 'whole', '--threads', '1');
  const sweep = finished(start('sweep', 'long.yaml', '--out', 'hurt', '--runner', 'slurm', '--tasks', '2'));
  process.kill(await until(() => taskProcess('hurt', '1/2')), 'SIGKILL');
  await until(() => taskProcess('hurt', '2/2'));
  const first = jobOf('hurt')!;
  slurm.command('scancel', `${first}_2`);
  const { status, stderr } = await sweep;
  expect([status, stderr]).toEqual([0, '']);
  expect(Number(jobOf('hurt'))).toBeGreaterThan(Number(first));
  expect(contentOf('hurt')).toEqual(contentOf('whole'));
});

test('a job outlives the command: calling again waits for it; an edited plan changes nothing, and is not mixed in', async () => {
  write('edited.yaml', 'days: 2\nseeds: 1..4\n');
  await heps('sweep', 'edited.yaml', '--out', 'straight', '--threads', '1');
  const held = ['--runner', 'slurm', '--tasks', '2', '--slurm-args=--hold'];
  const waiting = start('sweep', 'edited.yaml', '--out', 'held', ...held);
  const job = await until(() => jobOf('held'));
  waiting.kill('SIGKILL');
  const again = await heps('sweep', 'edited.yaml', '--out', 'held', ...held, '--no-wait');
  expect(again.stdout).toContain(`Job ${job} runs the slices.`);
  expect(existsSync(join(shared, 'held/table.csv'))).toBe(false);

  write('edited.yaml', 'days: 2\nseeds: 5..8\n');
  const refused = await heps('sweep', 'edited.yaml', '--out', 'held', ...held);
  expect(refused).toEqual({
    status: 2,
    stdout: '',
    stderr: `heps: held: expected the plan of job ${job}, which is under way; wait for it or scancel it\n`,
  });

  slurm.command('scontrol', 'release', job);
  const { status } = await heps('sweep', 'held/sweep.json', '--runner', 'slurm');
  expect(status).toBe(0);
  expect(jobOf('held')).toBe(job);
  expect(contentOf('held')).toEqual(contentOf('straight'));
});

test('only slices with missing runs are submitted', async () => {
  write('grown.yaml', 'days: 1\nseeds: 1..2\n');
  await heps('sweep', 'grown.yaml', '--out', 'grown', '--threads', '1');
  write('grown.yaml', 'days: 1\nseeds: 1..4\n');
  await heps('sweep', 'grown.yaml', '--out', 'grown', '--runner', 'slurm', '--tasks', '4');
  expect(readFileSync(join(shared, 'grown/slurm/array.sh'), 'utf8')).toContain('#SBATCH --array=3,4\n');
  expect(readFileSync(join(shared, 'grown/table.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(5);
});

test('tasks that fail each time are given up, with what the first of them said', async () => {
  write(
    'wrong.csv',
    'id,submit_s,lifetime_s,vcpus,ram_mib,disk_gib,cards\na,0,60,2,1024,10,0\nb,5,sixty,2,1024,10,0\n',
  );
  write('wrong.yaml', 'trace: wrong.csv\n');
  const { status, stdout, stderr } = await heps(
    ...['sweep', 'wrong.yaml', '--out', 'wrong', '--runner', 'slurm', '--retries', '1'],
  );
  expect([status, stdout]).toEqual([1, '']);
  const log = `wrong/slurm/${jobOf('wrong')}_1.log`;
  expect(stderr).toMatch(
    new RegExp(`^heps: missing runs: 1, of slices 1, which ended without them; see ${log}: heps: .*wrong\\.csv:3.*\n$`),
  );
});

test('what sbatch refuses is said in one line', async () => {
  write('plan.yaml', 'days: 1\n');
  const { status, stderr } = await heps(
    ...['sweep', 'plan.yaml', '--out', 'refused', '--runner', 'slurm', '--slurm-args=--partition=nowhere'],
  );
  expect(status).toBe(2);
  expect(stderr).toMatch(/^heps: --runner slurm: .*invalid partition.*\n$/i);
});
