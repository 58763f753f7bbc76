/** `heps reproduce`, and the FGD policies in other commands, as a user runs them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
