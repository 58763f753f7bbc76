/** A Slurm of its own: munged, slurmctld and slurmd on loopback, with keys and state in a temporary folder, ended by pid. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

export class OneNodeSlurm {
  readonly folder = mkdtempSync(join(tmpdir(), 'heps-slurm-'));
  /** Of commands that speak to it. */
  readonly environment: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${process.env.PATH}:/usr/sbin`,
    SLURM_CONF: join(this.folder, 'slurm.conf'),
  };
  readonly #daemons: ChildProcess[] = [];

  /** Resolves when its node is idle. @throws Error with what a daemon said, or which command is missing */
  async start(): Promise<void> {
    const host = hostname().split('.')[0]!;
    for (const name of ['state', 'spool']) mkdirSync(join(this.folder, name));
    writeFileSync(join(this.folder, 'munge.key'), randomBytes(128), { mode: 0o400 });
    writeFileSync(
      this.environment.SLURM_CONF!,
      [
        'ClusterName=test',
        `SlurmctldHost=${host}(127.0.0.1)`,
        `SlurmctldPort=${await freePort()}`,
        `SlurmdPort=${await freePort()}`,
        'AuthType=auth/munge',
        `AuthInfo=socket=${this.folder}/munge.socket`,
        'CommunicationParameters=NoInAddrAny',
        `SlurmUser=${userInfo().username}`,
        `SlurmdUser=${userInfo().username}`,
        `StateSaveLocation=${this.folder}/state`,
        `SlurmdSpoolDir=${this.folder}/spool`,
        `SlurmctldPidFile=${this.folder}/slurmctld.pid`,
        `SlurmdPidFile=${this.folder}/slurmd.pid`,
        'ProctrackType=proctrack/linuxproc',
        'TaskPlugin=task/none',
        'SelectType=select/cons_tres',
        'SelectTypeParameters=CR_Core',
        'ReturnToService=2',
        'JobAcctGatherType=jobacct_gather/none',
        `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} State=UNKNOWN`,
        'PartitionName=p Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
        '',
      ].join('\n'),
    );
    this.#spawn('munged', [
      ...['--foreground', '--force', `--key-file=${this.folder}/munge.key`, `--socket=${this.folder}/munge.socket`],
      ...[`--pid-file=${this.folder}/munged.pid`, `--log-file=${this.folder}/munged.log`],
      `--seed-file=${this.folder}/munge.seed`,
    ]);
    await this.#until('munged listens', () => existsSync(join(this.folder, 'munge.socket')));
    this.#spawn('slurmctld', ['-D']);
    await this.#until('slurmctld answers', () => this.#says('scontrol', 'ping').includes('is UP'));
    this.#spawn('slurmd', ['-D']);
    await this.#until('the node is idle', () => this.#says('sinfo', '--noheader', '--format=%T') === 'idle');
  }

  /** Ends its jobs and daemons, and removes its folder. */
  async stop(): Promise<void> {
    this.#says('scancel', '--user', userInfo().username);
    for (const daemon of this.#daemons.reverse()) {
      if (daemon.exitCode !== null || daemon.pid === undefined) continue;
      const ended = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What one of Slurm's commands prints. */
  command(name: string, ...args: string[]): string {
    return execFileSync(name, args, { env: this.environment, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  #says(name: string, ...args: string[]): string {
    try {
      return this.command(name, ...args);
    } catch {
      return '';
    }
  }

  #spawn(name: string, args: readonly string[]): void {
    const daemon = spawn(name, args, { env: this.environment, stdio: ['ignore', 'ignore', 'pipe'] });
    daemon.stderr!.setEncoding('utf8').on('data', (text: string) => {
      writeFileSync(join(this.folder, `${name}.err`), text, { flag: 'a' });
    });
    daemon.on('error', () => {
      throw new Error(`${name} is missing: install slurm-wlm and munge (test/slurm/install)`);
    });
    this.#daemons.push(daemon);
  }

  async #until(claim: string, holds: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + 60_000;
    while (!holds()) {
      if (performance.now() > deadlineMs || this.#daemons.some(({ exitCode }) => exitCode !== null)) {
        const said = ['munged', 'slurmctld', 'slurmd']
          .map((name) => join(this.folder, `${name}.err`))
          .filter((file) => existsSync(file))
          .map((file) => readFileSync(file, 'utf8').split('\n').slice(-5).join('\n'));
        throw new Error(`expected that ${claim}:\n${said.join('\n')}`);
      }
      await delay(100);
    }
  }
}
