import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSubmitDescription } from '../sim/sweep/submit-description.ts';
import { hepsHere } from './in-process.ts';

/** The built command, as a user runs it. `npm test` builds first. */
const command = resolve('dist/cli.js');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-sweep-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function heps(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: 'utf8' });
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

const bytesOf = (path: string): string => readFileSync(join(folder, path), 'latin1');
/** Of both tables. */
const tablesOf = (out: string): string[] => ['table.csv', 'table.parquet'].map((name) => bytesOf(join(out, name)));
const runsOf = (out: string): string[] => readdirSync(join(folder, out, 'runs'));

const small = 'cluster: heps-test-3\ndays: 1\n';

describe('heps sweep', () => {
  test('heps sweep runs every point into one table, the same in CSV and Parquet, and says means over the seeds', async () => {
    write('plan.yaml', `${small}policy: [hybrid, nova]\nload: [0.1, 0.2]\nseeds: 1..2\n`);
    const { status, stdout, stderr } = heps('sweep', 'plan.yaml', '--measure', 'served_as_asked_percent,conflicts');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('mean ± 95 % interval');
    expect(stdout).toContain('nova, load 0.2');
    expect(stdout).toContain('8 runs in sweeps/plan/runs, one row each in\n  sweeps/plan/table.csv');
    const [header, ...rows] = bytesOf('sweeps/plan/table.csv').trimEnd().split('\n');
    expect(header).toMatch(/^experiment,policy,seed,load,served_as_asked_percent,/);
    expect(rows.map((row) => row.split(',').slice(0, 4).join(' '))).toEqual(
      [' hybrid 1 0.1', ' hybrid 2 0.1', ' nova 1 0.1', ' nova 2 0.1', ' hybrid 1 0.2', ' hybrid 2 0.2'].concat([
        ' nova 1 0.2',
        ' nova 2 0.2',
      ]),
    );
    const bytes = readFileSync(join(folder, 'sweeps/plan/table.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const fromParquet = (await parquetReadObjects({ file })).map((row) =>
      Object.values(row).map((cell) => (cell === null ? '' : String(cell))),
    );
    expect(fromParquet).toEqual(rows.map((row) => row.split(',')));
  });

  test('a point is the run that heps simulate makes of the same options, to the byte', () => {
    write('one.yaml', `${small}load: 0.2\nmtbf-h: 50\nresubmit: true\nbackfill: true\nruns: full\nseeds: 3\n`);
    heps('sweep', 'one.yaml', '--out', 'one');
    const options = ['--cluster', 'heps-test-3', '--days', '1', '--load', '0.2', '--mtbf-h', '50', '--resubmit'];
    heps('simulate', ...options, '--backfill', '--seed', '3', '--out', 'one.run.json');
    expect(bytesOf(join('one/runs', runsOf('one')[0]!))).toBe(bytesOf('one.run.json'));
  });

  test('heps sweep gives the same tables whatever the number of threads', () => {
    heps('sweep', 'plan.yaml', '--out', 'single', '--threads', '1');
    heps('sweep', 'plan.yaml', '--out', 'double', '--threads', '2');
    expect(tablesOf('double')).toEqual(tablesOf('single'));
  });

  test('a sweep that was killed and called again runs only what is missing and makes the same tables', async () => {
    write('long.yaml', 'days: 1\npolicy: [hybrid, nova]\nseeds: 1..4\n');
    heps('sweep', 'long.yaml', '--out', 'straight');
    mkdirSync(join(folder, 'killed/runs'), { recursive: true });
    const finished = new Set<string>();
    const watcher = watch(join(folder, 'killed/runs'), (_, name) => {
      if (!name?.endsWith('.run.json')) return;
      finished.add(name);
      if (finished.size === 2) child.kill('SIGKILL');
    });
    const child = spawn(process.execPath, [command, 'sweep', 'long.yaml', '--out', 'killed', '--threads', '2'], {
      cwd: folder,
      stdio: 'ignore',
    });
    const [, signal] = await once(child, 'exit');
    watcher.close();
    expect(signal).toBe('SIGKILL');
    expect(existsSync(join(folder, 'killed/table.csv'))).toBe(false);
    const done = runsOf('killed').filter((name) => name.endsWith('.run.json'));
    expect(done.length).toBeGreaterThanOrEqual(2);
    expect(done.length).toBeLessThan(8);

    const untouched = join('killed/runs', done[0]!);
    const before = bytesOf(untouched);
    // A mark that a run would overwrite, in a place that does not make the file another's.
    write(untouched, `${before}\n`);
    expect(heps('sweep', 'long.yaml', '--out', 'killed').status).toBe(0);
    expect(bytesOf(untouched)).toBe(`${before}\n`);
    expect(tablesOf('killed')).toEqual(tablesOf('straight'));
    expect(runsOf('killed').sort()).toEqual(runsOf('straight').sort());
  });

  test('slices fill the folder, from which the plan makes the same tables', () => {
    heps('sweep', 'plan.yaml', '--out', 'sliced', '--runner', 'htcondor', '--tasks', '3');
    const jobs = readSubmitDescription(bytesOf('sliced/htcondor/sweep.sub'));
    expect(jobs.map(({ arguments: args }) => args.slice(1))).toEqual(
      ['1/3', '2/3', '3/3'].map((slice) => ['sweep', 'sweep.json', '--slice', slice, '--threads', '1']),
    );
    for (const { commands, arguments: args } of jobs) {
      const job = spawnSync(commands.executable!, args, { cwd: join(folder, 'sliced'), encoding: 'utf8' });
      expect([job.status, job.stdout, job.stderr]).toEqual([0, '', '']);
    }
    const { stdout } = heps('sweep', 'plan.yaml', '--out', 'sliced', '--runner', 'htcondor', '--tasks', '3');
    expect(stdout).toContain('8 runs in sliced/runs');
    expect(tablesOf('sliced')).toEqual(tablesOf('sweeps/plan'));
  });

  test('a table is never left beside another plan', () => {
    write('grows.yaml', `${small}seeds: 1\n`);
    heps('sweep', 'grows.yaml', '--out', 'grows');
    expect(tablesOf('grows')[0]!.trimEnd().split('\n')).toHaveLength(2);
    write('grows.yaml', `${small}seeds: 1..2\n`);
    const { stdout } = heps('sweep', 'grows.yaml', '--out', 'grows', '--runner', 'htcondor');
    expect(stdout).toContain('Jobs to submit: 1, for 1 missing runs.');
    expect(readdirSync(join(folder, 'grows')).sort()).toEqual(['htcondor', 'runs', 'sweep.json']);
  });

  test('--json gives each group with its estimates', () => {
    const { groups, runs } = JSON.parse(heps('sweep', 'plan.yaml', '--json').stdout);
    expect(runs).toBe(8);
    expect(groups).toHaveLength(4);
    expect(groups[0]).toMatchObject({ experiment: null, policy: 'hybrid', seeds: [1, 2], options: { load: 0.1 } });
    const [, first, second] = bytesOf('sweeps/plan/table.csv').split('\n');
    const served = [first!, second!].map((row) => Number(row.split(',')[4]));
    expect(groups[0].estimates.served_as_asked_percent.mean).toBeCloseTo((served[0]! + served[1]!) / 2, 10);
  });

  test('a sweep.json from another build of heps is refused, and its plan accepted', () => {
    write('code.yaml', small);
    heps('sweep', 'code.yaml', '--out', 'code');
    const [run] = runsOf('code');
    const settled = bytesOf('code/sweep.json');
    expect(heps('sweep', 'code/sweep.json').status).toBe(0);
    write('code/sweep.json', settled.replace(/"codeSha256": "[0-9a-f]{64}"/, '"codeSha256": "other"'));
    const { status, stderr } = heps('sweep', 'code/sweep.json');
    expect([status, stderr]).toEqual([
      2,
      'heps: code/sweep.json: heps has been changed since it was written; call heps sweep with the plan\n',
    ]);
    expect(heps('sweep', 'code.yaml', '--out', 'code').status).toBe(0);
    expect(runsOf('code')).toEqual([run]);
    expect(bytesOf('code/sweep.json')).toBe(settled);
  });

  test.each([
    [['wrong.yaml'], 'heps: wrong.yaml:2:13, load: expected a number above 0, got "x"\n'],
    [['none.yaml'], 'heps: none.yaml: expected a plan that can be read, got "ENOENT"\n'],
    [['plan.yaml', '--measure', 'conflict'], /conflict is no column of the table; did you mean conflicts\?\n$/],
    [['plan.yaml', '--tasks', '1001'], /Expected at most 1000 tasks\.\n$/],
    [['empty.json'], /^heps: empty\.json, format: expected heps-sweep\/1, got nothing\n$/],
  ])('%j is refused in one line, before anything runs', async (args, message) => {
    write('wrong.yaml', 'days: 1\nload: [0.7, x]\n');
    write('empty.json', '{}');
    const { status, stdout, stderr } = await hepsHere(folder, 'sweep', ...args, '--out', 'nothing');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
  });

  test('heps sweep says that sbatch is missing where there is no Slurm', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [command, 'sweep', 'plan.yaml', '--out', 'no', '--runner', 'slurm'],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: folder },
      },
    );
    expect(status).toBe(2);
    expect(stderr).toBe('heps: --runner slurm: expected the command sbatch, which comes with Slurm, got nothing\n');
  });
});
