/** What cannot be read is said with its reason: no permission, a folder, a broken gzip file, too many files open, too large. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hepsHere } from './in-process.ts';

const command = resolve('dist/cli.js');
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heps-unreadable-'));
  chmodSync(folder, 0o755);
  const host = { name: 'h', count: 2, vcpus: 64, ramMib: 500_000, diskGib: 1000 };
  writeFileSync(join(folder, 'ten.json'), JSON.stringify({ format: 'heps-cluster/1', name: 'ten', hosts: [host] }));
  writeFileSync(join(folder, 'few.csv'), 'id,submit_s,lifetime_s,vcpus,ram_mib\na,0,5,1,1024\n');
  writeFileSync(join(folder, 'plan.yaml'), 'cluster: ten.json\ntrace: few.csv\nruns: full\n');
  await hepsHere(folder, ...'simulate --cluster ten.json --trace few.csv --out a.run.json'.split(' '));
  await hepsHere(folder, ...'sweep plan.yaml --threads 1 --out swept'.split(' '));
  mkdirSync(join(folder, 'locked'));
  copyFileSync(join(folder, 'ten.json'), join(folder, 'locked/ten.json'));
  for (const name of ['a.run.json', 'few.csv', 'ten.json', 'plan.yaml', 'swept/sweep.json']) {
    const closed = `closed-${name.replace('/', '-')}`;
    copyFileSync(join(folder, name), join(folder, closed));
    chmodSync(join(folder, closed), 0o000);
  }
  chmodSync(join(folder, 'locked'), 0o700);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Root may read everything, and gives that up where it can. */
const asNobody = process.getuid!() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
const mayGiveUp =
  asNobody.length === 0 ||
  spawnSync(asNobody[0]!, [...asNobody.slice(1), process.execPath, command, '--version']).status === 0;

describe.skipIf(!mayGiveUp)('a file that may not be read', () => {
  test.each([
    ['explain closed-a.run.json a', 'closed-a.run.json'],
    ['view closed-a.run.json --export x.html', 'closed-a.run.json'],
    ['simulate --trace closed-few.csv --out -', 'closed-few.csv'],
    ['simulate --cluster closed-ten.json --out -', 'closed-ten.json'],
    ['simulate --workload closed-ten.json --out -', 'closed-ten.json'],
    ['trace describe closed-few.csv', 'closed-few.csv'],
    ['trace convert closed-few.csv', 'closed-few.csv'],
    ['cluster describe closed-ten.json', 'closed-ten.json'],
    ['sweep closed-plan.yaml', 'closed-plan.yaml'],
    ['sweep closed-swept-sweep.json', 'closed-swept-sweep.json'],
    ...(asNobody.length === 0 ? [] : [['cluster describe locked/ten.json', 'locked/ten.json'] as [string, string]]),
  ] satisfies (readonly [string, string])[])('is said to be so: heps %s', (words: string, file: string) => {
    const [program = process.execPath, ...before] = asNobody;
    const args = [...before, ...(asNobody.length === 0 ? [] : [process.execPath]), command, ...words.split(' ')];
    const { status, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toMatch(new RegExp(`^heps: ${file}: expected .*, got "EACCES"\n$`));
    expect(status).toBe(2);
  });
});

test.each([
  ['explain . a', '.: expected a readable file, got "EISDIR"'],
  ['trace describe .', '.: expected a readable file, got "EISDIR"'],
  ['cluster describe .', '.: expected a readable file, got "EISDIR"'],
  ['sweep .', '.: expected a plan that can be read, got "EISDIR"'],
  ['explain none a', 'none: expected a readable file, got nothing'],
])('a folder or nothing is said to be so: heps %s', async (words, message) => {
  expect(await hepsHere(folder, ...words.split(' '))).toMatchObject({ status: 2, stderr: `heps: ${message}\n` });
});

test('a gzip file that was cut or spoilt is said to be so', async () => {
  const whole = gzipSync(readFileSync(join(folder, 'few.csv')));
  writeFileSync(join(folder, 'cut.gz'), whole.subarray(0, 20));
  writeFileSync(join(folder, 'spoilt.gz'), Buffer.concat([whole.subarray(0, 10), Buffer.alloc(30, 0xff)]));
  for (const [file, code] of [
    ['cut.gz', 'Z_BUF_ERROR'],
    ['spoilt.gz', 'Z_DATA_ERROR'],
  ] as const) {
    for (const words of [`trace describe ${file}`, `simulate --trace ${file} --out -`, `cluster describe ${file}`]) {
      const { status, stderr } = await hepsHere(folder, ...words.split(' '));
      expect([status, stderr], words).toEqual([2, `heps: ${file}: expected a gzip file, got "${code}"\n`]);
    }
  }
});

test('a run of a sweep that cannot be read is not run again behind its back', async () => {
  const { points } = JSON.parse(readFileSync(join(folder, 'swept/sweep.json'), 'utf8'));
  const run = join(folder, 'swept', points[0].file);
  rmSync(run);
  mkdirSync(run);
  const { status, stderr } = await hepsHere(folder, ...'sweep plan.yaml --threads 1 --out swept'.split(' '));
  expect(stderr).toBe(`heps: ${join('swept', points[0].file)}: expected a readable file, got "EISDIR"\n`);
  expect(status).toBe(2);
});

test.each([
  ['few.csv', 2, /^heps: few\.csv: expected a readable file, got "EMFILE"\n$/],
  ['package.json', 1, /^heps: \/.*package\.json: too many files are open \(ulimit -n\) \(EMFILE\)\n$/],
])('too many open files are said in one line, when %s is to be read', (file, code, says) => {
  // Takes every descriptor that is left just before: how many Node itself has open differs between its versions.
  writeFileSync(
    join(folder, 'exhaust.mjs'),
    `import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { openSync } = fs;
    for (const [owner, name] of [[fs, 'open'], [fs, 'openSync'], [fs, 'readFileSync'], [fs.promises, 'open']]) {
      const original = owner[name];
      owner[name] = (path, ...rest) => {
        if (String(path).endsWith('${file}')) {
          try {
            while (true) openSync('/dev/null');
          } catch {}
        }
        return original(path, ...rest);
      };
    }
    syncBuiltinESMExports();`,
  );
  const line = `ulimit -n 64; ${process.execPath} --import ./exhaust.mjs ${command} trace describe few.csv`;
  const { status, stderr } = spawnSync('bash', ['-c', line], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toMatch(says);
  expect(status).toBe(code);
});

test('a run file that a page cannot read, or that does not fit into memory, is refused with its size', async () => {
  const large = join(folder, 'large.run.json');
  writeFileSync(large, '{');
  truncateSync(large, 537_052_194); // a file of holes takes no room
  expect(await hepsHere(folder, 'view', 'large.run.json')).toMatchObject({
    status: 2,
    stderr: 'heps: large.run.json: 537 MB, and a browser reads at most 512 MiB; heps explain reads it\n',
  });
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=500', command, 'explain', 'large.run.json', 'a'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe(
    "heps: large.run.json: 537 MB are more than fit into Node's memory; NODE_OPTIONS=--max-old-space-size=2048 makes room\n",
  );
  expect(status).toBe(2);
});
