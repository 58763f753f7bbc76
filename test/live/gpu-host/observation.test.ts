import { expect, test } from 'vitest';
import { Cluster } from '../../../core/cluster.ts';
import { applySrm, checkSrm } from '../../../core/srm.ts';
import { type Observation, observe } from '../../../live/gpu-host/observation.ts';
import { emptyFolder } from './folders.ts';
import {
  a100Host,
  a6000,
  a6000Host,
  buildTree,
  cardlessHost,
  halfBoundHost,
  hostDrivenHost,
  type Tree,
} from './trees.ts';

const trees = { a6000Host, a100Host, halfBoundHost, hostDrivenHost, cardlessHost };

function observationOf(tree: Tree): Promise<Observation> {
  const root = buildTree(emptyFolder(), tree);
  return observe({ root, host: 'gpu-001', askSmi: null, nowS: 1000, sequence: 7 });
}

test.each(Object.entries(trees))('%s: a scheduler takes the record for a host of that inventory', async (_, tree) => {
  const { inventory, record } = await observationOf(tree);
  const spec = { name: 'gpu-001', cpuAllocationRatio: 1, ...inventory, diskGib: 100 };
  const cluster = new Cluster([spec]);
  expect(checkSrm(JSON.parse(JSON.stringify(record)))).toEqual(record);
  expect(applySrm(cluster, record)).toBe(true);
  const host = cluster.hosts[0]!;
  expect(host.vcpusFree).toBe(inventory.vcpus - record.vcpusUsed);
  for (const [index, card] of record.cards.entries()) expect(host.isCardHealthy(index)).toBe(card.healthy);
});

test('a card that a server holds is taken whole, the other is free', async () => {
  const { inventory, record, warnings } = await observationOf(a6000Host);
  expect(inventory).toMatchObject({ vcpus: 64, ramMib: 262144 });
  expect(inventory.cards.map(({ model, sharing }) => [model, sharing])).toEqual([
    ['RTX A6000', 'passthrough'],
    ['RTX A6000', 'passthrough'],
  ]);
  expect(record).toMatchObject({ host: 'gpu-001', observedAtS: 1000, sequence: 7, vcpusUsed: 8, ramUsedMib: 65536 });
  const [free, held] = record.cards;
  expect(free).toMatchObject({ address: '0000:41:00.0', memoryUsedMib: 0, coresUsed: 0, serverIds: [], healthy: true });
  expect(held).toMatchObject({
    address: '0000:c1:00.0',
    memoryUsedMib: 49140,
    coresUsed: 10752,
    serverIds: ['3f8b2a6e-0c4e-4d8e-9a39-2f7f0b1f6a01'],
    healthy: true,
  });
  expect(warnings).toEqual([]);
});

test('a card that cannot be given whole stays in the inventory, out of order; virtual functions are no cards', async () => {
  const { inventory, record, warnings } = await observationOf(a100Host);
  expect(inventory.cards.map((card) => card.address)).toEqual(['0000:17:00.0', '0000:65:00.0']);
  expect(record.cards.map((card) => card.healthy)).toEqual([true, false]);
  expect(warnings).toContain('0000:65:00.0: out of order: has 2 virtual functions switched on');

  const half = await observationOf(halfBoundHost);
  expect(half.record.cards.map((card) => card.healthy)).toEqual([false, false, false]);
  expect(half.warnings).toEqual([
    '0000:41:00.0: out of order: has no driver',
    '0000:81:00.0: out of order: audio function 0000:81:00.1 of its IOMMU group is bound to snd_hda_intel',
    '0000:c1:00.0: out of order: is bound to nouveau',
  ]);
});

test('of a card that the host drives, only what nvidia-smi says is free is free', async () => {
  const { inventory, record, warnings } = await observationOf(hostDrivenHost);
  expect(inventory.cards.every((card) => card.sharing === 'shared')).toBe(true);
  // T4: 15360 - 12606 = 2754 MiB, though nvidia-smi calls 2300 used; 37 % of 2560 cores = 947.2.
  expect(record.cards[0]).toMatchObject({ memoryUsedMib: 2754, coresUsed: 948, healthy: true });
  expect(record.cards[1]).toMatchObject({ coresUsed: 6912, healthy: false });
  expect(record.cards[2]).toMatchObject({ memoryUsedMib: 23028, coresUsed: 9216, healthy: true });
  expect(warnings).toEqual([
    '0000:af:00.0: out of order: MIG is on, so that it is no longer one card',
    '0000:af:00.0: its cores count as used: nvidia-smi does not say',
    '0000:d8:00.0: its memory counts as used: nvidia-smi does not say',
    '0000:d8:00.0: its cores count as used: nvidia-smi does not say',
  ]);
});

test('host-driven cards without an answer from nvidia-smi are out of order', async () => {
  const { '/nvidia-smi.csv': _, ...files } = hostDrivenHost.files!;
  const { record, warnings } = await observationOf({ ...hostDrivenHost, files });
  expect(record.cards.map(({ healthy, memoryUsedMib, memoryMib }) => !healthy && memoryUsedMib === memoryMib)).toEqual([
    true,
    true,
    true,
  ]);
  expect(warnings[0]).toBe('cards driven by the host cannot be read: no /nvidia-smi.csv in the tree');
});

test('uncorrected memory errors put a card out of order', async () => {
  const csv = hostDrivenHost.files!['/nvidia-smi.csv']!.replace('31.22, 0,', '31.22, 2,');
  const files = { ...hostDrivenHost.files, '/nvidia-smi.csv': csv };
  const { record, warnings } = await observationOf({ ...hostDrivenHost, files });
  expect(record.cards[0]!.healthy).toBe(false);
  expect(warnings).toContain('0000:3b:00.0: out of order: 2 uncorrected memory errors');
});

test('a model that the catalogue does not know is left out, with a warning', async () => {
  const unknown = { ...a6000(1, 'vfio-pci'), id: '10de:ffff' };
  const tree = { devices: { '0000:09:00.0': unknown }, files: cardlessHost.files! };
  const { inventory, warnings } = await observationOf(tree);
  expect(inventory.cards).toEqual([]);
  expect(warnings).toEqual(['0000:09:00.0: left out, since the catalogue has no model 10de:ffff']);
});
