/** User data against the real reader of it on this computer: Debian's cloud-init, and the YAML of its Python. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildUserData } from '../../live/desktops/provisioning/user-data.ts';
import { order } from '../live/desktops/provisioning/orders.ts';

const displayName = `yes: "no" $(id) 'x' \`y\` # {a: [1], *b, &c} 1:30 陈伟 😀`;
const hostile = {
  ...order,
  person: { ...order.person, displayName },
  desktop: { ...order.desktop, title: '- 0777' },
};
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-cloud-init-'));
  file = join(folder, 'user-data');
  writeFileSync(file, buildUserData(hostile));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('cloud-init finds nothing wrong with it', () => {
  expect(execFileSync('cloud-init', ['schema', '--config-file', file], { encoding: 'utf8' })).toContain('Valid');
});

test('PyYAML reads what we wrote', () => {
  const program = 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1], encoding="utf8")), sys.stdout)';
  const read = JSON.parse(execFileSync('/usr/bin/python3', ['-c', program, file], { encoding: 'utf8' })) as unknown;
  expect(read).toEqual(parse(buildUserData(hostile), { version: '1.1' }));
});

test('the shell that runs the commands sees each text as one word', () => {
  const program = [
    'import sys, yaml',
    'from cloudinit.util import shellify',
    'print(shellify([c for c in yaml.safe_load(open(sys.argv[1], encoding="utf8"))["runcmd"] if c[0].endswith("/account")]))',
  ].join('\n');
  const script = execFileSync('/usr/bin/python3', ['-c', program, file], { encoding: 'utf8' });
  const words = execFileSync('sh', ['-c', script.replaceAll(`'/usr/local/lib/heps/account'`, `printf '%s\\n'`)], {
    encoding: 'utf8',
  });
  expect(words.split('\n').slice(0, 4)).toEqual(['chen', '10001', '10001', displayName.replace(/[:,\\]/g, ' ')]);
});
