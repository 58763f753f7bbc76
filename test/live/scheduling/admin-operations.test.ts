/** What an admin does to servers on a cloud in memory: after each of it the holdings are those of Nova and Placement. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MemoryFlavor, MemoryServer } from '../memory-cloud/cloud-state.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { memoryHost, SchedulerUnderTest } from './harness.ts';

const cpu = memoryHost('cpu-1');
const a40 = memoryHost('gpu-a40', 'a40', 2);
const spare = memoryHost('gpu-b40', 'a40', 2);
const t4 = memoryHost('gpu-t4', 't4', 3);
const hosts = [cpu, a40, spare, t4];
const oneCard = { size: { vcpus: 4, ramMib: 8192, diskGib: 10 }, gpu: { count: 1, models: ['A40'] } };

let folder: ReturnType<typeof temporaryFolder>;
let cloud: MemoryCloud;
let one: SchedulerUnderTest;

beforeEach(async () => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await one.stop();
  expect(cloud.state.violations()).toEqual([]);
  await cloud.close();
  folder.remove();
});

/** Sums of each host, by Placement's claims and by the holdings. */
function sums(): { cloud: Record<string, number[]>; heps: Record<string, number[]> } {
  const found: ReturnType<typeof sums> = { cloud: {}, heps: {} };
  for (const [name, { claims }] of cloud.state.hosts) {
    const flavors = [...claims.values()].map(({ flavor }) => flavor);
    const holdings = one.scheduling.view.holdingsOn(name);
    const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);
    const cards = (each: (typeof holdings)[number]): number => sum(each.cards.map(({ count }) => count));
    found.cloud[name] = [
      sum(flavors.map(({ vcpus }) => vcpus)),
      sum(flavors.map(({ ram }) => ram)),
      sum(flavors.map(({ disk }) => disk)),
      sum([...claims.values()].map((claim) => claim.cards.length)),
    ];
    found.heps[name] = [
      sum(holdings.map(({ vcpus }) => vcpus)),
      sum(holdings.map(({ ramMib }) => ramMib)),
      sum(holdings.map(({ diskGib }) => diskGib)),
      sum(holdings.map(cards)),
    ];
  }
  return found;
}

/** By host and address. */
function heldCards(): Record<string, string> {
  const { view } = one.scheduling;
  const serverOf = new Map([...view.holdings.values()].map(({ id, serverId }) => [id, serverId ?? id]));
  const entries = [...view.hosts.keys()].flatMap((host) =>
    Array.from(view.cardHolders(host), ([address, holder]) => [`${host} ${address}`, serverOf.get(holder) ?? holder]),
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Within some reconcile intervals, of 0.1 s. */
async function follows(operation = ''): Promise<void> {
  await report();
  const isEqual = (): boolean => {
    const { cloud: theirs, heps } = sums();
    return (
      JSON.stringify(theirs) === JSON.stringify(heps) &&
      JSON.stringify(Object.entries(cloud.state.devices()).sort()) ===
        JSON.stringify(Object.entries(heldCards()).sort())
    );
  };
  try {
    await one.until(isEqual);
  } catch {
    const theirs = { ...sums().cloud, cards: cloud.state.devices() };
    expect({ ...sums().heps, cards: heldCards() }, operation).toEqual(theirs);
  }
}

/** What the agents see: guests that run; those that are stopped are listed by nobody. */
async function report(): Promise<void> {
  for (const host of [a40, spare, t4]) {
    const running = [...cloud.state.servers.values()].filter(
      (server) => server.host === host.name && ['ACTIVE', 'RESCUE', 'VERIFY_RESIZE'].includes(server.status),
    );
    await one.report(host, Object.fromEntries(running.flatMap(({ id, cards }) => cards.map((card) => [card, id]))));
  }
}

interface Operation {
  readonly name: string;
  /** All of it but the last is followed before the next. */
  readonly act: (server: MemoryServer) => void | Promise<void>;
}

let big: MemoryFlavor;

const operations: readonly Operation[] = [
  {
    name: 'resized, until it is confirmed it holds both places',
    act: (server) => void cloud.state.resize(server, big),
  },
  {
    name: 'resized and confirmed',
    act: async (server) => {
      cloud.state.resize(server, big);
      await follows();
      cloud.state.confirmResize(server);
    },
  },
  {
    name: 'resized and reverted',
    act: async (server) => {
      cloud.state.resize(server, big);
      await follows();
      cloud.state.revertResize(server);
    },
  },
  {
    name: 'migrated cold and confirmed',
    act: async (server) => {
      cloud.state.resize(server, server.flavor);
      await follows();
      cloud.state.confirmResize(server);
    },
  },
  { name: 'migrated live', act: (server) => cloud.state.liveMigrate(server, otherOf(server)) },
  { name: 'shelved', act: (server) => cloud.state.shelve(server) },
  {
    name: 'shelved and taken from the shelf elsewhere',
    act: async (server) => {
      const other = otherOf(server);
      cloud.state.shelve(server);
      await follows();
      cloud.state.unshelve(server, other);
    },
  },
  {
    name: 'evacuated, and its host has what it had until it is back',
    act: (server) => void cloud.state.evacuate(server, otherOf(server)),
  },
  {
    name: 'evacuated, and its host back',
    act: async (server) => {
      const move = cloud.state.evacuate(server, otherOf(server));
      await follows();
      cloud.state.comeBack(move);
    },
  },
  { name: 'deleted so that it can be restored', act: (server) => cloud.state.softDelete(server) },
  {
    name: 'deleted and restored',
    act: async (server) => {
      cloud.state.softDelete(server);
      await follows();
      cloud.state.change(server, { status: 'ACTIVE' });
    },
  },
  { name: 'stopped', act: (server) => cloud.state.change(server, { status: 'SHUTOFF' }) },
  { name: 'rescued', act: (server) => cloud.state.change(server, { status: 'RESCUE' }) },
  { name: 'locked', act: (server) => cloud.state.change(server, { isLocked: true }) },
  { name: 'robbed of its metadata', act: (server) => cloud.state.change(server, { metadata: {} }) },
  {
    name: 'given the metadata of another request',
    act: (server) =>
      cloud.state.change(server, { metadata: { 'heps:request': crypto.randomUUID(), 'heps:attempt': '1' } }),
  },
  { name: 'deleted', act: (server) => cloud.state.delete(server) },
];

function otherOf({ host }: MemoryServer): string {
  return host === a40.name ? spare.name : a40.name;
}

describe.each([true, false])('cards in Placement: %s', (pciInPlacement) => {
  beforeEach(async () => {
    cloud = await MemoryCloud.start({ hosts, pciInPlacement });
    one = await SchedulerUnderTest.start(folder.path, cloud, [a40, spare, t4], { reconcileIntervalS: 0.1 });
    big = cloud.addFlavor({
      name: 'big',
      vcpus: 8,
      ram: 32_768,
      disk: 20,
      extraSpecs: { 'pci_passthrough:alias': 't4:2' },
    });
  });

  /** Ends it, and waits until nothing is held any more. */
  async function end(server: MemoryServer): Promise<void> {
    cloud.state.delete(server);
    await one.until(() => one.scheduling.view.holdings.size === 0);
  }

  test('after each operation of an admin on a server of ours the holdings are as in the cloud, and the request follows', async () => {
    for (const { name, act } of operations) {
      const row = await one.settled((await one.ask(oneCard)).id);
      const server = cloud.state.servers.get(row.serverId!)!;
      await follows(name);
      await act(server);
      await follows(name);
      const isGone = server.status === 'DELETED';
      const cards = isGone || server.host === null ? null : JSON.stringify(server.cards);
      await one.until(async () => {
        const now = (await one.requests.read(row.id))!;
        return (
          now.host === (isGone ? null : server.host) &&
          now.state === (isGone ? 'deleted' : 'active') &&
          (cards === null || JSON.stringify(now.cards.map(({ address }) => address)) === cards)
        );
      });
      await end(server);
    }
  }, 120_000);

  test('after each operation of an admin on a server that others booted the holdings are as in the cloud', async () => {
    const flavor = cloud.addFlavor({ name: 'small', extraSpecs: { 'pci_passthrough:alias': 'a40:1' } });
    for (const { name, act } of operations) {
      const server = cloud.bootForeign(flavor, a40.name);
      await follows(name);
      await act(server);
      await follows(name);
      await end(server);
    }
  }, 120_000);

  test('cards of a server that is stopped are its own after a restart, though no host names it', async () => {
    const flavor = cloud.addFlavor({ name: 'small', extraSpecs: { 'pci_passthrough:alias': 'a40:1' } });
    const [first, second] = [cloud.bootForeign(flavor, a40.name), cloud.bootForeign(flavor, a40.name)];
    await one.until(() => one.scheduling.view.holdings.size === 2);
    await follows();
    cloud.state.delete(second);
    cloud.state.change(first, { status: 'SHUTOFF' });
    await follows();
    await one.stop();
    one = await SchedulerUnderTest.start(folder.path, cloud, []);
    expect(heldCards()).toEqual(cloud.state.devices());
  });

  test('what Placement holds for nobody is held, and given out again when it is free', async () => {
    const flavor = cloud.addFlavor({ name: 'small', extraSpecs: { 'pci_passthrough:alias': 'a40:1' } });
    const cards = pciInPlacement ? ['0000:10:00.0'] : [];
    cloud.state.leak(a40.name, 'nobody', { ...flavor, extraSpecs: {} }, cards);
    await one.until(() => one.scheduling.orphans.size === 1);
    expect(one.scheduling.view.holdingsOn(a40.name)).toMatchObject([{ serverId: 'nobody', kind: 'orphan', vcpus: 4 }]);
    expect(Object.keys(heldCards())).toEqual(cards.map((card) => `${a40.name} ${card}`));
    cloud.state.hosts.get(a40.name)!.claims.delete('nobody');
    await one.until(() => one.scheduling.view.holdingsOn(a40.name).length === 0);
  });
});

describe('cards freed a moment ago', () => {
  beforeEach(async () => {
    cloud = await MemoryCloud.start({ hosts });
    // So long that only the look before a no can have seen it.
    one = await SchedulerUnderTest.start(folder.path, cloud, [a40, spare, t4], { reconcileIntervalS: 3600 });
  });

  test('a delete by others is seen before a request is refused, though the host has not reported it yet', async () => {
    const flavor = cloud.addFlavor({ name: 'both', extraSpecs: { 'pci_passthrough:alias': 'a40:2' } });
    const servers = [cloud.bootForeign(flavor, a40.name), cloud.bootForeign(flavor, spare.name)];
    await one.scheduling.lookAgain();
    await report();
    expect((await one.ask(oneCard)).state).toBe('failed');
    cloud.state.delete(servers[0]!);
    expect((await one.ask(oneCard)).state).toBe('claimed');
  });

  test('a guest that its host still reports long after Nova ended it keeps its card', async () => {
    const flavor = cloud.addFlavor({ name: 'both', extraSpecs: { 'pci_passthrough:alias': 'a40:2' } });
    const server = cloud.bootForeign(flavor, a40.name);
    await one.scheduling.lookAgain();
    await report();
    cloud.state.delete(server);
    await one.scheduling.lookAgain();
    expect(heldCards()).toEqual({});
    const { view } = one.scheduling;
    // As if Nova's word were half a minute old when the host reports again.
    view.noteLeft(server.id, a40.name, Date.now() / 1000 - 30);
    await one.report(a40, { '0000:10:00.0': server.id });
    expect(heldCards()).toEqual({ 'gpu-a40 0000:10:00.0': server.id });
  });
});
