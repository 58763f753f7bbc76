import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostTree } from '../../../live/gpu-host/host-tree.ts';
import { readPciCards } from '../../../live/gpu-host/pci.ts';
import { emptyFolder } from './folders.ts';
import { a100Host, a6000, a6000Audio, a6000Host, buildTree, cardlessHost, halfBoundHost, type Tree } from './trees.ts';

function cardsOf(tree: Tree) {
  const host = hostTree(buildTree(emptyFolder(), tree));
  return { cards: readPciCards(host), warnings: host.warnings };
}

function reasonsOf(tree: Tree): Record<string, string | null> {
  return Object.fromEntries(cardsOf(tree).cards.map((card) => [card.address, card.unusableBecause]));
}

test('a card says who it is, where it sits and what else is in its group, bridges apart', () => {
  const { cards, warnings } = cardsOf(a6000Host);
  expect(cards).toHaveLength(2);
  expect(cards[0]).toMatchObject({
    address: '0000:41:00.0',
    pciId: '10de:2230',
    subsystemId: '10de:1459',
    classCode: 0x0300,
    model: { name: 'RTX A6000', memoryMib: 49140 },
    driver: 'vfio-pci',
    driverOverride: 'vfio-pci',
    iommuGroup: '14',
    vfioDevice: 'vfio0',
    companions: [{ address: '0000:41:00.1', pciId: '10de:1aef', classCode: 0x0403, driver: 'vfio-pci' }],
    numaNode: -1,
    physicalFunction: null,
    virtualFunctions: 0,
    barBytes: [16 * 2 ** 20, 256 * 2 ** 20, 32 * 2 ** 20, 128],
    unusableBecause: null,
  });
  expect(cards[1]).toMatchObject({ driverOverride: null, unusableBecause: null });
  expect(warnings).toEqual([]);
});

test('a card with virtual functions on, and each of those, cannot be given whole; one that only could have them can', () => {
  expect(reasonsOf(a100Host)).toEqual({
    '0000:17:00.0': null,
    '0000:65:00.0': 'has 2 virtual functions switched on',
    '0000:65:00.4': 'is a virtual function of 0000:65:00.0',
    '0000:65:00.5': 'is a virtual function of 0000:65:00.0',
  });
});

test('a card needs a vfio driver, and so does its audio function', () => {
  expect(reasonsOf(halfBoundHost)).toEqual({
    '0000:41:00.0': 'has no driver',
    '0000:81:00.0': 'audio function 0000:81:00.1 of its IOMMU group is bound to snd_hda_intel',
    '0000:c1:00.0': 'is bound to nouveau',
  });
  const unbound = { devices: { '0000:41:00.0': a6000(1, 'vfio-pci'), '0000:41:00.1': a6000Audio(1) } };
  expect(reasonsOf(unbound)['0000:41:00.0']).toBe('audio function 0000:41:00.1 of its IOMMU group has no driver');
});

test("a vendor's own vfio driver is one; a driver that only sounds like it is not", () => {
  const withDriver = (driver: string) => reasonsOf({ devices: { '0000:09:00.0': a6000(1, driver) } })['0000:09:00.0'];
  expect(withDriver('nvgrace_gpu_vfio_pci')).toBeNull();
  expect(withDriver('nvgrace-gpu-vfio-pci')).toBeNull();
  expect(withDriver('novfiohere')).toBe('is bound to novfiohere');
});

test('without IOMMU no card can be given away', () => {
  const { group: _, ...card } = a6000(1, 'vfio-pci');
  expect(reasonsOf({ devices: { '0000:09:00.0': card } })).toEqual({ '0000:09:00.0': 'is in no IOMMU group' });
});

test("other vendors' display chips and NVIDIA's switches are no cards", () => {
  expect(cardsOf(cardlessHost)).toEqual({ cards: [], warnings: [] });
});

test('a host without PCI has no cards', () => {
  const host = hostTree(emptyFolder());
  expect(readPciCards(host)).toEqual([]);
  expect(host.warnings).toEqual([]);
});

test('a card that cannot be read completely is not usable, and a warning says what is missing', () => {
  const root = buildTree(emptyFolder(), a6000Host);
  const numvfs = join(root, 'sys/bus/pci/devices/0000:41:00.0/sriov_numvfs');
  mkdirSync(numvfs); // reading a folder fails for root as well
  rmSync(join(root, 'sys/kernel/iommu_groups/31'), { recursive: true });
  const host = hostTree(root);
  const problems = [
    'cannot read /sys/bus/pci/devices/0000:41:00.0/sriov_numvfs (EISDIR)',
    'cannot tell what else is in IOMMU group 31',
  ];
  expect(readPciCards(host).map((card) => card.unusableBecause)).toEqual(problems);
  expect(host.warnings).toEqual(problems);
});
