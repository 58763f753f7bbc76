/** What a desktop's own account writes into its session's folder does not make the server end what is another account's. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { endSession, isAlive } from '../../../../../live/desktops/machines/local/session.ts';

const nobody = 65_534;
const root = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'heps-session-'));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function sleeper(uid: number): Promise<{ child: ChildProcess; leader: string }> {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore', uid });
  started.push(child);
  await once(child, 'spawn');
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { child, leader: `${child.pid} ${fields[19]}` };
}

test.runIf(root)('a group of another account is not ended, also by way of a link', async () => {
  mkdirSync(folder, { recursive: true });
  const [roots, own] = [await sleeper(0), await sleeper(nobody)];
  const file = join(folder, 'leader');
  writeFileSync(file, roots.leader);
  chownSync(file, nobody, nobody);
  expect(isAlive(folder)).toBe(false);
  await endSession(folder);

  rmSync(file);
  writeFileSync(join(folder, 'a-file-of-root'), roots.leader);
  symlinkSync(join(folder, 'a-file-of-root'), file);
  lchownSync(file, nobody, nobody);
  await endSession(folder);
  expect(roots.child.exitCode ?? roots.child.signalCode).toBe(null);

  rmSync(file);
  writeFileSync(file, own.leader);
  chownSync(file, nobody, nobody);
  expect(isAlive(folder)).toBe(true);
  const ended = once(own.child, 'exit');
  await endSession(folder);
  expect((await ended)[1]).toBe('SIGTERM');
});
