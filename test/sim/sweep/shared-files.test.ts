import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hepsHere } from '../../cli/in-process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-shared-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  writeFileSync(join(folder, 'few.csv'), 'id,submit_s,lifetime_s,vcpus,ram_mib\na,0,5,1,1024\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(['slurm', 'htcondor'])(
  'a trace that comes through a pipe is refused for %s before anything is written',
  async (runner) => {
    writeFileSync(join(folder, 'plan.yaml'), 'cluster: heps-test-3\ntrace: pipe\n');
    const writing = execFileSync('bash', ['-c', `(cat few.csv > pipe) >/dev/null 2>&1 & echo $!`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(Number(writing)).toBeGreaterThan(0);
    expect(
      await hepsHere(folder, ...`sweep plan.yaml --runner ${runner} --out out-${runner}`.split(' ')),
    ).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `heps: ${join(folder, 'pipe')}: expected a file that the tasks of --runner ${runner} can read too, got a pipe or a device\n`,
    });
  },
);
