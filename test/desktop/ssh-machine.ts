/** A machine as a gateway sees it: OpenSSH's server on loopback, which trusts an authority and has a home and a folder of data. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Upstream } from '../../live/gateway/authority/authority.ts';
import { makeSshKeyPair } from '../../live/gateway/files/ssh-key.ts';
import { freePort } from '../free-port.ts';
import { whenListening } from '../when-listening.ts';
import { endOf } from './vnc-desktop.ts';

const program = '/usr/sbin/sshd';

/** Where it is not, tests of files are skipped. */
export const hasSshServer = existsSync(program);

/** Somebody else's account than root's, where the tests run as root: rights count. */
const isRoot = process.getuid?.() === 0;
export const account = isRoot ? 'nobody' : userInfo().username;
const owner = isRoot ? 65_534 : null;

export class SshMachine {
  readonly folder: string;
  readonly home: string;
  readonly data: string;
  readonly port: number;
  readonly hostKey: string;
  #server: ChildProcess | null = null;

  private constructor(folder: string, port: number, hostKey: string) {
    this.folder = folder;
    this.home = join(folder, 'home');
    this.data = join(folder, 'data');
    this.port = port;
    this.hostKey = hostKey;
  }

  /** @param authority `ssh-ed25519 AAAA…` @param isFree whether the certificate alone says what may be run */
  static async start(authority: string, isFree = false): Promise<SshMachine> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heps-ssh-machine-')));
    chmodSync(folder, 0o711);
    const { publicKey, privateKey } = makeSshKeyPair();
    const machine = new SshMachine(folder, await freePort(), publicKey);
    writeFileSync(join(folder, 'host-key'), privateKey, { mode: 0o600 });
    writeFileSync(join(folder, 'authority.pub'), `${authority}\n`);
    for (const path of [machine.home, machine.data]) {
      mkdirSync(path, { mode: 0o700 });
      if (owner !== null) chownSync(path, owner, owner);
    }
    if (isRoot) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const lines = [
      `Port ${machine.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host-key')}`,
      `TrustedUserCAKeys ${join(folder, 'authority.pub')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'MaxStartups 1000',
      'LogLevel ERROR',
      // The account of these tests has no home of its own.
      isFree ? 'Subsystem sftp internal-sftp' : `ForceCommand internal-sftp -d ${machine.home}`,
      ...(isFree ? [] : ['Subsystem sftp internal-sftp']),
    ];
    writeFileSync(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
    await machine.run();
    return machine;
  }

  async run(): Promise<void> {
    this.#server = spawn(program, ['-D', '-e', '-f', join(this.folder, 'sshd_config')], { stdio: 'ignore' });
    await whenListening(this.port);
  }

  get upstream(): Extract<Upstream, { readonly kind: 'files' }> {
    const { port, hostKey, data } = this;
    return { kind: 'files', address: '127.0.0.1', port, account, hostKey, mounts: [data, '/no/such/mount'] };
  }

  /** Makes a file of the account's. @returns its path */
  write(path: string, content: string | Buffer, mode = 0o600): string {
    writeFileSync(path, content, { mode });
    if (owner !== null) chownSync(path, owner, owner);
    return path;
  }

  makeFolder(path: string): string {
    mkdirSync(path, { recursive: true });
    if (owner !== null) chownSync(path, owner, owner);
    return path;
  }

  /** Ends its sessions, and takes new ones. */
  cutLines(): void {
    const told = readFileSync(`/proc/${this.#server!.pid}/task/${this.#server!.pid}/children`, 'utf8');
    for (const pid of told.split(' ').filter(Boolean).map(Number)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended meanwhile
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#server !== null) await endOf(this.#server);
    rmSync(this.folder, { recursive: true });
  }
}
