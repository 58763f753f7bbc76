import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** The built command, as a user runs it. `npm test` builds first. */
const command = resolve('dist/cli.js');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-bound-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function heps(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: 'utf8' });
}

const header = 'id,submit_s,lifetime_s,vcpus,ram_mib,cards';

describe('heps compare --bound', () => {
  test('heps compare --bound says of each policy how much it served of what could be served', () => {
    // On the only card, a holds it from 0 to 1 h, where the longer b, from 30 min to 3.5 h, would have done 3 h.
    writeFileSync(
      join(folder, 'two.csv'),
      `${header}\na,0,3600,1,1024,1\nb,1800,10800,1,1024,1\nend,90000,60,1,1024,0\n`,
    );
    const cards = [{ model: 'RTX A6000', count: 1 }];
    const hosts = [{ name: 'only', vcpus: 32, ramMib: 65536, diskGib: 100, cards }];
    writeFileSync(join(folder, 'one.json'), JSON.stringify({ format: 'heps-cluster/1', name: 'one', hosts }));
    const options = ['compare', '--cluster', 'one.json', '--trace', 'two.csv', '--policies', 'hybrid,nova', '--bound'];
    const { status, stdout, stderr } = heps(...options);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/hybrid +1 +33\.33 +2\n/);
    expect(stdout.replaceAll('\n', ' ')).toContain(
      'No policy can serve more than 3 of the 4 card-hours asked for; the optimum with perfect foresight (MILP).',
    );
    const { bound, runs } = JSON.parse(heps(...options, '--json').stdout);
    expect(bound.seeds).toMatchObject([
      { cardHours: 3, askedCardHours: 4, method: 'offline-optimum', isOptimal: true },
    ]);
    expect(bound.policies[1]).toMatchObject({ policy: 'nova', share: { mean: 1 / 3 }, regretCardHours: { mean: 2 } });
    expect(runs[1].summary.servedCardHours).toBe(1);
  });

  test('heps compare --bound has one bound a seed, above every policy, with intervals over the seeds', () => {
    const { stdout } = heps('compare', '--days', '3', '--seeds', '1,2', '--load', '1.3', '--bound', '--json');
    const { bound } = JSON.parse(stdout);
    expect(bound.seeds).toMatchObject([{ method: 'by-vm', bucketS: 1800 }, { method: 'by-vm' }]);
    expect(bound.seeds[0].cardHours).not.toBe(bound.seeds[1].cardHours);
    for (const { share } of bound.policies) {
      expect(share.mean).toBeLessThan(1);
      expect(share.mean).toBeGreaterThan(0.3);
      expect(share.halfWidth).toBeGreaterThan(0);
    }
  });

  test('heps compare --bound refuses in one line what is too large, before any run', () => {
    const rows = Array.from({ length: 60_000 }, (_, index) => `v${index},${index},100,1,${1000 + index},1`);
    writeFileSync(join(folder, 'many.csv'), `${header}\n${rows.join('\n')}\n`);
    const trace = ['--trace', 'many.csv', '--cluster', 'heps-test-3', '--on-full', 'queue', '--out', 'none'];
    const { status, stdout, stderr } = heps('compare', ...trace, '--bound');
    expect(stderr).toBe(
      'heps: --bound: expected a workload with fewer sizes of GPU VM, or a cluster with fewer kinds of host, got 60000 sizes on 3 hosts\n',
    );
    expect([status, stdout]).toEqual([2, '']);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
