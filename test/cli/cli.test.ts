import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hepsHere } from './in-process.ts';

/** The built command, as a user runs it. `npm test` builds first. */
const command = resolve('dist/cli.js');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function heps(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: 'utf8' });
}

/** Runs it in this process: for what needs no threads. */
const here = (...args: readonly string[]) => hepsHere(folder, ...args);

const threeDays = ['--days', '3', '--on-full', 'queue', '--backfill', '--patience', '4h'];

describe('heps simulate', () => {
  test('heps simulate writes a run file, says how it went, and explains any of its decisions with the recorded score', () => {
    const { status, stdout, stderr } = heps('simulate', ...threeDays, '--out', 'a.run.json', '--decisions', 'a.csv');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('hybrid on heps-250, workload heps, seed 1');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(stdout).toMatch(/npx heps explain a\.run\.json ID\n.*:\s+npx heps view a\.run\.json\n$/);

    const { decisions, summary } = JSON.parse(readFileSync(join(folder, 'a.run.json'), 'utf8'));
    expect(decisions.id.length).toBe(summary.all.arrived);
    const csv = readFileSync(join(folder, 'a.csv'), 'utf8').trimEnd().split('\n');
    expect(csv[0]).toBe('id,host,cards,score,start_s,end_s,outcome,reason');
    expect(csv.length - 1).toBe(summary.all.arrived);

    const row = decisions.cards.findIndex((cards: number, index: number) => cards > 0 && decisions.host[index] >= 0);
    const answer = JSON.parse(heps('explain', 'a.run.json', decisions.id[row], '--json').stdout);
    expect(answer.decision).toMatchObject({ kind: 'placed', host: decisions.host[row], score: decisions.score[row] });
    expect(answer.verdicts).toHaveLength(250);
    const told = heps('explain', 'a.run.json', decisions.id[row]).stdout;
    expect(told).toContain(`score ${decisions.score[row]}`);
    expect(told).toContain('similarity');
  });

  test('--warm-up none is the run without that option, byte for byte', async () => {
    const small = ['simulate', '--cluster', 'heps-test-3', '--days', '2', '--load', '0.02'];
    await here(...small, '--out', 'plain.run.json');
    await here(...small, '--warm-up', 'none', '--out', 'none.run.json');
    expect(readFileSync(join(folder, 'none.run.json'))).toEqual(readFileSync(join(folder, 'plain.run.json')));
  });

  test('heps simulate gives the same bytes twice', async () => {
    await here('simulate', '--days', '2', '--out', 'one.run.json', '--decisions', 'one.csv');
    await here('simulate', '--days', '2', '--out', 'two.run.json', '--decisions', 'two.csv');
    expect(readFileSync(join(folder, 'two.run.json'))).toEqual(readFileSync(join(folder, 'one.run.json')));
    expect(readFileSync(join(folder, 'two.csv'))).toEqual(readFileSync(join(folder, 'one.csv')));
  });

  test('heps simulate gives the same decisions when nothing else is asked for, and says how many', async () => {
    const failing = [...threeDays, '--mtbf-h', '100', '--resubmit'];
    await here('simulate', ...failing, '--out', 'all.run.json', '--decisions', 'all.csv');
    const { status, stdout, stderr } = await here(
      'simulate',
      ...failing,
      '--decisions',
      'alone.csv',
      '--decisions-only',
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(join(folder, 'alone.csv'))).toEqual(readFileSync(join(folder, 'all.csv')));
    const rows = readFileSync(join(folder, 'alone.csv'), 'utf8').trimEnd().split('\n').slice(1);
    const count = (outcome: RegExp) => rows.filter((row) => outcome.test(row)).length.toLocaleString('en-US');
    expect(count(/,lost,/)).not.toBe('0');
    expect(stdout.replaceAll('\n', ' ')).toContain(
      `${count(/,(completed|lost),/)} placed, ${count(/,lost,/)} of them lost to failures, ${count(/,(refused|gave-up|unservable),/)} turned away.`,
    );
    expect(stdout).toContain('alone.csv');
    expect(readdirSync(folder).filter((name) => name.startsWith('alone'))).toEqual(['alone.csv']);
  });

  test('heps simulate gives the same bytes whichever engine finds the hosts', async () => {
    await here('simulate', ...threeDays, '--engine', 'auto', '--out', 'auto.run.json');
    await here('simulate', ...threeDays, '--engine', 'scan', '--out', 'scan.run.json');
    expect(readFileSync(join(folder, 'scan.run.json'))).toEqual(readFileSync(join(folder, 'auto.run.json')));
  });

  test('heps simulate reads the openb samples, formats recognised', async () => {
    const samples = resolve('traces/samples/openb');
    const { status, stdout } = await here(
      ...['simulate', '--cluster', join(samples, 'nodes.csv'), '--trace', join(samples, 'pods.csv'), '--json'],
    );
    expect(status).toBe(0);
    const { summary, out } = JSON.parse(stdout);
    expect(summary.all.arrived).toBeGreaterThan(100);
    expect(out).toMatch(/^runs\/nodes_pods_hybrid_seed1_[0-9a-f]{6}\.run\.json$/);
    expect(existsSync(join(folder, out))).toBe(true);
  });
});

describe('heps compare', () => {
  test('heps compare gives the same figures on one thread and on two, and the runs that simulate gives', () => {
    const day = ['--days', '1', '--on-full', 'queue', '--backfill', '--patience', '4h'];
    const options = ['compare', ...day, '--policies', 'hybrid,nova', '--seeds', '1,2', '--json'];
    const alone = heps(...options, '--threads', '1', '--out', 'alone');
    const together = heps(...options, '--threads', '2', '--out', 'together');
    expect(alone.status).toBe(0);
    expect(JSON.parse(together.stdout).comparison).toEqual(JSON.parse(alone.stdout).comparison);
    const files = readdirSync(join(folder, 'alone'));
    // The same digest of what differs from the usual options in each.
    const named = files.map((file) => file.replace(/_[0-9a-f]{6}\.run\.json$/, ''));
    expect(named).toEqual(
      ['hybrid_seed1', 'hybrid_seed2', 'nova_seed1', 'nova_seed2'].map((run) => `heps-250_heps-1d_${run}`),
    );
    for (const file of files) {
      expect(readFileSync(join(folder, 'together', file))).toEqual(readFileSync(join(folder, 'alone', file)));
    }
    heps('simulate', ...day, '--policy', 'nova', '--seed', '2', '--out', 'nova.run.json');
    expect(readFileSync(join(folder, 'nova.run.json'))).toEqual(readFileSync(join(folder, 'alone', files[3]!)));
  });

  test('heps compare says which policy is better in one sentence, in tables of at most 100 columns', () => {
    const policies = 'hybrid,nova,first-fit,best-fit,worst-fit,dot-product,random,least-card';
    const { stdout } = heps('compare', '--days', '1', '--seeds', '1..3', '--policies', policies, '--summary-only');
    const verdict =
      /hybrid serves more VMs as asked than nova: \S+ % against \S+ %, \S+ ± \S+ points more \(95 % confidence, 3 seeds\)\./;
    expect(stdout.replaceAll('\n', ' ')).toMatch(verdict);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    for (const policy of policies.split(',')) expect(stdout).toContain(policy);
  });

  test('heps compare leaves out one warm-up for all, found by MSER-5, and adds seeds until the intervals are narrow enough', () => {
    const options = [
      '--cluster',
      'heps-test-3',
      '--days',
      '12',
      '--load',
      '0.02',
      '--seeds',
      '5,6,7',
      '--warm-up',
      'auto',
    ];
    const goal = ['--until-ci', '0.5', '--ci-of', 'cards-in-use', '--summary-only', '--out', 'until'];
    const { stdout, stderr } = heps('compare', ...options, ...goal, '--json');
    expect(stderr).toBe('');
    const { seeds, warmUp, untilCi, comparison, runs } = JSON.parse(stdout);
    expect(seeds).toEqual([5, 6, 7, 8, 9]);
    expect(warmUp).toEqual({ untilS: 5 * 86_400, how: 'found' });
    expect(untilCi).toMatchObject({ isReached: true, goal: { measure: 'cards in use', halfWidth: 50 } });
    expect(comparison[0].medians[0].interval).toBeNull();
    for (const { summary } of runs) expect(summary.durationS).toBe(7 * 86_400);
    const text = heps('compare', ...options, ...goal).stdout;
    expect(text).toContain('Warm-up: the first 5 days are left out, found by MSER-5');
    expect(text.replaceAll('\n', ' ')).toContain('within ± 50 percentage points, as requested, after 5 seeds');
  });

  test('heps compare says so where the most seeds are too few, and without a goal how many would halve the intervals', () => {
    const options = [
      'compare',
      '--cluster',
      'heps-test-3',
      '--days',
      '2',
      '--load',
      '0.02',
      '--summary-only',
      '--out',
      'few',
    ];
    const { status, stdout } = heps(...options, '--until-ci', '1e-6', '--ci-of', 'vcpus-in-use', '--most-seeds', '7');
    expect(status).toBe(0);
    expect(stdout.replaceAll('\n', ' ')).toMatch(
      /are NOT within ± 0\.0001 percentage points after 7 seeds, the most allowed/,
    );
    // t(4) = 2.776 over √5 against t(12) = 2.179 over √13: 1.2415 and 0.6043, less than half; with 12 seeds 0.6354.
    expect(heps(...options).stdout).toContain(
      'Intervals half as wide, those of the differences too, would take about 13 seeds.',
    );
  });
});

describe('heps explain --waiting', () => {
  test('heps explain --waiting says of a VM that waited behind others that it was not tried, and of no other', async () => {
    const rows = ['a,0,100,4,1024', 'b,1,10,32,1024', 'c,2,10,1,1024'];
    writeFileSync(join(folder, 'line.csv'), `id,submit_s,lifetime_s,vcpus,ram_mib\n${rows.join('\n')}\n`);
    const hosts = [{ name: 'only', vcpus: 32, ramMib: 65536, diskGib: 100 }];
    writeFileSync(join(folder, 'one.json'), JSON.stringify({ format: 'heps-cluster/1', name: 'one', hosts }));
    await here(
      'simulate',
      '--cluster',
      'one.json',
      '--trace',
      'line.csv',
      '--on-full',
      'queue',
      '--out',
      'line.run.json',
    );
    const told = async (id: string) => (await here('explain', 'line.run.json', id, '--waiting')).stdout;
    const notTried = 'It was not tried then, since others waited before it';
    expect(await told('a')).not.toContain(notTried);
    expect(await told('b')).toContain('no valid host (vcpus:1)');
    expect(await told('c')).toContain(notTried);
  });
});

describe('heps trace and heps cluster', () => {
  test('a workload file of ones own gives the runs that the preset of the same content gives', async () => {
    const own = join(folder, 'own.json');
    writeFileSync(own, readFileSync(resolve('traces/workloads/heps.json')));
    const answer = JSON.parse((await here('simulate', '--days', '1', '--workload', own, '--json')).stdout);
    expect(answer.out).toMatch(/^runs\/heps-250_own-1d_hybrid_seed1_[0-9a-f]{6}\.run\.json$/);
    expect(answer.summary).toEqual(JSON.parse((await here('simulate', '--days', '1', '--json')).stdout).summary);
  });

  test('a trace, which is the same under every seed, is compared once', () => {
    heps('trace', 'generate', '--days', '1', '--out', 'once.csv');
    const { stdout } = heps('compare', '--trace', 'once.csv', '--out', 'once');
    expect(stdout).toContain('one run each');
    const [hybrid, nova] = ['hybrid', 'nova'].map((policy) => join('once', `heps-250_once_${policy}_seed1.run.json`));
    expect(stdout.trimEnd().endsWith(`npx heps view ${hybrid} ${nova}`)).toBe(true);
    expect(readdirSync(join(folder, 'once'))).toHaveLength(2);
  });

  test('a generated workload written as CSV runs like the generated one', async () => {
    expect((await here('trace', 'generate', '--days', '2', '--seed', '3', '--out', 'w.csv')).stdout).toMatch(
      /VMs written to w\.csv/,
    );
    const summaryOf = async (...args: string[]) =>
      JSON.parse((await here('simulate', '--days', '2', '--json', ...args)).stdout).summary;
    expect(await summaryOf('--trace', 'w.csv')).toEqual(await summaryOf('--seed', '3'));
  });

  test('convert writes what describe then reads', async () => {
    await here('trace', 'convert', resolve('traces/samples/swf/synthetic.swf'), '--out', 's.csv');
    const described = async (file: string) => JSON.parse((await here('trace', 'describe', file, '--json')).stdout);
    const { sha256: _, name: __, ...converted } = await described('s.csv');
    expect(await described(resolve('traces/samples/swf/synthetic.swf'))).toMatchObject(converted);
    expect(converted.vms).toBeGreaterThan(100);
  });

  test('cluster describe counts hosts and cards', async () => {
    expect((await here('cluster', 'describe', 'heps-test-3')).stdout).toContain('3 hosts, 3 of them with cards');
    expect(JSON.parse((await here('cluster', 'describe', 'heps-250', '--json')).stdout)).toMatchObject({ hosts: 250 });
  });
});

describe('what is wrong', () => {
  const bad = 'id,submit_s,lifetime_s,vcpus,ram_mib\na,0,10,1,1024\nb,5,ten,1,1024\nc,6,10,1,1024\n';

  test.each([
    [['simulate', '--policy', 'best'], /argument 'best' is invalid. Allowed choices are hybrid, nova/],
    [['simulate', '--cluster', 'nowhere'], /nowhere: expected a readable file or one of the presets heps-250/],
    [['simulate', '--days', '1.5'], /'1.5' is invalid. Expected a whole number of at least 1/],
    [['simulate', '--trace', 'nowhere.csv'], /nowhere.csv: expected a readable file, got nothing/],
    [['simulate', '--trace', 'bad.csv', '--load', '2'], /'--load <x>' cannot be used with option '--trace <file>'/],
    [
      ['simulate', '--decisions-only'],
      /--decisions-only: expected a file to write, given with --decisions FILE, got nothing/,
    ],
    [
      ['simulate', '--decisions', 'none', '--decisions-only', '--out', 'x'],
      /'--decisions-only' cannot be used with option '--out <file>'/,
    ],
    [
      ['simulate', '--decisions', 'none', '--decisions-only', '--summary-only'],
      /cannot be used with option '--summary-only'/,
    ],
    [['simulate', '--trace', 'bad.csv', '--decisions', 'good.csv', '--decisions-only'], /bad.csv:3, column lifetime_s/],
    [['simulate', '--patience', 'long'], /Expected a duration such as 90s, 15m, 4h or 2d/],
    [['compare', '--policies', 'hybrid,hybrid'], /Expected distinct names from hybrid/],
    [['compare', '--ci-of', 'conflicts'], /^heps: --ci-of: expected --until-ci WIDTH with it, got nothing$/m],
    [
      ['compare', '--until-ci', '0.01', '--seeds', '1..9', '--most-seeds', '8'],
      /--most-seeds: expected at least the 9 of --seeds, got 8/,
    ],
    [['compare', '--until-ci', '0.01', '--most-seeds', '4'], /Expected a whole number of at least 5/],
    [['compare', '--warm-up', 'long'], /Expected none, auto or a duration such as 36h or 5d/],
    [['simulate', '--warm-up', '30d'], /--warm-up: expected less than the time until the last arrival, or than --days/],
    [['compare', '--seeds', '3..1'], /Expected distinct seeds such as 1..5/],
    [['explain', 'bad.csv', 'a'], /bad.csv: expected a run file \(JSON\)/],
    [['compare', '--seeds', '1..99999'], /Expected at most 10000 seeds/],
    [['trace', 'describe', 'bad.csv', '--load', '2'], /--load: expected a generated workload, got "bad.csv"/],
    [['simulat'], /unknown command 'simulat'/],
    [['trace', 'convert', 'bad.csv', '--out', 'good.csv'], /bad.csv:3, column lifetime_s/],
  ])('gets one line that says so, and exit code 2: %j', async (args, message) => {
    writeFileSync(join(folder, 'bad.csv'), bad);
    const { status, stdout, stderr } = await hepsHere(
      folder,
      ...args,
      ...(args[0] === 'compare' ? ['--out', 'none'] : []),
    );
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^heps: /);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    for (const file of ['none', 'good.csv', 'good.csv.part']) {
      const left =
        existsSync(join(folder, file)) && (!file.startsWith('none') || readdirSync(join(folder, file)).length > 0);
      expect(left, file).toBe(false);
    }
  });

  test('an error in an input is reported by a process too, which reads it in a thread, with exit code 2', () => {
    writeFileSync(join(folder, 'bad.csv'), bad);
    const { status, stdout, stderr } = heps('compare', '--trace', 'bad.csv', '--out', 'none');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^heps: .*bad.csv:3, column lifetime_s: expected .*, got "ten" \(--skip-invalid leaves such rows out, and counts them\)\n$/,
    );
    expect(existsSync(join(folder, 'none')) && readdirSync(join(folder, 'none')).length > 0).toBe(false);
  });

  test('an invalid row is left out and listed with --skip-invalid', async () => {
    writeFileSync(join(folder, 'bad.csv'), bad);
    const { status, stdout, stderr } = await here('simulate', '--trace', 'bad.csv', '--skip-invalid', '--json');
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^heps: left out 1 row: 1 with a wrong value in column lifetime_s\n {2}bad.csv:3, column lifetime_s: .*\n$/,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      inputs: { workload: { skipped: 1 } },
      summary: { all: { arrived: 2 } },
    });
  });
});

describe('help', () => {
  const run = ['Policy', 'Workload', 'Cloud', 'Statistics', 'Execution', 'Output', 'Options'];
  test.each([
    ['simulate', run, { Policy: '--policy', Workload: '--trace', Cloud: '--cluster', Statistics: '--warm-up' }],
    ['compare', run, { Policy: '--spill', Cloud: '--schedulers', Statistics: '--until-ci', Execution: '--threads' }],
    ['sweep', ['Execution', 'Output', 'Options'], { Execution: '--runner', Output: '--measure' }],
    ['reproduce fgd', ['Workload', 'Policy', 'Execution', 'Output', 'Options'], { Workload: '--list' }],
    ['trace generate', ['Workload', 'Output', 'Options'], { Workload: '--seed', Output: '--out' }],
    [
      '',
      ['Options', 'Simulation', 'Inputs', 'Real cloud', 'Inside a desktop', 'Commands'],
      { Simulation: 'compare', Inputs: 'trace' },
    ],
    ['live', ['Options', 'GPU hosts', 'Services', 'Servers of the cloud', 'Setup and checks', 'Commands'], {}],
  ] as const)('the help of heps %s shows options and commands in groups', (name, groups, members) => {
    const { stdout } = heps(...name.split(' ').filter((word) => word !== ''), '--help');
    const headings = [...stdout.matchAll(/^([A-Z][A-Za-z ]+):$/gm)].map(([, heading]) => heading);
    expect(headings.filter((heading) => !['Arguments', 'Policies', 'Example'].includes(heading!))).toEqual(groups);
    for (const [group, member] of Object.entries(members)) {
      const body = stdout.split(`\n${group}:\n`)[1]!.split('\n\n')[0];
      expect(body).toMatch(new RegExp(`^ {2}${member} `, 'm'));
    }
  });
});

test('every command shows an example in its help', async () => {
  const commands = [
    ['simulate'],
    ['compare'],
    ['explain'],
    ['view'],
    ['trace', 'generate'],
    ['trace', 'convert'],
    ['trace', 'describe'],
    ['cluster', 'describe'],
  ];
  for (const name of commands) {
    const { stdout: help } = await hepsHere(folder, ...name, '--help');
    expect(help).toMatch(new RegExp(`Example:\\n {2}heps ${name.join(' ')}`));
  }
});
