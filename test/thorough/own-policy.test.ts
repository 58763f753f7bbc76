/** A policy of one's own wherever a policy's name is taken. `npm test` builds first. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const command = resolve('dist/cli.js');
let folder: string;

function heps(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: 'utf8' });
}

const bytesOf = (path: string): string => readFileSync(join(folder, path), 'utf8');
const small = ['--cluster', 'heps-test-3', '--days', '1', '--load', '0.2'];

/** A policy with one score. */
const policyWith = (score: string): string => `import { fineGrained } from 'heps-vcd';
export default { name: 'odd', summary: 'odd', create: () => ({ ...fineGrained, name: 'odd', terms: () => ({}),
  score: ${score} }) };
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-own-policy-'));
  expect(heps('policy', 'new', 'mine.ts').status).toBe(0);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('heps policy', () => {
  test('new writes a policy that runs, in JavaScript too, and never over a file', () => {
    const again = heps('policy', 'new', 'mine.ts');
    expect([again.status, again.stderr]).toEqual([
      2,
      'heps: mine.ts: expected a file that does not exist yet, got "EEXIST"\n',
    ]);
    const other = heps('policy', 'new', 'mine.txt');
    expect([other.status, other.stderr]).toEqual([
      2,
      'heps: file: expected a name that ends in .ts, .mts, .js or .mjs, got "mine.txt"\n',
    ]);
    expect(heps('policy', 'new', 'hybrid.mjs').status).toBe(0);
    const { status, stdout } = heps('simulate', '--policy', 'hybrid.mjs', ...small);
    expect([status, stdout.split('\n')[0]]).toEqual([0, 'my-hybrid on heps-test-3, workload heps, seed 1']);
  });

  test('list says what each policy is and what may be set', () => {
    const { stdout } = heps('policy', 'list');
    expect(stdout).toContain('least-card       GPU VMs to the least card that serves');
    expect(stdout).toContain('spill: allowed (default), never; whether CPU VMs');
    expect(stdout).toContain('reserveRamMibPerCard: 0 MiB; RAM that CPU VMs');
  });
});

describe('a run', () => {
  test('keeps name, options and file of the policy, and is the same on any number of threads', () => {
    for (const threads of ['1', '3']) {
      const words = [
        '--policies',
        'hybrid,./mine.ts',
        '--seeds',
        '1..3',
        '--idle-weight',
        '2',
        '--out',
        `threads-${threads}`,
      ];
      const { status, stderr, stdout } = heps('compare', ...words, ...small, '--threads', threads);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain('difference to hybrid');
    }
    const names = readdirSync(join(folder, 'threads-1'));
    const fileOf = (policy: string): string => names.find((name) => name.includes(`_${policy}_seed2`))!;
    for (const policy of ['hybrid', 'mine']) {
      expect(bytesOf(`threads-3/${fileOf(policy)}`)).toBe(bytesOf(`threads-1/${fileOf(policy)}`));
    }
    const { policy } = JSON.parse(bytesOf(`threads-1/${fileOf('mine')}`)).inputs;
    expect(policy).toEqual({
      name: 'mine',
      options: { idleWeight: 2, seed: 2 },
      module: { file: './mine.ts', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const beside = JSON.parse(bytesOf(`threads-1/${fileOf('hybrid')}`)).inputs;
    expect(beside.policy).toEqual({ name: 'hybrid', options: { similarity: 'normalised', seed: 2 } });
  });

  test('the help of a command that names the policy lists its options', () => {
    expect(heps('simulate', '--policy', './mine.ts', '--help').stdout).toMatch(/--idle-weight <n> .*\(mine\)/s);
    expect(heps('simulate', '--help').stdout).not.toContain('--idle-weight');
  });

  test('an option of the policy is checked, and needs the policy', () => {
    const low = heps('simulate', '--policy', './mine.ts', '--idle-weight', '-1');
    expect([low.status, low.stderr]).toEqual([
      2,
      "heps: option '--idle-weight <n>' argument '-1' is invalid. Expected a number of at least 0.\n",
    ]);
    const alone = heps('simulate', '--idle-weight', '1');
    expect([alone.status, alone.stderr]).toEqual([2, "heps: unknown option '--idle-weight'\n"]);
  });

  test.each([
    [
      '() => Number.NaN',
      'odd.ts: policy odd, score() for VM heps-000001 on host test-001: expected a number, got "NaN"',
    ],
    [
      '(host) => host.none.at',
      'odd.ts:3:30: policy odd failed in score() for VM heps-000001 on host test-001: TypeError: Cannot read',
    ],
  ])('a score of %s ends in one line that names the policy', (score, line) => {
    writeFileSync(join(folder, 'odd.ts'), policyWith(score));
    for (const words of [
      ['simulate', '--policy', './odd.ts'],
      ['compare', '--policies', 'hybrid,./odd.ts', '--threads', '2'],
    ]) {
      const { status, stderr } = heps(...words, ...small);
      expect(status).toBe(2);
      expect(stderr).toContain(`heps: ./${line}`);
      expect(stderr.trimEnd()).not.toContain('\n');
    }
  });

  test('an option that a command or another policy has otherwise is refused', () => {
    const option = (text: string): string => policyWith('() => 0').replace('summary', `options: { ${text} }, summary`);
    writeFileSync(join(folder, 'load.ts'), option(`load: { help: 'h', words: () => '', minimum: 0, default: 0 }`));
    writeFileSync(
      join(folder, 'spill.ts'),
      option(`spill: { help: 'h', words: () => '', choices: ['a'], default: 'a' }`),
    );
    expect(heps('simulate', '--policy', './load.ts').stderr).toBe(
      'heps: ./load.ts, options.load: expected a name that heps does not use (--load), got "load"\n',
    );
    expect(heps('simulate', '--policy', './spill.ts').stderr).toBe(
      'heps: ./spill.ts, options.spill: expected the values and default that policy hybrid has, or another name, got ["a"]\n',
    );
  });

  test('heps reproduce plays it beside the policies of the paper', () => {
    const { status, stdout } = heps('reproduce', 'fgd', '--policies', 'fgd,./mine.ts', '--seeds', '42');
    expect(status).toBe(0);
    expect(stdout).toContain('mine');
  });
});

describe('heps explain', () => {
  test('loads the policy from the recorded path, says when it needs it, and when it has changed', () => {
    heps('policy', 'new', 'moved.ts');
    heps('simulate', '--policy', './moved.ts', ...small, '--out', 'moved.run.json');
    const first = heps('explain', 'moved.run.json', 'heps-000003');
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(/moved at day 0 .*: test-00\d, cards/);
    renameSync(join(folder, 'moved.ts'), join(folder, 'elsewhere.ts'));
    const lost = heps('explain', 'moved.run.json', 'heps-000003');
    expect([lost.status, lost.stderr]).toEqual([
      2,
      'heps: moved.run.json: made by policy moved of ./moved.ts, which is not there; give it with --policy FILE\n',
    ]);
    const given = heps('explain', 'moved.run.json', 'heps-000003', '--policy', 'elsewhere.ts');
    expect([given.stderr, given.stdout]).toEqual(['', first.stdout]);
    const other = heps('explain', 'moved.run.json', 'heps-000003', '--policy', 'mine.ts');
    expect([other.status, other.stderr]).toEqual([
      2,
      'heps: mine.ts, name: expected moved, the policy of moved.run.json, got "mine"\n',
    ]);
    writeFileSync(join(folder, 'elsewhere.ts'), `${bytesOf('elsewhere.ts')}// changed\n`);
    const changed = heps('explain', 'moved.run.json', 'heps-000003', '--policy', 'elsewhere.ts');
    expect(changed.status).toBe(0);
    expect(changed.stderr).toBe(
      'heps: elsewhere.ts has changed since moved.run.json was made: what it says now may differ from what was decided\n',
    );
  });
});

describe('a sweep', () => {
  test('crosses a policy beside the plan with its options, runs its slices anywhere, and starts again when it has changed', () => {
    mkdirSync(join(folder, 'plans'));
    writeFileSync(join(folder, 'plans/own.mjs'), bytesOf('hybrid.mjs').replaceAll('my-hybrid', 'own'));
    const plan = 'cluster: heps-test-3\ndays: 1\nload: 0.2\npolicy: [hybrid, ./own.mjs]\nidle-weight: [0, 2]\n';
    writeFileSync(join(folder, 'plans/plan.yaml'), plan);
    const { status, stderr } = heps('sweep', 'plans/plan.yaml', '--out', 'sweep', '--threads', '2');
    expect([status, stderr]).toEqual([0, '']);
    const rows = bytesOf('sweep/table.csv')
      .trimEnd()
      .split('\n')
      .map((row) => row.split(',').slice(1, 4).join(' '));
    expect(rows).toEqual(['policy seed idle_weight', 'hybrid 1 0', 'own 1 0', 'hybrid 1 2', 'own 1 2']);
    const table = bytesOf('sweep/table.csv');

    rmSync(join(folder, 'sweep/runs'), { recursive: true });
    for (const slice of ['1/2', '2/2']) {
      const task = spawnSync(process.execPath, [command, 'sweep', 'sweep.json', '--slice', slice, '--threads', '1'], {
        cwd: join(folder, 'sweep'),
        encoding: 'utf8',
      });
      expect([task.status, task.stderr]).toEqual([0, '']);
    }
    expect(heps('sweep', 'plans/plan.yaml', '--out', 'sweep').status).toBe(0);
    expect(bytesOf('sweep/table.csv')).toBe(table);

    const before = bytesOf('sweep/sweep.json');
    writeFileSync(join(folder, 'plans/own.mjs'), `${bytesOf('plans/own.mjs')}// changed\n`);
    const task = heps('sweep', 'sweep/sweep.json', '--slice', '1/1');
    expect(task.status).toBe(0); // nothing is missing
    rmSync(join(folder, 'sweep/runs'), { recursive: true });
    const stale = heps('sweep', 'sweep/sweep.json', '--slice', '1/1', '--threads', '1');
    expect([stale.status, stale.stderr]).toEqual([
      2,
      'heps: ./own.mjs: changed since the run was planned; start it again\n',
    ]);
    heps('sweep', 'plans/plan.yaml', '--out', 'sweep');
    expect(bytesOf('sweep/sweep.json')).not.toBe(before);
  });

  test('an option of no policy in the plan is refused', () => {
    writeFileSync(join(folder, 'plain.yaml'), 'policy: hybrid\nidle-weight: 1\n');
    expect(heps('sweep', 'plain.yaml').stderr).toMatch(
      /^heps: plain.yaml:2:1: idle-weight is no option of a run; did you mean /,
    );
  });
});
