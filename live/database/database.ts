/** Opens a database: SQLite in a file of this machine, or MariaDB. */

import { checkServerIdentity, TLSSocket } from 'node:tls';
import { Kysely, MysqlDialect, type MysqlPool } from 'kysely';
import type { Pool, PoolConnection } from 'mysql2';
import { sqliteDialect } from './sqlite-thread.ts';

/** Where the records are kept. */
export type DatabaseOptions =
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'mariadb';
      readonly host: string;
      readonly port: number;
      readonly name: string;
      readonly user: string;
      readonly password: string;
      /** Null: in the clear, as to a database on this computer. */
      readonly tls: DatabaseTls | null;
    };

/** How a connection to MariaDB is encrypted. */
export interface DatabaseTls {
  /** PEM of the authorities to trust; undefined: the usual ones. */
  readonly ca: string | undefined;
  /** PEM of our own certificate and its key, where MariaDB asks for one. */
  readonly client: { readonly certificate: string; readonly key: string } | null;
  /** Whether MariaDB's certificate must be of an authority that is trusted, and of the host that was named. */
  readonly verify: boolean;
}

/** Milliseconds to wait for a connection to MariaDB, or for another process to let go of the SQLite file. */
const waitMs = 5_000;

/** Opened, or connected to, by the first query, which throws an InputError when the SQLite file cannot be opened. */
export function openDatabase<Schema>(options: DatabaseOptions): Kysely<Schema> {
  if (options.kind === 'sqlite') return new Kysely({ dialect: sqliteDialect(options.file, waitMs) });
  const { host, port, name, user, password, tls } = options;
  const pool = async () => {
    // Not before it is needed: loading it takes a tenth of the start of a server on SQLite.
    const { createPool } = await import('mysql2');
    const connections = createPool({
      host,
      port,
      database: name,
      user,
      password,
      connectTimeout: waitMs,
      connectionLimit: 4,
      queueLimit: 1_000,
      charset: 'utf8mb4',
      ...(tls !== null && {
        ssl: {
          ...(tls.ca !== undefined && { ca: tls.ca }),
          ...(tls.client !== null && { cert: tls.client.certificate, key: tls.client.key }),
          minVersion: 'TLSv1.2',
          rejectUnauthorized: tls.verify,
        },
      }),
    });
    return tls?.verify === true ? ofHost(connections, host) : connections;
  };
  return new Kysely({ dialect: new MysqlDialect({ pool }) });
}

/** Connections whose certificate is of that host; mysql2 itself takes an address for `localhost`. */
function ofHost(pool: Pool, host: string): MysqlPool {
  const checked = new WeakSet<PoolConnection>();
  /** Of the last certificate that was shown: a session that is resumed shows none, and is with whom that one was. */
  let last: Error | undefined = new Error('no certificate was shown');
  const identityError = (connection: PoolConnection): Error | undefined => {
    const { stream } = connection as unknown as { readonly stream: unknown };
    if (!(stream instanceof TLSSocket)) return Object.assign(new Error('not encrypted'), { code: 'HANDSHAKE_NO_TLS' });
    const certificate = stream.getPeerCertificate();
    if (Object.keys(certificate).length > 0) last = checkServerIdentity(host, certificate);
    return last;
  };
  return {
    getConnection(callback) {
      pool.getConnection((error, connection) => {
        if (error !== null) return callback(error, connection as never);
        const refusal = checked.has(connection) ? undefined : identityError(connection);
        if (refusal !== undefined) {
          connection.destroy();
          return callback(refusal, connection as never);
        }
        checked.add(connection);
        callback(null, connection as never);
      });
    },
    end: (callback) => pool.end(callback),
  };
}
