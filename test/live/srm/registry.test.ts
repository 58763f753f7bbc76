import { expect, test } from 'vitest';
import { hostJson } from '../../../live/srm/host-state.ts';
import type { RecordWrite } from '../../../live/srm/record-store.ts';
import { type RegistryChange, SrmRegistry } from '../../../live/srm/registry.ts';
import { noRecords, reportOf, setClock, writeOf } from './build.ts';

const sender = { tokenId: 7, requestId: 'r' };

/** A registry whose writes are kept in a list, each group written when the test says so. */
function build({ nowS = 1_000, records = [] as RecordWrite['record'][] } = {}) {
  const clock = setClock(nowS);
  const groups: (readonly RecordWrite[])[] = [];
  const failures: Error[] = [];
  let write = (): void => {};
  const registry = new SrmRegistry({
    clock,
    intervalS: 10,
    store: {
      ...noRecords,
      readRecords: async () => records,
      countHosts: async () => records.length,
      readHosts: async () => records.map(({ host }) => host),
      writeRecords: async (writes) => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        groups.push(writes);
      },
    },
    commit: {
      after: (_, action) => {
        write = action;
      },
    },
  });
  const changes: RegistryChange[] = [];
  registry.changes.subscribe((change) => changes.push(change));
  return { registry, clock, groups, failures, changes, writeGroup: () => write() };
}

test('a report is taken when it succeeds the version that is there, and is seen after it was written', async () => {
  const { registry, groups, changes, writeGroup } = build();
  const first = registry.report(reportOf('gpu-01', 1), 0, sender);
  expect(registry.hosts.size).toBe(0);
  writeGroup();
  expect(await first).toEqual({ kind: 'taken', version: 1 });
  expect(await registry.report(reportOf('gpu-01', 2), 0, sender)).toEqual({ kind: 'conflict', version: 1 });
  expect(await registry.report(reportOf('gpu-01', 2), 2, sender)).toEqual({ kind: 'conflict', version: 1 });
  expect(await registry.report(reportOf('gpu-02', 2), 1, sender)).toEqual({ kind: 'conflict', version: 0 });
  const second = registry.report(reportOf('gpu-01', 2), 1, sender);
  writeGroup();
  expect(await second).toEqual({ kind: 'taken', version: 2 });
  expect(groups.map((group) => group.map(({ record }) => record.version))).toEqual([[1], [2]]);
  expect(changes.map(({ kind }) => kind)).toEqual(['changed', 'seen']);
});

test('an older or equal sequence is a conflict even as the successor of the right version', async () => {
  const { registry, writeGroup } = build();
  const first = registry.report(reportOf('gpu-01', 5), 0, sender);
  writeGroup();
  await first;
  expect(await registry.report(reportOf('gpu-01', 5), 1, sender)).toEqual({ kind: 'conflict', version: 1 });
  expect(await registry.report(reportOf('gpu-01', 4), 1, sender)).toEqual({ kind: 'conflict', version: 1 });
});

test('of two reports at once that succeed the same version one is taken', async () => {
  const { registry, writeGroup } = build();
  const both = [registry.report(reportOf('gpu-01', 1), 0, sender), registry.report(reportOf('gpu-01', 2), 0, sender)];
  writeGroup();
  expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['taken', 'conflict']);
});

test('reports of many hosts are one write', async () => {
  const { registry, groups, writeGroup } = build();
  const all = [1, 2, 3].map((host) => registry.report(reportOf(`gpu-${host}`, 1), 0, sender));
  writeGroup();
  await Promise.all(all);
  expect(groups.map((group) => group.length)).toEqual([3]);
});

test('a report that the database did not take is not seen, and may be sent again', async () => {
  const { registry, failures, changes, writeGroup } = build();
  failures.push(new Error('disk full'));
  const lost = registry.report(reportOf('gpu-01', 1), 0, sender);
  writeGroup();
  await expect(lost).rejects.toThrow('disk full');
  expect(registry.hosts.size).toBe(0);
  expect(changes).toEqual([]);
  const again = registry.report(reportOf('gpu-01', 1), 0, sender);
  await Promise.resolve();
  writeGroup();
  expect(await again).toEqual({ kind: 'taken', version: 1 });
});

test('a host is stale after three missed intervals by the time of receipt, until it reports again', async () => {
  const { registry, clock, changes, writeGroup } = build();
  const first = registry.report(reportOf('gpu-01', 1), 0, sender);
  writeGroup();
  await first;
  clock.nowS = 1_030;
  registry.markStale();
  expect(registry.hosts.get('gpu-01')!.isStale).toBe(false);
  clock.nowS = 1_030.1;
  registry.markStale();
  registry.markStale();
  expect(registry.hosts.get('gpu-01')!.isStale).toBe(true);
  const second = registry.report(reportOf('gpu-01', 2), 1, sender);
  writeGroup();
  await second;
  expect(registry.hosts.get('gpu-01')!.isStale).toBe(false);
  expect(changes.map(({ kind }) => kind)).toEqual(['changed', 'stale', 'changed']);
});

test('after a restart hosts that were silent meanwhile are stale at once', async () => {
  const { record } = writeOf('gpu-01', 3);
  const late = build({ nowS: record.receivedAtS + 31, records: [record] });
  expect(late.registry.isReady).toBe(false);
  await late.registry.load();
  expect(late.registry.isReady).toBe(true);
  expect(late.registry.hosts.get('gpu-01')!.isStale).toBe(true);
  const soon = build({ nowS: record.receivedAtS + 29, records: [record] });
  await soon.registry.load();
  expect(soon.registry.hosts.get('gpu-01')!.isStale).toBe(false);
});

test('a host is shown with its report as it was sent', async () => {
  const { registry, writeGroup } = build();
  const report = reportOf('gpu-01', 1, { holders: ['server-1', ''] });
  const taken = registry.report(report, 0, sender);
  writeGroup();
  await taken;
  expect(JSON.parse(hostJson(registry.hosts.get('gpu-01')!))).toEqual({
    host: 'gpu-01',
    version: 1,
    receivedAtS: 1_000,
    stale: false,
    ...report,
  });
});

test('a sequence that no clock can have does not lock the host out: any other may follow it', async () => {
  const { registry, writeGroup } = build({ nowS: 1_764_000_000 });
  const report = async (sequence: number, successorOf: number) => {
    const taken = registry.report(reportOf('gpu-01', sequence), successorOf, sender);
    writeGroup();
    return await taken;
  };
  expect(await report(Number.MAX_SAFE_INTEGER - 1, 0)).toEqual({ kind: 'taken', version: 1 });
  expect(await report(1_764_000_000_000, 1)).toEqual({ kind: 'taken', version: 2 });
  // Within a year it is a clock that is ahead, and rises.
  expect(await report(1_764_000_000_000, 2)).toEqual({ kind: 'conflict', version: 2 });
});

test('only a host that has missed its reports is forgotten, and its next report is its first', async () => {
  const { registry, clock, changes, writeGroup } = build();
  const first = registry.report(reportOf('gpu-01', 5), 0, sender);
  writeGroup();
  await first;
  expect(await registry.forget('gpu-02', sender)).toBe('unknown');
  expect(await registry.forget('gpu-01', sender)).toBe('reporting');
  clock.nowS += 31;
  registry.markStale();
  expect(await registry.forget('gpu-01', sender)).toBe('forgotten');
  expect(registry.hosts.size).toBe(0);
  expect(changes.map(({ kind }) => kind)).toEqual(['changed', 'stale', 'forgotten']);
  const again = registry.report(reportOf('gpu-01', 1), 0, sender);
  writeGroup();
  expect(await again).toEqual({ kind: 'taken', version: 1 });
});
