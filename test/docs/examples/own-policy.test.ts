/** The example of an own policy, run as its README says. `npm test` builds first. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const example = 'docs/examples/own-policy';

test('the own policy beats the hybrid one by what the committed output says, in under 30 lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heps-own-policy-'));
  try {
    copyFileSync(join(example, 'own-policy.ts'), join(folder, 'own-policy.ts'));
    const command = /^heps (compare .*)$/m.exec(readFileSync(join(example, 'README.md'), 'utf8'))![1]!;
    const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('dist/cli.js'), ...command.split(' ')], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(readFileSync(join(example, 'output.txt'), 'utf8'));
    expect(readFileSync(join(example, 'own-policy.ts'), 'utf8').split('\n').length).toBeLessThan(30);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
