/** Files that appear whole or not at all, no matter who else writes there, how full the disk is, and how the process ends. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { InputError } from '../../core/input-error.ts';
import { OutputFile, writeOutput } from '../../files/output-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** A process of the built module (`npm test` builds first) that runs `code` with `OutputFile` and `writeOutput` at hand. */
const scriptOf = (code: string): string =>
  `import { OutputFile, writeOutput } from ${JSON.stringify(resolve('dist/files/output-file.js'))};\n${code}`;

/** Runs it in the folder, from a shell that was told `limits` before. */
function run(code: string, limits = ':'): { status: number | null; stderr: string; stdout: string } {
  const node = `${process.execPath} --input-type=module -e "$CODE"`;
  return spawnSync('bash', ['-c', `${limits}; exec ${node}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CODE: scriptOf(code) },
  });
}

/** Starts it and waits until it says `ready`. */
async function start(code: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', scriptOf(code)], { cwd: folder });
  await once(child.stdout, 'data');
  return child;
}

const sayReadyAndWait = "console.log('ready'); setInterval(() => {}, 1000);";

describe('a plain file', () => {
  test('a plain file keeps the mode of the one that it replaces, and a new one has the mode that it is given', () => {
    const path = join(folder, 'secret');
    writeOutput(path, 'new', 0o600);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const mode of [0o640, 0o600, 0o444]) {
      chmodSync(path, mode);
      writeOutput(path, `of ${mode}`);
      expect([statSync(path).mode & 0o777, readFileSync(path, 'utf8')]).toEqual([mode, `of ${mode}`]);
    }
  });

  test.skipIf(process.getuid!() !== 0)('a plain file that root replaces stays its owner’s', () => {
    const path = join(folder, 'theirs');
    writeFileSync(path, 'old');
    chownSync(path, 65534, 65534);
    writeOutput(path, 'new');
    expect([statSync(path).uid, statSync(path).gid]).toEqual([65534, 65534]);
  });

  test('a plain file appears under its name when it is finished, not before', () => {
    const path = join(folder, 'new', 'folder', 'file.txt');
    const file = new OutputFile(path);
    file.write('one ');
    expect(existsSync(path)).toBe(false);
    file.write('two');
    file.finish();
    expect(readFileSync(path, 'utf8')).toBe('one two');
    expect(readdirSync(join(folder, 'new', 'folder'))).toEqual(['file.txt']);
  });

  test('a plain file leaves nothing when it is discarded, and an older file as it was', () => {
    const path = join(folder, 'file.txt');
    writeFileSync(path, 'old');
    const file = new OutputFile(path);
    file.write('new'.repeat(100_000));
    file.discard();
    expect(readdirSync(folder)).toEqual(['file.txt']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  test('a plain file keeps text of any length and alphabet whole', () => {
    const path = join(folder, 'file.txt');
    const file = new OutputFile(path);
    const parts = Array.from({ length: 3000 }, (_, index) => `${index} 高能同步辐射光源 ${'x'.repeat(index % 97)}\n`);
    for (const part of parts) file.write(part);
    file.finish();
    expect(readFileSync(path, 'utf8')).toBe(parts.join(''));
  });

  test('written by two at once is whole: that of the one that finished last', () => {
    const path = join(folder, 'file.txt');
    const [one, two] = [new OutputFile(path), new OutputFile(path)];
    for (let index = 0; index < 1000; index++) {
      one.write('one\n'.repeat(100));
      two.write('two\n'.repeat(100));
    }
    one.finish();
    expect(readFileSync(path, 'utf8')).toBe('one\n'.repeat(100_000));
    two.finish();
    expect(readFileSync(path, 'utf8')).toBe('two\n'.repeat(100_000));
    expect(readdirSync(folder)).toEqual(['file.txt']);
  });
});

describe('what is no plain file', () => {
  test('a link is followed, also one to a file that is not there yet', () => {
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real', 'old.txt'), 'old');
    symlinkSync('real/old.txt', join(folder, 'old'));
    symlinkSync('real/new.txt', join(folder, 'new'));
    writeOutput(join(folder, 'old'), 'a');
    writeOutput(join(folder, 'new'), 'b');
    expect(lstatSync(join(folder, 'old')).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(folder, 'new')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'real', 'old.txt'), 'utf8')).toBe('a');
    expect(readFileSync(join(folder, 'real', 'new.txt'), 'utf8')).toBe('b');
    expect(readdirSync(join(folder, 'real')).sort()).toEqual(['new.txt', 'old.txt']);
  });

  test('a pipe stays one, and its reader gets every byte', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = spawn('sh', ['-c', 'sleep 0.2; wc -c < pipe'], { cwd: folder });
    const read = once(reader.stdout, 'data');
    expect(run("writeOutput('pipe', 'x'.repeat(1_000_000));").status).toBe(0);
    expect(String((await read)[0]).trim()).toBe('1000000');
    expect(lstatSync(path).isFIFO()).toBe(true);
  });

  test('a device stays a device', () => {
    // A copy of /dev/null would need root; a link to it is followed to the device and written to.
    symlinkSync('/dev/null', join(folder, 'null'));
    writeOutput(join(folder, 'null'), 'nothing');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(readdirSync(folder)).toEqual(['null']);
  });

  test('- is standard output, and so is /dev/stdout', () => {
    const code = "writeOutput('-', 'a'.repeat(300_000)); writeOutput('/dev/stdout', 'b');";
    const { stdout } = run(code);
    expect([stdout.length, stdout.at(-1), stdout.replace(/a+b/, '')]).toEqual([300_001, 'b', '']);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a plain file below /dev, such as one in /dev/shm, is replaced whole as anywhere', () => {
    const shared = mkdtempSync('/dev/shm/heps-');
    onTestFinished(() => rmSync(shared, { recursive: true }));
    const path = join(shared, 'file.txt');
    writeFileSync(path, 'old');
    const file = new OutputFile(path);
    file.write('x'.repeat(100_000));
    expect(readFileSync(path, 'utf8')).toBe('old');
    file.discard();
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  test('a folder is refused before anything is written, and so is a circle of links', () => {
    mkdirSync(join(folder, 'there'));
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    expect(() => new OutputFile(join(folder, 'there'))).toThrow('expected the name of a file');
    expect(() => new OutputFile(join(folder, 'a'))).toThrow(InputError);
  });

  test('a place that cannot be made is named', () => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, 'file', 'x.json');
    expect(() => new OutputFile(path)).toThrow(InputError);
    expect(() => new OutputFile(path)).toThrow('expected a place that can be written');
  });
});

describe('where not every byte fits', () => {
  /** Says the error's line, and leaves it to nobody. */
  const guarded = (code: string): string =>
    `try { ${code} } catch (error) { console.error(error.message); process.exit(1); }`;

  test.each([
    ['text', "'x'.repeat(200_000)"],
    ['bytes', 'new Uint8Array(200_000)'],
    ['little text', "'é'.repeat(600)"],
  ])('past ulimit -f, %s is an error in one line, and nothing is left', (_, content) => {
    const { status, stderr } = run(guarded(`writeOutput('file.txt', ${content});`), 'ulimit -f 1');
    expect(stderr).toBe(
      'file.txt: could not be written: the file is larger than a limit on files allows (ulimit -f)\n',
    );
    expect(status).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a full device is an error that names it', () => {
    const { status, stderr } = run(guarded("writeOutput('/dev/full', 'x');"));
    expect(stderr).toBe('/dev/full: could not be written: no space left on the device\n');
    expect(status).toBe(1);
  });
});

describe('an interrupted process', () => {
  const half = "const file = new OutputFile('file.txt'); file.write('x'.repeat(100_000));";

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'an interrupted process leaves nothing at %s, and ends by it',
    async (signal) => {
      const child = await start(half + sayReadyAndWait);
      expect(readdirSync(folder)).toHaveLength(1);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([null, signal]);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test('what a thread writes through a link is removed by the thread that guards the link', async () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync('real/file.txt', join(folder, 'file.txt'));
    const child = await start(
      `import { guardTemporaries, openTemporary } from ${JSON.stringify(resolve('dist/files/temporary-files.js'))};` +
        "openTemporary(process.cwd() + '/real/file.txt'); guardTemporaries(['file.txt']);" +
        sayReadyAndWait,
    );
    expect(readdirSync(join(folder, 'real'))).toHaveLength(1);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
    expect(readdirSync(join(folder, 'real'))).toEqual([]);
  });

  test('what it leaves at SIGKILL, the next one to write into the folder removes; what others still write stays', async () => {
    const [dead, alive] = [await start(half + sayReadyAndWait), await start(half + sayReadyAndWait)];
    dead.kill('SIGKILL');
    await once(dead, 'exit');
    expect(readdirSync(folder)).toHaveLength(2);
    expect(run("writeOutput('other.txt', 'whole');").status).toBe(0);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(readdirSync(folder).filter((name) => name.includes(`-${alive.pid}-`))).toHaveLength(1);
    alive.kill();
    await once(alive, 'exit');
    expect(readdirSync(folder)).toEqual(['other.txt']);
  });

  test('a process that shuts down in order on its own is not ended by the signal', async () => {
    const stop = "process.on('SIGTERM', () => { file.discard(); process.exit(3); });";
    const child = await start(half + stop + sayReadyAndWait);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([3, null]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
