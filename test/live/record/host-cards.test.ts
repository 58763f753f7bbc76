/** Which devices in Placement are cards. */
import { expect, test } from 'vitest';
import { catalogue } from '../../../core/card-catalogue.ts';
import { aliasOfModel, resourceClassOf } from '../../../live/gpu-host/passthrough-files.ts';
import { hostCardsInPlacement } from '../../../live/record/host-cards.ts';

const host = { id: 'h', name: 'gpu-1', host: 'gpu-1' };
const provider = (id: string, address: string) => ({
  id,
  name: `gpu-1_${address}`,
  generation: 1,
  parentId: 'h',
  rootId: 'h',
});
const inventory = (reserved = 0) => ({ total: 1, reserved, maxUnit: 1, allocationRatio: 1 });

test('by the class of their PCI id, or the one that prepare gives; not those that are kept back', async () => {
  const inventories: Record<string, Record<string, ReturnType<typeof inventory>>> = {
    a: { CUSTOM_PCI_10DE_2235: inventory() },
    b: { CUSTOM_GPU_A100_80GB: inventory() },
    c: { CUSTOM_GPU_A6000: inventory(1) },
    d: { CUSTOM_NIC: inventory() },
  };
  const { byHost, warnings } = await hostCardsInPlacement([host], {
    listProviders: async () => ['a', 'b', 'c', 'd'].map((id, index) => provider(id, `0000:${index + 1}0:00.0`)),
    showInventories: async (id) => ({ generation: 1, value: inventories[id]! }),
  });
  expect(byHost.get('gpu-1')!.map(({ model }) => model)).toEqual(['A40', 'A100-80GB']);
  expect(warnings).toEqual(['1 devices in Placement are of no known card model, and left out: CUSTOM_NIC']);
});

test('each model of the catalogue has a class of its own', () => {
  const classes = new Set(catalogue.map(({ name }) => resourceClassOf(aliasOfModel(name))));
  expect(classes.size).toBe(catalogue.length);
});
