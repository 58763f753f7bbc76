/** A desktop's processes: started as a group of their own, found again after this process was killed, ended together. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { streamerFile } from '../../../../package-files.ts';
import { isInstalled } from './programs.ts';
import { sessionScript } from './session-script.ts';

export interface SessionOptions {
  /** Its state; the same folder is the same session. */
  readonly folder: string;
  /** Home of the person. */
  readonly home: string;
  /** Of X: `101` is `:101`. */
  readonly display: number;
  /** Of this computer, loopback. */
  readonly address: string;
  readonly port: number;
  /** Account that it runs as; null: this process's. */
  readonly runsAs: { readonly uid: number; readonly gid: number } | null;
}

const pollMs = 25;
/** How long a session may take to end on its own. */
const endMs = 3_000;
const startMs = 15_000;

/** Starts it. @returns whether its desktop came up; what it said is in `session.log` */
export async function startSession({ folder, home, display, address, port, runsAs }: SessionOptions): Promise<boolean> {
  // Without its leader, what is left of an earlier one would hold the display.
  await endSession(folder);
  rmSync(join(folder, 'leader'), { force: true });
  const log = openSync(join(folder, 'session.log'), 'a', 0o600);
  const built = isInstalled('ffmpeg') ? streamerFile() : null;
  const streamer = built === null ? '' : join(folder, 'stream.mjs');
  // A copy, since the session's account may not reach the package.
  if (built !== null) {
    copyFileSync(built, streamer);
    chmodSync(streamer, 0o644);
  }
  const words = [String(display), address, String(port), streamer, process.execPath];
  const child = spawn('sh', ['-c', sessionScript, 'heps-desktop', ...words], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', SHELL: '/bin/bash', HOME: home },
    ...runsAs,
  });
  closeSync(log);
  child.unref();
  let hasEnded = false;
  const ended = (): void => {
    hasEnded = true;
  };
  child.once('exit', ended).once('error', ended);
  for (let waitedMs = 0; waitedMs < startMs && !hasEnded; waitedMs += pollMs) {
    if (isAlive(folder) && isListening(address, port)) return true;
    await pause(pollMs);
  }
  await endSession(folder);
  return false;
}

/** Whether the session of that folder runs. */
export function isAlive(folder: string): boolean {
  const { leader, members } = groupOf(folder);
  return members.includes(leader);
}

/** Ends it. Resolves when all of its group are gone, also where its leader was gone already. */
export async function endSession(folder: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const { leader, members } = groupOf(folder);
    if (members.length === 0) return;
    process.kill(-leader, signal);
    for (let waitedMs = 0; waitedMs < endMs; waitedMs += pollMs) {
      await pause(pollMs);
      if (groupOf(folder).members.length === 0) return;
    }
  }
  throw new Error(`processes of ${folder} do not end`);
}

/**
 * Its process group; no members where it is gone, also when another process has its leader's id now. Who is in the session can write the file
 * that names the leader: what belongs to another account is not the session's, whatever the file says.
 */
function groupOf(folder: string): { leader: number; members: number[] } {
  const file = join(folder, 'leader');
  const [leader = 0, startTicks] = existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').map(Number) : [];
  const others = { leader, members: [] };
  if (!(leader > 1)) return others;
  const stat = statOf(leader);
  if (stat !== null && stat.startTicks !== startTicks) return others;
  const members = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && statOf(pid)?.group === leader);
  const { uid } = lstatSync(file);
  return members.some((pid) => (accountOf(pid) ?? uid) !== uid) ? others : { leader, members };
}

/** What the kernel says of a process; null for one that is gone, or has ended and waits for its parent. */
function statOf(pid: number): { group: number; startTicks: number } | null {
  const stat = told(pid, 'stat');
  if (stat === null) return null;
  // The name of the program, in parentheses, may have blanks in it.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? null : { group: Number(fields[1]), startTicks: Number(fields[18]) };
}

/** Who started it, whomever it acts as; null for one that is gone. */
function accountOf(pid: number): number | null {
  const uid = /^Uid:\t(\d+)/m.exec(told(pid, 'status') ?? '')?.[1];
  return uid === undefined ? null : Number(uid);
}

function told(pid: number, file: 'stat' | 'status'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    // It ended, before this or while it was read.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** By the kernel's table, since a connection would count as a client. */
function isListening(address: string, port: number): boolean {
  const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  const local = `${octets.reverse().join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .some((line) => {
      const [, at, , state] = line.trim().split(/\s+/);
      return at === local && state === '0A';
    });
}
