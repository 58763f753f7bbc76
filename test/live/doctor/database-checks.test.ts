/** What `heps live doctor` says of the server's database, and that it leaves it as it is. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteFile from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { checkDatabase } from '../../../live/doctor/database-checks.ts';
import { openStores } from '../../../live/server/stores.ts';

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heps-doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'heps.db');
}

async function made(): Promise<string> {
  const path = file();
  await (await openStores({ kind: 'sqlite', file: path })).close();
  return path;
}

const found = async (path: string) =>
  (await checkDatabase({ kind: 'sqlite', file: path })).map(({ step, status, found: text }) => [step, status, text]);

/** All rows of all tables. */
function contents(path: string): unknown {
  const database = new SqliteFile(path);
  try {
    const tables = database.prepare("select name from sqlite_master where type = 'table' order by name").all();
    return (tables as { name: string }[]).map(({ name }) => [name, database.prepare(`select * from "${name}"`).all()]);
  } finally {
    database.close();
  }
}

test('one in order is opened and written, and is as it was afterwards', async () => {
  const path = await made();
  const before = contents(path);
  expect(await found(path)).toEqual([
    [7, 'ok', `${path}, tables up to date`],
    [7, 'ok', 'a write works'],
  ]);
  expect(contents(path)).toEqual(before);
});

test('a database that the server has open is checked all the same', async () => {
  const path = file();
  const store = await openStores({ kind: 'sqlite', file: path });
  onTestFinished(() => store.close());
  await store.tokens.addToken('0'.repeat(64), 'reader', null, 1);
  expect((await found(path)).map(([, status]) => status)).toEqual(['ok', 'ok']);
  expect(await store.tokens.readTokens()).toHaveLength(1);
});

test('one that is not there is not made', async () => {
  const path = file();
  expect(await found(path)).toEqual([[7, 'wrong', `${path} is not there`]]);
  expect(existsSync(path)).toBe(false);
});

test('tables of an older version are named, and stay', async () => {
  const path = await made();
  const database = new SqliteFile(path);
  database.exec("delete from kysely_migration where name = '2026-11b-scheduling'; drop table comparisons");
  database.close();
  const before = contents(path);
  expect(await found(path)).toEqual([[7, 'wrong', `${path}: its tables lack 2026-11b-scheduling`]]);
  expect(contents(path)).toEqual(before);
});

test('an empty database lacks all, and stays empty', async () => {
  const path = file();
  new SqliteFile(path).close();
  writeFileSync(path, '');
  expect((await found(path))[0]![2]).toContain('its tables lack 2026-11-srm-registry, 2026-11b-scheduling');
  expect(contents(path)).toEqual([]);
});

test('tables of a newer version are refused', async () => {
  const path = await made();
  const database = new SqliteFile(path);
  database.exec("insert into kysely_migration values ('2099-x', '2099')");
  database.close();
  expect(await found(path)).toEqual([[7, 'wrong', `${path}: its tables are of a newer version (2099-x)`]]);
});

test('a file that is no database is said to be none, and stays', async () => {
  const path = file();
  writeFileSync(path, 'a diary, and a long one, so that it cannot be taken for an empty database'.repeat(100));
  const before = readFileSync(path, 'utf8');
  expect(await found(path)).toEqual([[7, 'wrong', expect.stringContaining('not a database')]]);
  expect(readFileSync(path, 'utf8')).toBe(before);
});

test('one that cannot be written is told from one that can', async () => {
  const path = await made();
  const database = new SqliteFile(path);
  // By a trigger: to root a file is writable whatever its mode.
  database.exec("create trigger full before insert on hostVersions begin select raise(abort, 'disk is full'); end");
  database.close();
  chmodSync(path, 0o600);
  expect(await found(path)).toEqual([
    [7, 'ok', `${path}, tables up to date`],
    [7, 'wrong', expect.stringMatching(/^cannot be written: .*disk is full/)],
  ]);
});

test('a MariaDB that does not answer is named without the password', async () => {
  const options = {
    kind: 'mariadb',
    host: '127.0.0.1',
    port: 1,
    name: 'heps',
    user: 'heps',
    password: 'a-secret',
    tls: null,
  } as const;
  const checks = await checkDatabase(options);
  expect(checks).toMatchObject([
    { status: 'wrong', found: expect.stringMatching(/^heps at 127\.0\.0\.1:1: .*ECONNREFUSED/) },
  ]);
  expect(JSON.stringify(checks)).not.toContain('a-secret');
});
