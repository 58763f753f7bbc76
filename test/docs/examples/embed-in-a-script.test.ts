import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the script that sweeps one parameter draws the committed picture', () => {
  const folder = 'docs/examples/embed-in-a-script';
  const { stdout, stderr } = spawnSync(process.execPath, [`${folder}/cards.mjs`], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe(readFileSync(`${folder}/cards.svg`, 'utf8'));
});
