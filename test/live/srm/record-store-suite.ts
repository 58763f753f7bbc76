/** What every database must do for the registry; run on SQLite here and on a real MariaDB in test/mariadb. */

import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputError } from '../../../core/input-error.ts';
import { hashOf } from '../../../live/access/secrets.ts';
import type { DatabaseOptions } from '../../../live/database/database.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';
import { SrmRegistry } from '../../../live/srm/registry.ts';

import { reportOf, writeOf } from './build.ts';
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

  test('after a sequence that no clock can have a right one is kept', async () => {
    await store.records.writeRecords([
      { ...writeOf('gpu-01', 1), record: { ...writeOf('gpu-01', 1).record, sequence: 9_007_199_254_740_990 } },
    ]);
    await store.records.writeRecords([writeOf('gpu-01', 2, 50)]);
    expect(await store.records.readRecords()).toEqual([writeOf('gpu-01', 2, 50).record]);
  });

  test('a host that one process has forgotten is forgotten by the others, and may report again', async () => {
    let nowS = 1_764_000_100;
    const clock = {
      get nowS() {
        return nowS;
      },
    };
    const open = async () => {
      const registry = new SrmRegistry({ store: store.records, clock, intervalS: 10, commit: { lingerMs: 1 } });
      await registry.load();
      return registry;
    };
    await store.records.writeRecords([writeOf('gpu-01', 17), writeOf('gpu-02', 1)]);
    const [one, other] = [await open(), await open()];
    const sender = { tokenId: 3, requestId: 'r' };
    expect(await one.forget('gpu-01', sender)).toBe('forgotten');
    await other.catchUp();
    expect([...other.hosts.keys()]).toEqual(['gpu-02']);
    expect(await readAudit(store.database, 1)).toMatchObject([{ action: 'forget', subject: 'gpu-01', version: 17 }]);
    nowS++;
    expect(await one.report(reportOf('gpu-01', 1), 0, sender)).toEqual({ kind: 'taken', version: 1 });
    await other.catchUp();
    expect(other.hosts.get('gpu-01')).toMatchObject({ version: 1, sequence: 1, isStale: false });
  });

  test('tables of a newer version are refused in one line', async () => {
    await sql`insert into kysely_migration (name, timestamp) values ('2099-01-later', 'now')`.execute(store.database);
    const opened = openStores(options);
    await expect(opened).rejects.toThrow(InputError);
    await expect(opened).rejects.toThrow(
      /^database .*: its tables are of a newer version of heps \(2099-01-later\); use that/,
    );
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
