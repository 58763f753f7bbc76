import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hepsHere } from './in-process.ts';

let folder: string;
const command = `node '${resolve('dist/cli.js')}'`;
const header = 'id,submit_s,lifetime_s,vcpus,ram_mib\n';
const trace = `${header}${Array.from({ length: 50 }, (_, index) => `v${index},${index},60,1,1024\n`).join('')}`;
const cluster = {
  format: 'heps-cluster/1',
  name: 'one',
  hosts: [{ name: 'h', vcpus: 64, ramMib: 262144, diskGib: 100 }],
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-cli-input-'));
  const put = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  put('trace.csv', trace);
  put('trace.gz', gzipSync(trace));
  put('one.json', JSON.stringify(cluster));
  put('outlier.csv', trace.replace('v3,3,', 'v3,1700000000,'));
  put('twice.csv', `${header}a,0,10,1,1\nb,1,10,1,1\na,2,10,1,1\nc,3,10,1,1\na,4,10,1,1\n`);
  put('cancelled.swf', '; log\n1 0 9 -1 1 -1 -1 1 1 -1 5 1 1 1 1 1 1 1\n2 5 0 10 1 -1 -1 1 1 -1 1 1 1 1 1 1 1 1\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a line of bash in which `heps` is the command as built. */
function bash(line: string): { status: number | null; stdout: string; stderr: string } {
  const script = `set -o pipefail; heps() { ${command} "$@"; }; ${line}`;
  return spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
}

/** Runs a line of words in this process: for what needs no pipe and no threads. */
const here = (line: string) => hepsHere(folder, ...line.split(' ').slice(1));

test.each([
  ['cat trace.csv | heps trace describe /dev/stdin', /^stdin: 50 VMs/],
  ['heps trace describe <(zcat trace.gz)', /: 50 VMs/],
  ['cat trace.gz | heps trace convert /dev/stdin | wc -l', /^51$/m],
  [
    'cat trace.csv | heps simulate --cluster <(cat one.json) --trace /dev/stdin --policy fgd --out p/s.run.json',
    /\b50 VMs arrived/,
  ],
  [
    'heps compare --cluster <(cat one.json) --trace <(zcat trace.gz) --policies hybrid,random --seeds 1,2 --threads 2 --warm-up auto --out p --json',
    /"arrived": 50,[\s\S]*"arrived": 50,[\s\S]*"arrived": 50,[\s\S]*"arrived": 50,/,
  ],
  [
    'cat trace.csv | heps simulate --cluster one.json --trace /dev/stdin --decisions d.csv --decisions-only',
    /50 VMs arrived/,
  ],
])('every row that comes through a pipe is read: %s', (line, expected) => {
  const { status, stdout, stderr } = bash(line);
  expect(stderr).toBe('');
  expect(stdout).toMatch(expected);
  expect(status).toBe(0);
});

test('standard input that another program gives as a socket is read too', () => {
  const args = [resolve('dist/cli.js'), 'trace', 'describe', '/dev/stdin'];
  expect(spawnSync(process.execPath, args, { input: trace, encoding: 'utf8' }).stdout).toMatch(/^stdin: 50 VMs/);
});

test('what is left out is counted by reason, with its first rows, wherever a trace is read', async () => {
  const outlier =
    /^heps: left out 1 row: 1 out of order\n {2}(?:\/.*\/)?outlier\.csv:5, column submit_s: expected at most 4, /;
  const cancelled =
    'heps: left out 1 row: 1 of jobs cancelled before they ran\n  cancelled.swf:3: expected a job that ran';
  writeFileSync(
    join(folder, 'plan.yaml'),
    '\uFEFFcluster: one.json\ntrace: outlier.csv\nskip-invalid: true\npolicy: random\nseeds: 1..2\n',
  );
  for (const line of [
    'heps trace describe outlier.csv --skip-invalid',
    'heps trace convert outlier.csv --skip-invalid',
    'heps simulate --cluster one.json --trace outlier.csv --skip-invalid --out l/s.run.json',
    'heps simulate --cluster one.json --trace outlier.csv --skip-invalid --decisions l/d.csv --decisions-only',
    'heps compare --cluster one.json --trace outlier.csv --skip-invalid --out l',
    'heps sweep plan.yaml --out l/sweep',
  ]) {
    expect((await (/ (compare|sweep|convert) /.test(line) ? bash : here)(line)).stderr, line).toMatch(outlier);
  }
  expect((await here('heps trace describe cancelled.swf')).stderr).toContain(cancelled.replace('swf:3', 'swf:2'));
  expect((await here('heps trace describe outlier.csv')).stderr).toMatch(
    /outlier\.csv:6, .* \(--skip-invalid leaves such rows out, and counts them; sorted by time, all of them are read\)\n$/,
  );
});

test('a workload without VMs says so on standard error', async () => {
  writeFileSync(join(folder, 'empty.csv'), header);
  writeFileSync(join(folder, 'comments.swf'), '; Version: 2.2\n; nothing else\n');
  writeFileSync(join(folder, 'wrong.csv'), `${header}a,x,1,1,1\n`);
  expect((await here('heps trace describe comments.swf')).stderr).toBe('heps: comments.swf has no VMs\n');
  expect(bash('heps trace convert empty.csv').stderr).toBe('heps: empty.csv has no VMs\n');
  expect((await here('heps simulate --trace empty.csv --out e/s.run.json')).stderr).toBe(
    'heps: empty.csv has no VMs\n',
  );
  expect((await here('heps trace describe wrong.csv --skip-invalid')).stderr).toMatch(
    /left out 1 row: [\s\S]*heps: wrong\.csv has no VMs, since every row was left out\n$/,
  );
});

test('ids that come more than once are said by simulate, and by explain with what it shows', async () => {
  const run = await here('heps simulate --cluster one.json --trace twice.csv --policy first-fit --out t.run.json');
  expect(run.stderr).toBe('heps: 1 id came more than once; heps explain shows the last VM of such an id\n');
  const [, which] = (await here('heps explain t.run.json a')).stdout.split('\n');
  expect(which).toBe('3 requests of this run have the id a; this is the last of them.');
  expect((await here('heps explain t.run.json b')).stdout).not.toContain('have the id');
  expect((await here('heps explain t.run.json a --json')).stderr).toContain('3 requests of this run have the id a');
  expect((await here('heps explain t.run.json a --attempt 2')).stderr).toBe('heps: attempt: expected 1, got 2\n');
  expect((await here('heps explain t.run.json x')).stderr).toContain('such as a, b, c, got "x"');
});

test('a cluster is told by its content: node lists and JSON, packed, quoted, with a byte order mark or CRLF', async () => {
  const nodes = 'sn,cpu_milli,memory_mib,gpu,model\nn0,96000,393216,2,T4\n';
  const files: Record<string, string | Buffer> = {
    'nodes.csv': nodes,
    'nodes.csv.gz': gzipSync(nodes),
    'nodes.txt': nodes,
    'NODES.CSV': nodes.replaceAll('\n', '\r\n'),
    'quoted.csv': nodes.replaceAll(/[a-z_]+(?=[,\n])/g, '"$&"'),
    'bom.csv': `\uFEFF${nodes}`,
    'bom.json': `\uFEFF${JSON.stringify(cluster)}`,
    'packed.json': gzipSync(JSON.stringify(cluster)),
    'json.csv': JSON.stringify(cluster),
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
    expect((await here(`heps cluster describe ${name}`)).stdout, name).toMatch(/: 1 hosts, /);
  }
  writeFileSync(join(folder, 'notes.txt'), 'hello\n');
  expect((await here('heps cluster describe notes.txt')).stderr).toMatch(
    /^heps: notes\.txt: expected JSON, or an openb node list \(sn,cpu_milli,memory_mib,gpu,model\), got /,
  );
});

test('a workload with a byte order mark is read', async () => {
  const preset = readFileSync(resolve('traces/workloads/heps.json'), 'utf8');
  writeFileSync(join(folder, 'own.json'), `\uFEFF${preset}`);
  expect(bash('heps trace generate --workload own.json --days 1').status).toBe(0);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('heps-pipe-'))).toEqual([]);
});

describe('a trace that counts from another epoch', () => {
  const rows = (epochS: number): string =>
    `${header}${Array.from({ length: 500 }, (_, index) => `v${index},${epochS + index * 1800},3600,5,1000\n`).join('')}`;
  const figures = (stdout: string): string[] =>
    stdout.split('\n').filter((line) => /arrived in|vCPUs in use|ran and|Warm-up/.test(line));
  const simulateIt = (name: string, more = '') =>
    here(
      `heps simulate --cluster ten.json --trace ${name}.csv --policy first-fit --summary-only --out e.run.json${more}`,
    );

  beforeAll(() => {
    writeFileSync(join(folder, 'zero.csv'), rows(0));
    writeFileSync(join(folder, 'epoch.csv'), rows(1_700_000_000));
    const [host] = cluster.hosts;
    writeFileSync(
      join(folder, 'ten.json'),
      JSON.stringify({ ...cluster, hosts: [{ ...host, vcpus: 10, ramMib: 10_000 }] }),
    );
  });

  test.each(['', ' --days 5', ' --warm-up auto', ' --warm-up 2d'])('has the same figures with%s', async (more) => {
    const [zero, epoch] = [await simulateIt('zero', more), await simulateIt('epoch', more)];
    expect(figures(epoch.stdout)).toEqual(figures(zero.stdout));
    expect(figures(epoch.stdout).length).toBeGreaterThan(2);
    expect(epoch.stderr).toBe('');
    expect(zero.stdout).not.toContain('Time begins');
    expect(epoch.stdout).toContain('Time begins at day 19675.93 of the trace (1700000000 s), with its first VM.');
  });

  test('is said to be mostly empty where means are asked for from its 0 on', async () => {
    const { stdout, stderr } = await simulateIt('epoch', ' --from 0');
    expect(stdout).toContain('500 VMs arrived in 19686.3 days');
    expect(stderr).toBe(
      'heps: none of 500 VMs arrives in the first 19675.9 of 19686.3 days, so means are mostly over a time in which hardly anything happens; --from first leaves that out\n',
    );
  });

  test('begins where --from says; the VMs before are left out and counted', async () => {
    const { stdout } = await simulateIt('epoch', ' --from 19680d --days 2');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'Time begins at day 19680 of the trace (1700352000 s), as asked: the 196 VMs that arrive before are left out. 96 VMs arrived in 2.0 days',
    );
    const described = await here('heps trace describe epoch.csv --from 19680d --days 2 --json');
    expect(JSON.parse(described.stdout)).toMatchObject({
      ...{ vms: 96, spanDays: 2 },
      begin: { atS: 1_700_352_000, how: 'given', vmsBefore: 196 },
    });
    const converted = await here('heps trace convert epoch.csv --from 19680d --days 2');
    expect(converted.stdout.split('\n').slice(1, -1)).toHaveLength(96);
    expect(converted.stdout).toContain('\nv196,1700352800,');
  });

  test.each([
    [
      'simulate --from 3d',
      '--from: expected --trace with it; a generated workload begins at 0 (--warm-up leaves out its start)',
    ],
    ['trace describe --from 3d', '--from: expected a trace with it'],
    [
      'trace describe zero.csv --from 300d',
      '--from: expected a time up to the last arrival, 898200 s, got "25920000 s"',
    ],
    [
      'trace describe zero.csv --from soon',
      "option '--from <time>' argument 'soon' is invalid. Expected first, or a time of the trace",
    ],
  ])('heps %s is refused', async (line, message) => {
    const { status, stderr } = await here(`heps ${line}`);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  test('says when hardly any VM arrives in most of the time, and how to leave that out', async () => {
    const late = rows(100 * 86_400).replace(header, `${header}first,0,60,1,1\nsecond,432000,60,1,1\n`);
    writeFileSync(join(folder, 'late.csv'), late);
    const words =
      'only 5 of 502 VMs arrive in the first 100.1 of 110.4 days, so means are mostly over a time in which hardly anything happens; --from 100d leaves that out';
    expect((await simulateIt('late')).stderr).toBe(`heps: ${words}\n`);
    expect((await here('heps trace describe late.csv')).stderr).toBe(`heps: ${words}\n`);
    expect((await simulateIt('late', ' --from 100d')).stderr).toBe('');
  });
});
