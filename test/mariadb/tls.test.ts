/** TLS to a real MariaDB: who is trusted, whose certificate it must be, and that nothing else is spoken. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError } from '../../core/input-error.ts';
import type { DatabaseTls } from '../../live/database/database.ts';
import { openStores } from '../../live/server/stores.ts';
import { MariadbProcess } from './mariadb.ts';

const folder = mkdtempSync(join(tmpdir(), 'heps-tls-'));
const at = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');
const mariadb = new MariadbProcess();

function openssl(...words: string[]): void {
  execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
}

/** A certificate of the authority. @param alternative as in `subjectAltName` */
function certify(name: string, alternative: string): void {
  openssl(...`req -newkey rsa:2048 -nodes -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`.split(' '));
  execFileSync('sh', ['-c', `printf '%s' 'subjectAltName=${alternative}' > ${at(`${name}.ext`)}`]);
  openssl(
    ...`x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ${name}.ext -out ${name}.pem`.split(
      ' ',
    ),
  );
}

beforeAll(async () => {
  for (const ca of ['ca', 'other']) {
    openssl(...`req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${ca} -keyout ${ca}.key -out ${ca}.pem`.split(' '));
  }
  certify('server', 'IP:127.0.0.1');
  certify('client', 'DNS:heps');
  await mariadb.install();
  await mariadb.start(
    `--ssl-ca=${at('ca.pem')}`,
    `--ssl-cert=${at('server.pem')}`,
    `--ssl-key=${at('server.key')}`,
    '--require-secure-transport=ON',
  );
}, 60_000);
afterAll(async () => {
  await mariadb.remove();
  rmSync(folder, { recursive: true });
});

const trusting: DatabaseTls = { ca: undefined, client: null, verify: true };

test('with its authority trusted all connections are encrypted, and the certificate’s address is the one that was named', async () => {
  const options = await mariadb.freshDatabase({ ...trusting, ca: text('ca.pem') });
  const stores = await openStores(options);
  const cipherOf = async (): Promise<string> =>
    (await sql<{ Value: string }>`show session status like 'Ssl_cipher'`.execute(stores.database)).rows[0]!.Value;
  const ciphers = await Promise.all(Array.from({ length: 12 }, cipherOf));
  expect(ciphers.filter((cipher) => cipher === '')).toEqual([]);
  await stores.close();
  // Also by its own certificate, where MariaDB asks for one.
  const client = { certificate: text('client.pem'), key: text('client.key') };
  await mariadb.requireCertificate(true);
  await expect(openStores(options)).rejects.toThrow(/ER_ACCESS_DENIED/);
  await (await openStores({ ...options, tls: { ...trusting, ca: text('ca.pem'), client } })).close();
  await mariadb.requireCertificate(false);
});

test('another authority, another host, and a connection in the clear are refused in one line', async () => {
  const options = await mariadb.freshDatabase({ ...trusting, ca: text('ca.pem') });
  const wrong: [object, RegExp][] = [
    [{ tls: { ...trusting, ca: text('other.pem') } }, /certificate/i],
    [{ tls: trusting }, /certificate/i],
    [{ host: 'localhost' }, /ERR_TLS_CERT_ALTNAME_INVALID/],
    [{ tls: null }, /insecure transport|ER_/i],
  ];
  for (const [changes, expected] of wrong) {
    const opened = openStores({ ...options, ...changes } as typeof options);
    await expect(opened, String(expected)).rejects.toThrow(expected);
    await expect(opened, String(expected)).rejects.toThrow(InputError);
  }
  // Unverified, but encrypted: said in the configuration.
  await (await openStores({ ...options, host: 'localhost', tls: { ...trusting, verify: false } })).close();
});
