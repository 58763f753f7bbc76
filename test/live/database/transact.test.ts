/** Transactions sent at once, on SQLite; those of MariaDB are in test/mariadb, by RequestStore and RecordStore. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { transact } from '../../../live/database/transact.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';

let store: Stores;
const insert = (host: string) => store.database.insertInto('hostVersions').values({ host, version: 1 });
const raise = (version: number) => store.database.updateTable('hostVersions').set({ version }).where('host', '=', 'a');
const rows = () => store.database.selectFrom('hostVersions').selectAll().orderBy('host').execute();

beforeEach(async () => {
  store = await openStores({ kind: 'sqlite', file: ':memory:' });
});
afterEach(() => store.close());

test('all statements are written', async () => {
  await transact(store.database, [{ query: insert('a') }, { query: raise(7), rows: 1 }, { query: insert('b') }]);
  expect(await rows()).toEqual([
    { host: 'a', version: 7 },
    { host: 'b', version: 1 },
  ]);
});

test('where one changes another number of rows, its reason is thrown and none is written', async () => {
  const reason = new Error('nobody there');
  const steps = [{ query: insert('b') }, { query: raise(7), rows: 1, otherwise: reason }];
  await expect(transact(store.database, steps)).rejects.toBe(reason);
  await expect(transact(store.database, [{ query: raise(7), rows: 1 }])).rejects.toThrow(
    'expected 1 rows to change, 0 did',
  );
  expect(await rows()).toEqual([]);
});

test('where the key of one is taken, its reason is thrown and none is written', async () => {
  const reason = new Error('taken');
  await transact(store.database, [{ query: insert('a') }]);
  await expect(
    transact(store.database, [{ query: insert('b') }, { query: insert('a'), otherwise: reason }]),
  ).rejects.toBe(reason);
  await expect(transact(store.database, [{ query: insert('a') }])).rejects.toThrow('UNIQUE');
  expect(await rows()).toEqual([{ host: 'a', version: 1 }]);
});

test('what is no statement is said as the driver says it, and the next transaction works', async () => {
  const nonsense = { compile: () => ({ sql: 'nonsense', parameters: [] }) } as unknown as ReturnType<typeof insert>;
  await expect(transact(store.database, [{ query: insert('a') }, { query: nonsense }])).rejects.toThrow('syntax error');
  await transact(store.database, [{ query: insert('b') }]);
  expect(await rows()).toEqual([{ host: 'b', version: 1 }]);
});
