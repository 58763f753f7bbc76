/** Options that do nothing with the others: each is said in one line, or refused; where it counts, nothing is said. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compare, describeWorkload, simulate, simulateDecisions } from '../../sim/index.ts';
import { hepsHere } from './in-process.ts';

/** In this process, but for policies from files, which take Node's own loader. */
async function heps(...words: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  if (!words.includes('./mine.ts')) return hepsHere(folder, ...words);
  return spawnSync(process.execPath, [resolve('dist/cli.js'), ...words], { cwd: folder, encoding: 'utf8' });
}

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heps-idle-'));
  copyFileSync('traces/samples/swf/synthetic.swf', join(folder, 'jobs.swf'));
  copyFileSync('traces/samples/openb/pods.csv', join(folder, 'pods.csv'));
  const host = { name: 'h', count: 2, vcpus: 64, ramMib: 500_000, diskGib: 1000 };
  writeFileSync(join(folder, 'plain.json'), JSON.stringify({ format: 'heps-cluster/1', name: 'plain', hosts: [host] }));
  writeFileSync(join(folder, 'few.csv'), 'id,submit_s,lifetime_s,vcpus,ram_mib\nvm-1,0,60,1,1024\nvm-2,5,60,1,1024\n');
  await hepsHere(folder, ...'simulate --cluster plain.json --trace few.csv --out few.run.json'.split(' '));
  await hepsHere(folder, 'policy', 'new', 'mine.ts');
});
afterAll(() => rmSync(folder, { recursive: true }));

const small = 'simulate --cluster heps-test-3 --days 1 --load 0.02 --summary-only --out x.run.json';
const traced = 'simulate --cluster plain.json --summary-only --out x.run.json --trace';
const compared = 'compare --cluster plain.json --summary-only --threads 1 --out runs';
const azure = resolve('traces/samples/azure2017/v1.test.txt');
const noTrace = '--skip-invalid does nothing without a trace';
const noOpenb = '--times does nothing without a trace of openb';
const noLots = '--seed does nothing here: the arrivals are given, nothing fails, no policy draws lots';

describe('an option that does nothing is said in one line', () => {
  test.each([
    [`${small} --patience 4h --backfill`, '--backfill and --patience do nothing without --on-full queue'],
    [`${small} --schedulers 2`, '--schedulers does nothing without --srm-interval-s: all see the same'],
    [`${small} --mttr-h 4 --resubmit`, '--mttr-h and --resubmit do nothing without --mtbf-h or --card-mtbf-h'],
    [`${traced} few.csv --card-mtbf-h 9`, '--card-mtbf-h does nothing on cluster plain, which has no cards'],
    [`${small} --skip-invalid`, noTrace],
    [`${small} --times real`, noOpenb],
    [`${traced} jobs.swf --times real`, '--times does nothing with a trace that is not of openb but SWF'],
    [`${traced} few.csv --seed 1`, noLots],
    [`${small} --policy nova --spill never`, '--spill does nothing with policy nova'],
    [`${small} --policy least-card --similarity raw`, '--similarity does nothing with policy least-card'],
    [`${small} --policy ./mine.ts --gpu-score card`, '--gpu-score does nothing with policy mine'],
    [`${small} --gpu-score card --similarity raw`, '--similarity does nothing with --gpu-score card'],
    [
      `${small} --spill never --reserve-vcpus-per-card 2 --reserve-ram-mib-per-card 9`,
      '--reserve-vcpus-per-card and --reserve-ram-mib-per-card do nothing with --spill never',
    ],
    [
      `${small} --decisions x.csv --decisions-only --backfill`.replace('--summary-only --out x.run.json ', ''),
      '--backfill does nothing without --on-full queue',
    ],
    [`${compared} --trace few.csv --seeds 1..2`, noLots.replace('--seed', '--seeds')],
    [`${compared} --trace few.csv --until-ci 0.5 --most-seeds 5`, noLots.replace('--seed', '--until-ci')],
    [
      `${compared} --trace few.csv --policies nova,first-fit --spill never`,
      '--spill does nothing with policies nova, first-fit',
    ],
    ['trace generate --days 1 --load 0.02 --out t.csv --skip-invalid --times order', [noOpenb, noTrace]],
    ['trace generate --trace few.csv --out t.csv --seed 2', '--seed does nothing here: the arrivals are given'],
    [
      'trace convert few.csv --out t.csv --times order',
      '--times does nothing with a trace that is not of openb but heps CSV',
    ],
    ['trace convert pods.csv --out t.csv --seed 3', '--seed does nothing here: the arrivals are given'],
    ['trace describe --skip-invalid', noTrace],
    ['trace describe pods.csv --seed 3', '--seed does nothing here: the arrivals are given'],
    ['explain few.run.json vm-1 --all --json', '--all does nothing with --json, which has every host'],
    [
      'explain few.run.json vm-1 --policy ./mine.ts',
      '--policy does nothing here: the policies of the runs come with heps',
    ],
    [
      'view few.run.json --export page.html --policy ./mine.ts',
      '--policy does nothing here: the policies of the runs come with heps',
    ],
    [
      'sweep tiny.yaml --tasks 3 --retries 1 --slurm-args --wait --no-wait',
      [
        '--tasks and --retries do nothing without --runner slurm or htcondor',
        '--slurm-args and --no-wait do nothing without --runner slurm',
      ],
    ],
    ['sweep tiny.yaml --json --measure conflicts', '--measure does nothing with --json, which has every figure'],
    [
      'sweep tiny.yaml --out other --runner htcondor --threads 2',
      '--threads does nothing with --runner htcondor, whose tasks have threads of their own',
    ],
  ])('%s', async (words, sentences) => {
    writeFileSync(join(folder, 'tiny.yaml'), 'cluster: plain.json\ntrace: few.csv\n');
    const { status, stderr } = await heps(...words.split(' '));
    expect(stderr.split('\n')).toEqual([...[sentences].flat().map((sentence) => `heps: ${sentence}`), '']);
    expect(status).toBe(0);
  });

  // What a server or a cloud would be asked comes after it.
  test.each([
    ['live servers 7 --limit 3', '--limit does nothing with the id of one server'],
    [
      'live boot a --image b --flavor c --dry-run --no-wait --idempotency-key k',
      '--no-wait and --idempotency-key do nothing with --dry-run: nothing is booted',
    ],
    ['live doctor --token-file x --config none.yaml', '--token-file does nothing without --server URL'],
    ['live record --token-file x --out none --cloud none', '--token-file does nothing without --server URL'],
    ['live agent --once --interval-s 20', '--interval-s does nothing with --once'],
    ['live agent --print --token-file x', '--token-file does nothing with --print: nothing is sent'],
  ])('%s', async (words, sentence) => {
    const { stderr } = await hepsHere(folder, ...words.split(' '));
    expect(stderr.split('\n')[0]).toBe(`heps: ${sentence}`);
  });

  test('a size beside a flavor is refused, since the server would be of another size', async () => {
    const { status, stderr } = await hepsHere(
      folder,
      ...'live boot a --image b --flavor c --ram-mib 2 --disk-gib 3'.split(' '),
    );
    expect([status, stderr]).toEqual([
      2,
      'heps: --ram-mib and --disk-gib do nothing with --flavor, which says the size\n',
    ]);
  });
});

describe('nothing is said where an option counts', () => {
  test.each([
    `${small} --on-full queue --patience 4h --backfill`,
    `${small} --schedulers 2 --srm-interval-s 10`,
    `${small} --schedulers 1`,
    `${small} --mtbf-h 100 --mttr-h 4 --resubmit`,
    `${small} --card-mtbf-h 100 --mttr-h 4`,
    `${small} --seed 7`,
    `${small} --spill never --similarity raw`,
    `${small} --gpu-score similarity --similarity raw`,
    `${small} --policy least-card --spill allowed --reserve-vcpus-per-card 2`,
    `${traced} few.csv --policy random --seed 3`,
    `${traced} few.csv --mtbf-h 100 --seed 3`,
    `${traced} few.csv --policy ./mine.ts --seed 3`,
    `${traced} few.csv --skip-invalid`,
    `${traced} pods.csv --times order`,
    `${compared} --trace few.csv --policies nova,hybrid --spill never`,
    `${compared} --trace few.csv --policies nova,random --seeds 1..2`,
    `trace convert ${azure} --out t.csv --seed 3`,
    'trace describe pods.csv --times order',
    'explain few.run.json vm-1 --all',
  ])('%s', async (words) => {
    expect(await heps(...words.split(' '))).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('a plan of a sweep', () => {
  const sweep = async (plan: string) => {
    writeFileSync(join(folder, 'plan.yaml'), `cluster: plain.json\ntrace: few.csv\n${plan}`);
    const { status, stderr } = await hepsHere(folder, 'sweep', 'plan.yaml', '--threads', '1');
    expect(status).toBe(0);
    return stderr
      .split('\n')
      .filter((line) => line.startsWith('heps:'))
      .map((line) => line.slice('heps: '.length));
  };

  test.each([
    ['patience: [1h, 2h]\n', ['plan.yaml:3:12, patience: does nothing without on-full queue']],
    ['on-full: [reject, queue]\npatience: 1h\n', []],
    ['policy: [nova, hybrid]\nspill: never\n', []],
    [
      'policy: [nova, first-fit]\nspill: never\n',
      ['plan.yaml:4:8, spill: does nothing with policy nova or with policy first-fit'],
    ],
    [
      'seeds: 1..3\n',
      ['plan.yaml:3:8, seeds: does nothing here: the arrivals are given, nothing fails, no policy draws lots'],
    ],
    ['seeds: 1..3\npolicy: [hybrid, random]\n', []],
    [
      'experiments:\n  a:\n    on-full: queue\n    backfill: true\n  b:\n    backfill: true\n  c:\n    backfill: false\n',
      ['plan.yaml:8:15, backfill: does nothing without on-full queue'],
    ],
  ])('%j is told what none of its runs uses', async (plan, sentences) => {
    expect(await sweep(plan)).toEqual(sentences);
  });
});

describe('functions', () => {
  const input = { cluster: 'heps-test-3', days: 1, load: 0.02 } as const;
  const warnings = async (work: (onWarning: (text: string) => void) => Promise<unknown>): Promise<string[]> => {
    const said: string[] = [];
    await work((text) => said.push(text));
    return said;
  };

  test('functions warn of options that do nothing, by the names of their fields', async () => {
    const cloud = { patienceS: 60, resubmit: 2, mttrH: 4 };
    const policyOptions = { spill: 'never' };
    const expected = [
      'cloud.patienceS does nothing without cloud.onFull queue',
      'cloud.resubmit does nothing without cloud.mtbfH or cloud.cardMtbfH',
      'spill does nothing with policy nova',
    ];
    expect(
      await warnings((onWarning) => simulate({ ...input, policy: 'nova', cloud, policyOptions, onWarning })),
    ).toEqual(expected);
    expect(
      await warnings((onWarning) =>
        simulateDecisions({
          ...input,
          policy: 'nova',
          cloud,
          policyOptions,
          onWarning,
          decisionsFile: join(folder, 'd.csv'),
        }),
      ),
    ).toEqual(expected);
    expect(
      await warnings((onWarning) =>
        compare({ ...input, policies: ['nova'], seeds: [1], threads: 1, cloud, policyOptions, onWarning }),
      ),
    ).toEqual(expected);
    expect(await warnings((onWarning) => describeWorkload({ days: 1, times: 'order', onWarning }))).toEqual([
      'times does nothing without a trace of openb',
    ]);
  });

  test('functions say nothing of options that are as usual, which programs often pass', async () => {
    const cloud = { patienceS: null, backfill: false, mttrH: 4, resubmit: 0, schedulers: 1 };
    const policyOptions = { similarity: 'normalised', spill: 'allowed' };
    expect(
      await warnings((onWarning) =>
        simulate({ ...input, policy: 'nova', seed: 1, skipInvalid: false, cloud, policyOptions, onWarning }),
      ),
    ).toEqual([]);
  });
});
