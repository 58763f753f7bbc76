/** `heps reproduce`, and the FGD policies in other commands, as a user runs them. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const command = resolve('dist/cli.js');
const sample = resolve('traces/samples/openb-gpu');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-reproduce-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function heps(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: 'utf8' });
}

describe('heps reproduce fgd', () => {
  test('heps reproduce fgd plays the sample that comes with it, and says that it is one', () => {
    const { status, stdout, stderr } = heps('reproduce', 'fgd', '--seeds', '42');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('25 nodes with 146 cards, arrivals only, seeds 42');
    expect(stdout).toContain('This is a small sample');
    expect(stdout).toContain('are our own draw');
    expect(stdout).not.toContain('published');
    for (const policy of ['fgd', 'fgd/random', 'gpu-packing', 'hybrid'])
      expect(stdout).toMatch(new RegExp(`^${policy} `, 'm'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('heps reproduce fgd writes placements and curves, the same on any number of threads', () => {
    const one = ['--data', sample, '--seeds', '7', '--policies', 'fgd'];
    expect(heps('reproduce', 'fgd', ...one, '--placements', 'placed.csv').status).toBe(0);
    const lines = readFileSync(join(folder, 'placed.csv'), 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('seq,task,node,cards');
    for (const line of lines.slice(1))
      expect(line).toMatch(/^\d+,openb-pod-\d+(-tuned-\d+)?,(\d{4}-openb-node-\d+,(\d(-\d)*)?|,)$/);
    const many = ['--data', sample, '--seeds', '1..3', '--policies', 'fgd/best-fit,hybrid'];
    expect(heps('reproduce', 'fgd', ...many, '--threads', '1', '--curve', 'a.csv').status).toBe(0);
    expect(heps('reproduce', 'fgd', ...many, '--threads', '2', '--curve', 'b.csv').status).toBe(0);
    const curve = readFileSync(join(folder, 'a.csv'), 'utf8');
    expect(readFileSync(join(folder, 'b.csv'), 'utf8')).toBe(curve);
    expect(curve.trimEnd().split('\n')).toHaveLength(1 + 3 * 2 * 131);
    expect(curve).toMatch(/^list,policy,seed,percent,allocated\ndefault,fgd\/best-fit,1,0,/);
  });

  test.each([
    [
      ['--seeds', '1,2', '--policies', 'fgd', '--placements', 'p.csv'],
      /--placements: expected one list, one seed and one policy/,
    ],
    [['--order', 'order.txt', '--seeds', '1,2'], /--order: expected one list and one seed, whose order it is, got/],
    [['--order', 'none.txt', '--curve', 'c.csv'], /none\.txt: expected a readable file, got nothing/],
    [['--order', 'bad.txt', '--curve', 'c.csv'], /bad\.txt:2: expected a task of the list/],
    [['--data', 'nowhere', '--curve', 'c.csv'], /openb_node_list_gpu_node\.csv: expected a list of the openb trace/],
    [['--list', 'cpu050'], /openb_pod_list_cpu050\.csv: expected a list of the openb trace/],
    [['--list', '../x'], /Expected all, or distinct names from default, cpu050/],
    [['--policies', 'fgd/worst'], /Expected distinct names from hybrid, nova/],
  ])('heps reproduce fgd says in one line what is wrong with %j, and writes nothing', (args, message) => {
    writeFileSync(join(folder, 'bad.txt'), 'P,1,1000\np,openb-pod-x\n');
    const before = readdirSync(folder);
    const { status, stdout, stderr } = heps('reproduce', 'fgd', ...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(readdirSync(folder)).toEqual(before);
  });
});

test('fgd runs on HEPS desktops, and its decisions are explained with the recorded score', () => {
  expect(heps('simulate', '--days', '2', '--policy', 'fgd', '--out', 'fgd.run.json').status).toBe(0);
  const { decisions, inputs, summary } = JSON.parse(readFileSync(join(folder, 'fgd.run.json'), 'utf8'));
  expect(inputs.policy.options.typicalRequests.length).toBeGreaterThan(1);
  expect(summary.fragmentShare).toBeGreaterThan(0);
  expect(summary.fragmentShare).toBeLessThan(1);
  const row = decisions.cards.findLastIndex((cards: number, index: number) => cards > 0 && decisions.host[index] >= 0);
  const answer = JSON.parse(heps('explain', 'fgd.run.json', decisions.id[row], '--json').stdout);
  expect(answer.decision).toMatchObject({ kind: 'placed', host: decisions.host[row], score: decisions.score[row] });
});

describe('heps reproduce all', () => {
  test('a table of the documentation is made again and is the committed one, with what it took', () => {
    const { status, stdout, stderr } = heps('reproduce', 'all', '--tables', 'fgd-sample', '--threads', '1');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^same {7}fgd-sample, docs\/reproduction\.md: \d+ s of processor time, \d+ s by the clock, [1-9]\d+ MiB\n\n1 as committed, 0 different, 0 skipped\n$/,
    );
  });

  test('a table whose data is absent is skipped in words: which file, its digest, and where it comes from', () => {
    const { status, stdout } = heps('reproduce', 'all', '--tables', 'fgd-default', '--data', sample);
    expect(status).toBe(0);
    // The sample has files of those names, which are not those.
    expect(stdout).toContain('skipped    fgd-default, docs/reproduction.md');
    expect(stdout).toMatch(/openb_pod_list_default\.csv has another SHA-256 than [0-9a-f]{64}/);
    const nothing = heps('reproduce', 'all', '--tables', 'fgd-default', '--data', folder).stdout;
    expect(nothing).toMatch(/openb_pod_list_default\.csv \(SHA-256 [0-9a-f]{64}\) is not in the folder; from https:/);
    const unnamed = heps('reproduce', 'all', '--tables', 'fgd-default').stdout;
    expect(unnamed).toContain(
      '--data must name a folder with openb_node_list_gpu_node.csv, openb_pod_list_default.csv',
    );
  });

  test('in an installed package a table that differs is shown and ends with 1, and pages of the repository are skipped', () => {
    const installed = join(folder, 'installed');
    for (const part of [
      'dist',
      'docs/reproduction.md',
      'docs/findings-heps.md',
      'traces/samples/openb-gpu',
      'package.json',
    ])
      cpSync(resolve(part), join(installed, part), { recursive: true });
    symlinkSync(resolve('node_modules'), join(installed, 'node_modules'));
    const page = join(installed, 'docs/reproduction.md');
    const committed = readFileSync(page, 'utf8');
    const row = committed.split('\n').find((line) => line.startsWith('| `gpu-packing` | 9'))!;
    writeFileSync(page, committed.replace(row, '| `gpu-packing` | 99.99 |'));
    const args = ['reproduce', 'all', '--tables', 'fgd-sample,findings-heps', '--threads', '1'];
    const { status, stdout } = spawnSync(process.execPath, [join(installed, 'dist/cli.js'), ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stdout).toContain(`  6 - | \`gpu-packing\` | 99.99 |\n  6 + ${row}\n`);
    expect(stdout).toContain(
      'it needs docs/findings/write-heps.ts, which only a clone of the repository with npm ci has',
    );
    expect(stdout).toContain('0 as committed, 1 different, 1 skipped');
    expect(status).toBe(1);
  });

  test('tables are listed with what they take, and one that does not exist is refused', () => {
    const { status, stdout } = heps('reproduce', 'all', '--list');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^findings +docs\/findings\.md +about \d+ min +\d+ MiB +4 files$/m);
    const wrong = heps('reproduce', 'all', '--tables', 'fgd');
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('Expected distinct names from fgd-sample,'),
    ]);
  });
});
