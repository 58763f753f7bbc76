/** What the scheduler decides on: Nova's hosts, the SRM records, and what is held besides. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cluster } from '../../../core/cluster.ts';
import { policyNamed } from '../../../core/policies/index.ts';
import { createPolicy } from '../../../core/policy.ts';
import { vmRequest } from '../../../core/request.ts';
import { schedule } from '../../../core/scheduler.ts';
import { CloudView } from '../../../live/scheduling/cloud-view.ts';
import { wantedCards } from '../../../live/scheduling/holding.ts';
import { NovaQuestions } from '../../../live/scheduling/nova-questions.ts';
import { SrmRegistry } from '../../../live/srm/registry.ts';
import type { HostReport } from '../../../live/srm/report.ts';
import { noRecords, setClock } from '../srm/build.ts';
import { memoryHost, reportOfHost } from './harness.ts';

const hosts = [memoryHost('cpu-1'), memoryHost('gpu-1', 'a40', 4), memoryHost('gpu-2', 't4', 2)];
const oneCard = vmRequest({ id: 'r', vcpus: 1, ramMib: 1024, cards: 1 });

async function viewOf(change: (report: HostReport) => HostReport = (report) => report) {
  const clock = setClock(1000);
  const store = noRecords;
  const registry = new SrmRegistry({ store, clock, intervalS: 10, commit: { lingerMs: 0 } });
  const view = new CloudView({
    registry,
    policy: createPolicy(policyNamed('hybrid')),
    warn: (text) => expect.fail(text),
  });
  const sizes = hosts.map(({ name, vcpus, ramMib, diskGib }) => {
    return { name, vcpus, ramMib, diskGib, cpuAllocationRatio: 1, takesServers: true };
  });
  view.setHosts(sizes);
  for (const host of hosts.slice(1)) {
    await registry.report(change(reportOfHost(host, 1)), 0, { tokenId: 1, requestId: '' });
  }
  return { view, registry, clock };
}

const rejectedBy = ({ decision }: ReturnType<CloudView['decide']>) =>
  decision.kind === 'placed' ? 'placed' : decision.rejectedBy;

test('three missed intervals: no GPU server goes there, CPU servers do; a new report brings the cards back', async () => {
  const { view, registry, clock } = await viewOf();
  expect(view.decide(oneCard).host).toBe('gpu-1');
  clock.nowS += 31;
  registry.markStale();
  expect(rejectedBy(view.decide(oneCard))).toEqual({ 'no-cards': 1, 'cards-busy': 2 });
  expect(view.decide(vmRequest({ id: 'c', vcpus: 1, ramMib: 1024 }), new Set(['cpu-1'])).host).toBe('gpu-1');
  await registry.report(reportOfHost(hosts[2]!, 2), 1, { tokenId: 1, requestId: '' });
  expect(view.decide(oneCard).host).toBe('gpu-2');
});

test('cards out of order, and cards that the host drives itself, are not given out', async () => {
  const broken = await viewOf(({ inventory, record }) => ({
    inventory,
    record: { ...record, cards: record.cards.map((card) => ({ ...card, healthy: false })) },
  }));
  expect(rejectedBy(broken.view.decide(oneCard))).toEqual({ 'no-cards': 1, 'cards-busy': 2 });
  const shared = await viewOf(({ inventory, record }) => ({
    inventory: { ...inventory, cards: inventory.cards.map((card) => ({ ...card, sharing: 'shared' })) },
    record,
  }));
  expect(rejectedBy(shared.view.decide(oneCard))).toEqual({ 'no-cards': 1, 'cards-busy': 2 });
});

test('RAM in use is the larger of what servers hold and what the host measures', async () => {
  const { view } = await viewOf(({ inventory, record }) => ({ inventory, record: { ...record, ramUsedMib: 100_000 } }));
  const free = (name: string): number => view.cluster.hosts.find((host) => host.name === name)!.ramFreeMib;
  expect(free('gpu-1')).toBe(31_072);
  const holding = { serverId: null, host: 'gpu-1', vcpus: 1, diskGib: 0, cards: [] };
  view.hold({ id: 'a', ramMib: 60_000, ...holding });
  expect(free('gpu-1')).toBe(31_072);
  view.hold({ id: 'b', ramMib: 60_000, ...holding });
  expect(free('gpu-1')).toBe(11_072);
  view.letGo('a');
  view.letGo('b');
  expect(free('gpu-1')).toBe(31_072);
});

test('decides as core does on a cluster of the same hosts, whatever is held and let go on the way', async () => {
  const { view } = await viewOf();
  const policy = createPolicy(policyNamed('hybrid'));
  const asked = fc.record({
    vcpus: fc.integer({ min: 1, max: 12 }),
    ramMib: fc.constantFrom(1024, 16_384, 40_000),
    cards: fc.integer({ min: 0, max: 2 }),
    cardMemoryMib: fc.constantFrom(0, 20_000),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 25 }), (requests) => {
      const cluster = new Cluster(view.cluster.specs);
      const placed: (() => void)[] = [];
      requests.forEach(({ ends, ...numbers }, index) => {
        const request = vmRequest({ id: `r${index}`, ...numbers });
        const expected = schedule(cluster, request, policy);
        const { decision, host, cards } = view.decide(request);
        expect(decision).toEqual(expected);
        if (expected.kind === 'placed') {
          const placement = { request, host: expected.host, cards: expected.cards, wholeCards: false };
          cluster.bind(placement);
          const { id, vcpus, ramMib, diskGib } = request;
          view.hold({ id, serverId: null, host: host!, vcpus, ramMib, diskGib, cards: wantedCards(cards) });
          placed.push(() => {
            cluster.release(placement);
            view.letGo(id);
          });
        }
        if (ends) placed.shift()?.();
      });
      for (const end of placed) end();
      expect(view.holdings.size).toBe(0);
    }),
  );
});

test('what Nova was told counts once: as told, then as the server that came of it; not after its time', async () => {
  const { view } = await viewOf();
  const timers: (() => void)[] = [];
  const questions = new NovaQuestions(view, {
    after(_, action) {
      timers.push(action);
      return () => undefined;
    },
  });
  const two = vmRequest({ id: 'i', vcpus: 1, ramMib: 1024, cards: 2, cardMemoryMib: 20_000 });
  const ask = (instance: string) => questions.answer({ instance, hosts: ['cpu-1', 'gpu-1', 'gpu-2'], request: two });
  const held = (): number =>
    view.cluster.hosts.find(({ name }) => name === 'gpu-1')!.specs.cards.length -
    view.cluster.hosts.find(({ name }) => name === 'gpu-1')!.idleCards;
  expect(ask('i')).toEqual({ 'gpu-1': 1 });
  expect(ask('i')).toEqual({ 'gpu-1': 1 });
  expect(held()).toBe(2);
  // Nova's list has it now, under the same id.
  const server = { id: 'i', serverId: 'i', host: 'gpu-1', vcpus: 1, ramMib: 1024, diskGib: 0 };
  view.hold({ ...server, cards: [{ model: 'A40', count: 2, addresses: [] }] });
  expect(held()).toBe(2);
  expect(ask('j')).toEqual({ 'gpu-1': 1 });
  expect(ask('k')).toEqual({});
  for (const over of timers) over();
  expect([...view.holdings.keys()]).toEqual(['i']);
});
