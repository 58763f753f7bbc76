/** What every database must do for the registry; run on SQLite here and on a real MariaDB in test/mariadb. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashOf } from '../../../live/access/secrets.ts';
import type { DatabaseOptions } from '../../../live/database/database.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';

import { writeOf } from './build.ts';
import { readAudit } from './read-audit.ts';

/** @param fresh makes an empty database, and what removes it */
export function storeSuite(fresh: () => Promise<{ options: DatabaseOptions; remove: () => Promise<void> }>): void {
  let options: DatabaseOptions;
  let remove: () => Promise<void>;
  let store: Stores;

  beforeEach(async () => {
    ({ options, remove } = await fresh());
    store = await openStores(options);
  });
  afterEach(async () => {
    await store.close();
    await remove();
  });

  test('records come back as they were written, by name, after the database was reopened', async () => {
    await store.records.writeRecords([writeOf('gpu-02', 1), writeOf('gpu-01', 1)]);
    await store.records.writeRecords([writeOf('gpu-02', 2, 1_764_000_000_123)]);
    await store.close();
    store = await openStores(options);
    expect(await store.records.readRecords()).toEqual([
      writeOf('gpu-01', 1).record,
      writeOf('gpu-02', 2, 1_764_000_000_123).record,
    ]);
  });

  test('more reports than one statement takes are one write', async () => {
    const writes = Array.from({ length: 250 }, (_, index) => writeOf(`gpu-${String(index).padStart(3, '0')}`, 1));
    await store.records.writeRecords(writes);
    expect(await store.records.readRecords()).toEqual(writes.map(({ record }) => record));
    expect((await readAudit(store.database, 1_000)).map(({ subject }) => subject).sort()).toEqual(
      writes.map(({ record }) => record.host),
    );
  });

  test('of a write that cannot be made nothing is kept', async () => {
    const wrong = { ...writeOf('gpu-02', 1), requestId: null as unknown as string };
    await expect(store.records.writeRecords([writeOf('gpu-01', 1), wrong])).rejects.toThrow();
    expect(await store.records.readRecords()).toEqual([]);
    expect(await readAudit(store.database, 10)).toEqual([]);
  });

  test('a report that arrives late does not replace a newer one', async () => {
    await store.records.writeRecords([writeOf('gpu-01', 5, 50)]);
    await store.records.writeRecords([writeOf('gpu-01', 4, 40)]);
    expect(await store.records.readRecords()).toEqual([writeOf('gpu-01', 5, 50).record]);
  });

  test('names that differ in case are different hosts', async () => {
    await store.records.writeRecords([writeOf('GPU-01', 1), writeOf('gpu-01', 1)]);
    expect((await store.records.readRecords()).map(({ host }) => host)).toEqual(['GPU-01', 'gpu-01']);
  });

  test('a token is found by its hash until it is revoked, and both leave an audit row', async () => {
    const id = await store.tokens.addToken(hashOf('secret'), 'agent', 'gpu-01', 100);
    expect(await store.tokens.findToken(hashOf('secret'))).toEqual({ id, role: 'agent', host: 'gpu-01' });
    expect(await store.tokens.findToken(hashOf('other'))).toBeUndefined();
    expect(await store.tokens.revokeToken(id, 200)).toBe(true);
    expect(await store.tokens.revokeToken(id, 300)).toBe(false);
    expect(await store.tokens.findToken(hashOf('secret'))).toBeUndefined();
    expect(await store.tokens.readRevoked()).toEqual([id]);
    expect(await store.tokens.readTokens()).toEqual([
      { id, role: 'agent', host: 'gpu-01', createdAtS: 100, revokedAtS: 200 },
    ]);
    const row = { tokenId: null, subject: String(id), version: null, requestId: '' };
    expect(await readAudit(store.database, 10)).toEqual([
      { ...row, action: 'token-revoke', atS: 200 },
      { ...row, action: 'token-create', atS: 100 },
    ]);
  });

  test('old audit rows of reports are removed, those of tokens stay', async () => {
    await store.tokens.addToken(hashOf('secret'), 'reader', null, 100);
    await store.records.writeRecords([writeOf('gpu-01', 1), writeOf('gpu-02', 1)]);
    await store.records.writeRecords([writeOf('gpu-01', 1_000)]);
    expect(await store.records.dropReportAudits(1_764_000_500)).toBe(2);
    expect((await readAudit(store.database, 10)).map(({ action, version }) => [action, version])).toEqual([
      ['report', 1_000],
      ['token-create', null],
    ]);
  });
}
