/**
 * Logs in at a machine as the person, by OpenSSH's own client with a certificate that lives for a minute, and speaks SFTP over it. Neither
 * the key nor the certificate is kept: the client has read both by the time that the machine answers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sftp, SftpGone } from './sftp.ts';
import { makeSshKeyPair } from './ssh-key.ts';

export interface LoginTarget {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** Account of the machine. */
  readonly account: string;
  /** `ssh-ed25519 AAAA…`: what the machine must prove to be. */
  readonly hostKey: string;
}

export interface Login {
  readonly sftp: Sftp;
  /** Resolves when the line is gone, with what the client said last. */
  readonly ended: Promise<string>;
  close(): void;
}

/** Seconds until the machine has answered. */
const limitS = 15;
/** Of what the client says to people. */
const mostSaid = 2000;
const hostAlias = 'desktop';

/**
 * @param certify a certificate of the public key, as `ssh-ed25519-cert-v01@openssh.com AAAA…`
 * @throws SftpGone when the machine cannot be reached, is another one, or does not let the person in
 */
export async function logIn(target: LoginTarget, certify: (publicKey: string) => Promise<string>): Promise<Login> {
  const { publicKey, privateKey } = makeSshKeyPair();
  const certificate = await certify(publicKey);
  const folder = await mkdtemp(join(tmpdir(), 'heps-ssh-'));
  try {
    await writeFile(join(folder, 'key'), privateKey, { mode: 0o600 });
    await writeFile(join(folder, 'certificate'), `${certificate}\n`, { mode: 0o600 });
    await writeFile(join(folder, 'hosts'), `${hostAlias} ${target.hostKey}\n`, { mode: 0o600 });
    return await started(target, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function started({ address, port, account }: LoginTarget, folder: string): Promise<Login> {
  const options = [
    'BatchMode=yes',
    'CheckHostIP=no',
    'ClearAllForwardings=yes',
    `CertificateFile=${join(folder, 'certificate')}`,
    // What processors do themselves; the others are there for what has none of these.
    'Ciphers=^aes128-gcm@openssh.com',
    'Compression=no',
    `ConnectTimeout=${limitS}`,
    'ControlMaster=no',
    'ControlPath=none',
    'GlobalKnownHostsFile=none',
    'HostKeyAlgorithms=ssh-ed25519',
    `HostKeyAlias=${hostAlias}`,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    `IdentityFile=${join(folder, 'key')}`,
    'LogLevel=ERROR',
    'PreferredAuthentications=publickey',
    'ProxyCommand=none',
    'ServerAliveCountMax=3',
    'ServerAliveInterval=5',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    `UserKnownHostsFile=${join(folder, 'hosts')}`,
  ];
  const words = ['-F', 'none', '-T', '-x', '-a', '-p', String(port), '-l', account];
  const child = spawn('ssh', [...words, ...options.flatMap((option) => ['-o', option]), '-s', '--', address, 'sftp'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LANG: 'C' },
  });
  const ended = endOf(child);
  const sftp = new Sftp(child.stdout, child.stdin);
  const limit = setTimeout(() => child.kill('SIGKILL'), limitS * 1000);
  try {
    await sftp.ready();
  } catch {
    child.kill('SIGKILL');
    throw new SftpGone(await ended);
  } finally {
    clearTimeout(limit);
  }
  return {
    sftp,
    ended,
    close() {
      sftp.end(new SftpGone('the line was closed'));
      child.kill('SIGKILL');
    },
  };
}

function endOf(child: ChildProcess): Promise<string> {
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-mostSaid);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`ssh cannot be run: ${error.message}`));
    child.once('close', (code, signal) => resolve(said.trim() || `ssh ended with ${signal ?? code}`));
  });
}
