/** The cards of the SRM records in a real Placement, for other tools. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlacement, type Placement } from '../../live/openstack/index.ts';
import { PlacementMirror } from '../../live/srm/placement-mirror.ts';
import { SrmRegistry } from '../../live/srm/registry.ts';
import type { HostReport } from '../../live/srm/report.ts';
import { noRecords } from '../live/srm/build.ts';
import { cloudConfiguration, logIn } from './cloud.ts';
import { gpuReports } from './gpu-reports.ts';

const { session } = logIn(cloudConfiguration('admin'));
let placement: Placement;
const store = noRecords;
const registry = new SrmRegistry({ store, clock: { nowS: 1 }, intervalS: 10 });
const sender = { tokenId: 1, requestId: '' };
let version = 0;

async function report(change: (report: HostReport) => HostReport): Promise<void> {
  const base = gpuReports().find(({ record }) => record.host === 'gpu-001')!;
  const { inventory, record } = change(base);
  version = (await registry.report({ inventory, record: { ...record, sequence: version + 1 } }, version, sender))
    .version;
}

const ours = async () => {
  const [host] = await placement.listProviders({ name: 'gpu-001' });
  const tree = await placement.listProviders({ inTree: host!.id });
  return tree.filter(({ name }) => name.startsWith('heps_')).sort((one, other) => (one.name < other.name ? -1 : 1));
};

beforeAll(async () => {
  placement = await openPlacement(session);
});
afterAll(async () => {
  for (const { id } of await ours()) await placement.deleteProvider(id);
  await session.close();
});

test('each card is a provider below its host; who holds one and what is gone follows', async () => {
  const mirror = new PlacementMirror(placement, registry);
  await report((whole) => whole);
  await mirror.write();
  const cards = await ours();
  expect(cards.map(({ name }) => name)).toEqual(
    [0x21, 0x22, 0x23, 0x24].map((bus) => `heps_gpu-001_0000:${bus.toString(16)}:00.0`),
  );
  const inventories = async (index: number) => (await placement.showInventories(cards[index]!.id)).value;
  expect(await inventories(0)).toMatchObject({
    CUSTOM_HEPS_GPU: { total: 1, reserved: 0 },
    CUSTOM_HEPS_GPU_MEMORY_MIB: { total: 49_140, reserved: 0 },
    CUSTOM_HEPS_GPU_CORES: { total: 10_752 },
  });
  expect((await placement.showTraits(cards[0]!.id)).value).toEqual(['CUSTOM_HEPS_GPU_RTX_A6000']);

  // The first card is held, the last one is taken out of the host.
  await report(({ inventory, record }) => ({
    inventory: { ...inventory, cards: inventory.cards.slice(0, 3) },
    record: {
      ...record,
      cards: record.cards
        .slice(0, 3)
        .map((card, index) =>
          index === 0 ? { ...card, serverIds: ['s'], memoryUsedMib: card.memoryMib, coresUsed: card.cores } : card,
        ),
    },
  }));
  await mirror.write();
  expect(await inventories(0)).toMatchObject({
    CUSTOM_HEPS_GPU: { reserved: 1 },
    CUSTOM_HEPS_GPU_MEMORY_MIB: { reserved: 49_140 },
  });
  expect((await ours()).length).toBe(3);
});
