import { describe, expect, test } from 'vitest';
import { Cluster } from '../../core/cluster.ts';
import { parseCluster } from '../../core/cluster-file.ts';
import { InputError } from '../../core/input-error.ts';
import { vmRequest } from '../../core/request.ts';
import { applySrm, checkSrm, type SrmRecord, srmAgeS, srmOf } from '../../core/srm.ts';

/** Host `gpu` with two A40 for passthrough and one shared T4; host `cpu` without cards. */
function testCluster(): Cluster {
  const cards = [
    { model: 'A40', count: 2 },
    { model: 'T4', count: 1, sharing: 'shared' },
  ];
  const hosts = [
    { name: 'gpu', vcpus: 64, ramMib: 500_000, diskGib: 1000, cards },
    { name: 'cpu', vcpus: 32, ramMib: 250_000, diskGib: 1000 },
  ];
  return new Cluster(parseCluster({ format: 'heps-cluster/1', name: 'test', hosts }, 'test').hosts);
}

/** What an idle `gpu` reports at second 100. */
function idleRecord(): SrmRecord {
  return srmOf(testCluster().hosts[0]!, 100, 1);
}

/** The record with one field of its second card changed. */
function withCard(change: object): unknown {
  const record = idleRecord();
  return { ...record, cards: record.cards.map((card, index) => (index === 1 ? { ...card, ...change } : card)) };
}

describe('a record from outside', () => {
  test('that is right comes back as it went in', () => {
    const record = idleRecord();
    expect(checkSrm(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  test.each([
    [{ ...idleRecord(), host: '' }, 'host: expected a text, got ""'],
    [{ ...idleRecord(), observedAtS: 'now' }, 'observedAtS: expected a number of at least 0, got "now"'],
    [{ ...idleRecord(), sequence: 1.5 }, 'sequence: expected a whole number of at least 0, got 1.5'],
    [{ ...idleRecord(), vcpusUsed: -1 }, 'vcpusUsed: expected a number of at least 0, got -1'],
    [{ ...idleRecord(), cards: {} }, 'cards: expected an array, got {}'],
    [{ ...idleRecord(), cpus: 3 }, /^cpus: expected one of the fields host, observedAtS/],
    [withCard({ memoryUsedMib: 46_069 }), "cards[1].memoryUsedMib: expected at most the card's 46068, got 46069"],
    [withCard({ memoryMib: 0 }), 'cards[1].memoryMib: expected a whole number of at least 1, got 0'],
    [withCard({ healthy: 1 }), 'cards[1].healthy: expected true or false, got 1'],
    [withCard({ bandwidthGBs: null }), 'cards[1].bandwidthGBs: expected a number above 0, got null'],
    [withCard({ serverIds: ['a', 7] }), 'cards[1].serverIds[1]: expected a text, got 7'],
    [withCard({ address: '0000:01:00.0' }), 'cards[1].address: expected an address of its own, got "0000:01:00.0"'],
    ['nonsense', 'record: expected an object, got "nonsense"'],
  ])('is refused with the name of the wrong field (%#)', (record, message) => {
    expect(() => checkSrm(record)).toThrow(InputError);
    expect(() => checkSrm(record)).toThrow(message);
  });
});

describe('a record applied to a cluster', () => {
  test('what is left of RAM is rounded down to whole MiB, as RAM is asked for', () => {
    const cluster = testCluster();
    applySrm(cluster, { ...idleRecord(), ramUsedMib: 1000.25 });
    expect(cluster.ramFreeMib[0]).toBe(cluster.ramMib[0]! - 1001);
  });

  test('a record applied to a cluster says what is free, and how old that is', () => {
    const cluster = testCluster();
    expect(srmAgeS(cluster, 0, 130)).toBe(Infinity);
    expect(applySrm(cluster, { ...idleRecord(), vcpusUsed: 10.5, ramUsedMib: 1000, diskUsedGib: 100 })).toBe(true);
    expect(cluster.hosts[0]).toMatchObject({ vcpusFree: 53.5, ramFreeMib: 499_000, diskFreeGib: 900 });
    expect(srmAgeS(cluster, 0, 130)).toBe(30);
    expect(srmAgeS(cluster, 1, 130)).toBe(Infinity);
  });

  test('a record applied to a cluster takes a passthrough card that somebody holds, even where its use cannot be seen', () => {
    const cluster = testCluster();
    applySrm(cluster, checkSrm(withCard({ serverIds: ['server-1'] })));
    expect([0, 1, 2].map((card) => cluster.hosts[0]!.isCardIdle(card))).toEqual([true, false, true]);
  });

  test('a record applied to a cluster leaves of a shared card what is not used', () => {
    const record = idleRecord();
    const cards = record.cards.map((card, index) =>
      index === 2 ? { ...card, memoryUsedMib: 5360, coresUsed: 560, serverIds: ['a', 'b'] } : card,
    );
    const cluster = testCluster();
    applySrm(cluster, { ...record, cards });
    expect(cluster.hosts[0]!.cardMemoryFreeMib(2)).toBe(10_000);
    expect(cluster.hosts[0]!.cardCoresFree(2)).toBe(2000);
  });

  test('marks cards that it calls unhealthy, and those that it no longer names, as failed', () => {
    const cluster = testCluster();
    const record = checkSrm(withCard({ healthy: false }));
    applySrm(cluster, { ...record, cards: record.cards.slice(0, 2) });
    expect([0, 1, 2].map((card) => cluster.hosts[0]!.isCardHealthy(card))).toEqual([true, false, false]);
    applySrm(cluster, { ...idleRecord(), sequence: 2 });
    expect(cluster.hosts[0]!.idleCards).toBe(3);
  });

  test('a record applied to a cluster brings a host back that was thought down', () => {
    const cluster = testCluster();
    cluster.up[0] = 0;
    applySrm(cluster, idleRecord());
    expect(cluster.hosts[0]!.isUp).toBe(true);
  });

  test('a record applied to a cluster never replaces a newer one', () => {
    const cluster = testCluster();
    applySrm(cluster, { ...idleRecord(), sequence: 5, vcpusUsed: 8 });
    for (const sequence of [4, 5]) {
      expect(applySrm(cluster, { ...idleRecord(), sequence, vcpusUsed: 20 })).toBe(false);
    }
    expect(cluster.hosts[0]!.vcpusFree).toBe(56);
  });

  test('of a host that carries more than it may give out leaves nothing free', () => {
    const cluster = testCluster();
    applySrm(cluster, { ...idleRecord(), vcpusUsed: 70, ramUsedMib: 600_000, diskUsedGib: 2000 });
    expect(cluster.hosts[0]).toMatchObject({ vcpusFree: 0, ramFreeMib: 0, diskFreeGib: 0 });
  });

  test.each([
    [{ ...idleRecord(), host: 'other' }, 'host: expected one of the 2 hosts, got "other"'],
    [withCard({ address: '0000:ff:00.0' }), 'cards[1].address: expected a card of gpu, got "0000:ff:00.0"'],
    [withCard({ model: 'T4' }), 'cards[1].model: expected A40, got "T4"'],
    [withCard({ memoryMib: 49_140 }), 'cards[1].memoryMib: expected 46068, got 49140'],
  ])('that does not fit the cluster is refused, and changes nothing (%#)', (record, message) => {
    const cluster = testCluster();
    expect(() => applySrm(cluster, checkSrm(record))).toThrow(message);
    expect(cluster.srmSequence[0]).toBe(-1);
    expect(cluster.hosts[0]!.vcpusFree).toBe(64);
  });

  test('a record applied to a cluster carries the state of one cluster to another', () => {
    const truth = testCluster();
    const asks = { id: 'vm', vcpus: 2.5, ramMib: 4096, diskGib: 10, cards: 1 };
    truth.bind({ request: vmRequest(asks), host: 0, cards: [1], wholeCards: false });
    truth.bind({ request: vmRequest({ ...asks, cardMemoryMib: 4000 }), host: 0, cards: [2], wholeCards: false });
    const view = testCluster();
    applySrm(
      view,
      srmOf(truth.hosts[0]!, 7, 1, () => []),
    );
    for (const column of ['vcpusFree', 'ramFreeMib', 'diskFreeGib', 'cardMemoryFreeMib', 'cardCoresFree'] as const) {
      expect(view[column]).toEqual(truth[column]);
    }
  });
});
