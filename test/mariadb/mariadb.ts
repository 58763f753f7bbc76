/** A MariaDB of its own, in a temporary folder, on loopback, which can be killed and started again. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createConnection } from 'mysql2/promise';
import type { DatabaseOptions, DatabaseTls } from '../../live/database/database.ts';
import { freePort } from '../free-port.ts';

const path = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };

export class MariadbProcess {
  readonly #folder = mkdtempSync(join(tmpdir(), 'heps-mariadb-'));
  readonly #password = randomBytes(12).toString('hex');
  #port = 0;
  #databases = 0;
  #child: ChildProcess | undefined;

  /** Makes the data folder, with one user of the test. */
  async install(): Promise<void> {
    const user = userInfo().username;
    execFileSync(
      'mariadb-install-db',
      [
        `--datadir=${this.#folder}/data`,
        `--user=${user}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ],
      { env: path, stdio: 'pipe' },
    );
    writeFileSync(
      join(this.#folder, 'init.sql'),
      `create user if not exists heps@'127.0.0.1' identified by '${this.#password}';\ngrant all on *.* to heps@'127.0.0.1';\n`,
    );
    this.#port = await freePort();
  }

  /** Starts it, the second time with the same data on the same port. @param more options of mariadbd */
  async start(...more: string[]): Promise<void> {
    const child = spawn(
      'mariadbd',
      [
        '--no-defaults',
        `--datadir=${this.#folder}/data`,
        `--user=${userInfo().username}`,
        `--socket=${this.#folder}/mariadb.sock`,
        `--pid-file=${this.#folder}/mariadb.pid`,
        `--init-file=${this.#folder}/init.sql`,
        `--port=${this.#port}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        ...more,
      ],
      { env: path, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child = child;
    const lines: string[] = [];
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stderr! }).on('line', (line) => {
        lines.push(line);
        if (line.includes('ready for connections')) resolve();
      });
      child.once('exit', () => reject(new Error(`mariadbd ended: ${lines.join('\n')}`)));
      child.once('error', reject);
    });
  }

  /** @param signal SIGKILL as when the machine loses power, SIGTERM in order */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    await this.stop('SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** An empty database. */
  async freshDatabase(tls: DatabaseTls | null = null): Promise<DatabaseOptions & { kind: 'mariadb' }> {
    const options = { ...this.optionsFor(`heps_${++this.#databases}`), tls };
    await this.#query(`create database ${options.name}`);
    return options;
  }

  /** What is in it now, as a database of its own: a copy that falls behind from here on. */
  async copyOf({ name }: DatabaseOptions & { kind: 'mariadb' }): Promise<DatabaseOptions & { kind: 'mariadb' }> {
    const copy = await this.freshDatabase();
    const connection = await createConnection({ socketPath: `${this.#folder}/mariadb.sock`, user: 'root' });
    const [rows] = await connection.query(
      'select table_name as name from information_schema.tables where table_schema = ?',
      [name],
    );
    await connection.query('set foreign_key_checks = 0');
    for (const { name: table } of rows as { name: string }[]) {
      const [[shown]] = (await connection.query(`show create table ${name}.\`${table}\``)) as unknown as [
        Record<string, string>[],
      ];
      await connection.query(`use ${copy.name}`);
      await connection.query(shown!['Create Table']!);
      await connection.query(`insert into ${copy.name}.\`${table}\` select * from ${name}.\`${table}\``);
    }
    await connection.end();
    return copy;
  }

  /** From now on the user of the test must show a certificate, or need not. */
  async requireCertificate(isRequired: boolean): Promise<void> {
    await this.#query(`alter user heps@'127.0.0.1' require ${isRequired ? 'x509' : 'none'}`);
  }

  /** As root, by the socket. */
  async #query(text: string): Promise<void> {
    const connection = await createConnection({ socketPath: `${this.#folder}/mariadb.sock`, user: 'root' });
    await connection.query(text);
    await connection.end();
  }

  /** How to reach a database of that name. */
  optionsFor(name: string): DatabaseOptions & { kind: 'mariadb' } {
    return {
      kind: 'mariadb',
      host: '127.0.0.1',
      port: this.#port,
      name,
      user: 'heps',
      password: this.#password,
      tls: null,
    };
  }
}
