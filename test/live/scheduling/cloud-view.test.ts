/** What the scheduler decides on: Nova's hosts, the SRM records, and what is held besides. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recountedS } from '../../../core/asked-lately.ts';
import { Cluster } from '../../../core/cluster.ts';
import { policyNamed } from '../../../core/policies/index.ts';
import { createPolicy } from '../../../core/policy.ts';
import { vmRequest } from '../../../core/request.ts';
import { schedule } from '../../../core/scheduler.ts';
import { CloudView } from '../../../live/scheduling/cloud-view.ts';
import { wantedCards } from '../../../live/scheduling/holding.ts';
import { type NovaQuestion, NovaQuestions } from '../../../live/scheduling/nova-questions.ts';
import { SrmRegistry } from '../../../live/srm/registry.ts';
import type { HostReport } from '../../../live/srm/report.ts';
import { noRecords, setClock } from '../srm/build.ts';
import { memoryHost, reportOfHost } from './harness.ts';

const hosts = [memoryHost('cpu-1'), memoryHost('gpu-1', 'a40', 4), memoryHost('gpu-2', 't4', 2)];
const oneCard = vmRequest({ id: 'r', vcpus: 1, ramMib: 1024, cards: 1 });

async function viewOf(change: (report: HostReport) => HostReport = (report) => report, policy = 'hybrid') {
  const clock = setClock(1000);
  const store = noRecords;
  const registry = new SrmRegistry({ store, clock, intervalS: 10, commit: { lingerMs: 0 } });
  const view = new CloudView({
    registry,
    policy: createPolicy(policyNamed(policy)),
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

describe('answers to Nova’s filter', () => {
  const all = ['cpu-1', 'gpu-1', 'gpu-2'];
  const two = vmRequest({ id: 'i', vcpus: 1, ramMib: 1024, cards: 2, cardMemoryMib: 20_000 });

  async function questionsOf(placedOn: (instance: string) => string | null = () => null) {
    const { view } = await viewOf();
    const timers: { delayS: number; action: () => void }[] = [];
    const log: string[] = [];
    let nowS = 0;
    let looks = 0;
    const questions = new NovaQuestions({
      view,
      clock: {
        get nowS() {
          return nowS;
        },
        after(delayS, action) {
          if (delayS < 0.3) {
            nowS += delayS;
            queueMicrotask(action);
          } else timers.push({ delayS, action });
          return () => undefined;
        },
      },
      heldAs: (instance) => (instance === 'of-ours' ? 'ours' : instance),
      placedOn: async (instance) => placedOn(instance),
      lookAgain: async () => void looks++,
      leavesHostToNova: (id, project) => id === 'ours' && project === 'p',
      log: (_, fields, text) => void log.push(`${text} ${JSON.stringify(fields)}`),
    });
    const ask = (instance: string, request = two, more: Partial<NovaQuestion> = {}) =>
      questions.answer({
        instance,
        project: 'p',
        hosts: all,
        hostsWithCards: [],
        metadata: {},
        timeoutS: 2,
        asked: { request, objection: null },
        ...more,
      });
    const held = (name = 'gpu-1'): number => {
      const host = view.cluster.hosts.find((each) => each.name === name)!;
      return host.specs.cards.length - host.idleCards;
    };
    return { view, questions, ask, held, timers, log, looks: () => looks };
  }

  test('an answer holds what it named, once, until the server is seen or half a minute is over', async () => {
    const { view, ask, held, timers } = await questionsOf();
    const yes = { hosts: { 'gpu-1': 1 }, refusal: null };
    expect(await ask('i')).toEqual(yes);
    expect(await ask('i')).toEqual(yes);
    expect(held()).toBe(2);
    // Nova's list has it now, under the same id.
    const server = { id: 'i', serverId: 'i', host: 'gpu-1', vcpus: 1, ramMib: 1024, diskGib: 0 };
    view.hold({ ...server, cards: [{ model: 'A40', count: 2, addresses: [] }] });
    expect(held()).toBe(2);
    expect(await ask('j')).toEqual(yes);
    expect((await ask('k')).hosts).toEqual({});
    for (const { delayS, action } of timers) if (delayS === 30) action();
    expect([...view.holdings.keys()]).toEqual(['i']);
  });

  test('a server of a request that is resized or migrated is held once, where it is', async () => {
    const { view, ask, held } = await questionsOf();
    const cards = [{ model: 'A40', count: 2, addresses: [] }];
    view.hold({ id: 'ours', serverId: 'of-ours', host: 'gpu-1', vcpus: 1, ramMib: 1024, diskGib: 0, cards });
    await ask('of-ours');
    expect([[...view.holdings.keys()], held()]).toEqual([['ours'], 2]);
  });

  test('a server that Nova has given up, or that has ended, before it had a host holds nothing any more', async () => {
    const { questions, ask, held } = await questionsOf();
    await ask('given-up');
    questions.noteServer({ id: 'given-up', status: 'BUILD', host: null });
    expect(held()).toBe(2);
    questions.noteServer({ id: 'given-up', status: 'ERROR', host: null });
    expect(held()).toBe(0);
    await ask('ended');
    questions.noteGone('ended');
    expect(held()).toBe(0);
  });

  test('before a refusal it is read where Nova put the others: what it took elsewhere is free here', async () => {
    const onGpu2 = new Set<string>();
    const { ask, held, log } = await questionsOf((instance) => (onGpu2.has(instance) ? 'gpu-2' : null));
    const any = vmRequest({ id: 'i', vcpus: 1, ramMib: 1024, cards: 1 });
    for (const instance of ['a', 'b', 'c', 'd', 'e', 'f']) expect((await ask(instance, any)).refusal).toBeNull();
    // Of the six that fill both hosts one went to gpu-2 that was meant for gpu-1, and none is left there for it.
    const meant = held('gpu-2') === 2 && held('gpu-1') === 4;
    expect(meant).toBe(true);
    onGpu2.add('f').add('a');
    const answer = await ask('g', any);
    expect(Object.keys(answer.hosts)[0]).toBe('gpu-1');
    expect(log.join()).toContain('Nova took another host than the best');
  });

  test('a host that is full only by answers comes last, for Nova to try where the best fails; one that is full by Nova’s list does not come', async () => {
    const { view, ask, held } = await questionsOf();
    const any = vmRequest({ id: 'i', vcpus: 1, ramMib: 1024, cards: 1 });
    const answers: Record<string, number>[] = [];
    for (const instance of ['a', 'b', 'c', 'd', 'e', 'f']) answers.push((await ask(instance, any)).hosts as never);
    expect(Object.keys(answers[0]!).toSorted()).toEqual(['gpu-1', 'gpu-2']);
    const [[best, one] = [], [spare, other] = []] = Object.entries(answers[5]!);
    expect(new Set([best, spare])).toEqual(new Set(['gpu-1', 'gpu-2']));
    expect(one! > other! && other! > 0).toBe(true);
    expect([held('gpu-1'), held('gpu-2')]).toEqual([4, 2]);
    expect((await ask('g', any)).hosts).toEqual({});
    // Nova's list has those of the spare host, which is full indeed then.
    for (const { id, host, ...holding } of [...view.holdings.values()]) {
      if (host === spare) view.hold({ id, host, ...holding });
    }
    expect(Object.keys((await ask('f', any)).hosts)).toEqual([best]);
  });

  test('a server that Nova took to the next host after it was first read is followed there', async () => {
    let host = 'gpu-1';
    const { ask, held, timers } = await questionsOf(() => host);
    await ask('i');
    const readBack = async (delayS: number): Promise<void> => {
      for (const timer of timers) if (timer.delayS === delayS) timer.action();
      await Promise.resolve();
      await Promise.resolve();
    };
    await readBack(0.3);
    expect([held('gpu-1'), held('gpu-2')]).toEqual([2, 0]);
    host = 'gpu-2';
    await readBack(1);
    expect([held('gpu-1'), held('gpu-2')]).toEqual([0, 2]);
  });

  test('a refusal says how many of the hosts that Nova left fell out, and why; what has changed is read first', async () => {
    const { ask, looks } = await questionsOf();
    const large = vmRequest({ id: 'i', vcpus: 1, ramMib: 1024, cards: 1, cardMemoryMib: 90_000 });
    const text = 'none of the 3 hosts that Nova left would do: no-cards:1|card-memory:2';
    expect(await ask('i', large)).toEqual({ hosts: {}, refusal: text });
    expect(looks()).toBe(1);
  });

  test('cards that no alias gives are refused, with what is missing', async () => {
    const { ask } = await questionsOf();
    const asked = { request: two, objection: 'cards-without-alias' as const };
    expect(await ask('i', two, { asked })).toMatchObject({
      hosts: {},
      refusal: expect.stringMatching(/^cards-without-alias: .*pci_passthrough:alias/),
    });
  });

  test('the claim of a request of ours whose host is left to Nova does not stand in its own way; a stranger’s name of one does', async () => {
    const { view, ask, held } = await questionsOf();
    const claim = (id: string) => ({ id, serverId: null, host: 'gpu-1', vcpus: 1, ramMib: 1024, diskGib: 0 });
    view.hold({ ...claim('ours'), cards: [{ model: 'A40', count: 2, addresses: [] }] });
    view.hold({ ...claim('other'), cards: [{ model: 'A40', count: 2, addresses: [] }] });
    expect((await ask('s', two, { metadata: { 'heps:request': 'other' } })).hosts).toEqual({});
    const metadata = { 'heps:request': 'ours' };
    expect((await ask('s', two, { metadata, project: 'another' })).hosts).toEqual({});
    expect((await ask('s', two, { metadata })).hosts).toEqual({ 'gpu-1': 1 });
    expect(held()).toBe(4);
  });

  test('a host whose cards Nova has and nobody has reported takes no server, not even one without cards', async () => {
    const { view, ask } = await questionsOf();
    const size = { vcpus: 32, ramMib: 131_072, diskGib: 1000, cpuAllocationRatio: 1, takesServers: true };
    view.setHosts([...view.hosts.values(), { name: 'gpu-3', ...size }]);
    const plain = vmRequest({ id: 'i', vcpus: 1, ramMib: 1024 });
    const hosts = ['gpu-3'];
    expect((await ask('i', plain, { hosts })).hosts).toEqual({ 'gpu-3': 1 });
    expect(await ask('j', plain, { hosts, hostsWithCards: ['gpu-3'] })).toEqual({
      hosts: {},
      refusal: 'none of the 1 hosts that Nova left would do: awaits-report:1',
    });
    const outside = new Map([
      ['cpu-1', 'zone'],
      ['gpu-1', 'trait-X'],
      ['gpu-2', 'trait-X'],
    ]);
    expect(view.decide(plain, outside).rejectedBy).toEqual({ zone: 1, 'trait-X': 2, 'awaits-report': 1 });
  });
});

test('a policy that learns knows each request once, however often it is decided about, and keeps it when hosts come', async () => {
  const { view } = await viewOf(undefined, 'demand-aware');
  for (const atS of [0, 5, 7]) view.noteAsked(oneCard, atS);
  view.noteAsked(vmRequest({ id: 's', vcpus: 1, ramMib: 1024 }), 8);
  view.noteAsked(vmRequest({ id: 't', vcpus: 1, ramMib: 1024 }), recountedS);
  const kinds = [expect.objectContaining({ cards: 0, count: 1 }), expect.objectContaining({ cards: 1, count: 1 })];
  expect(view.cluster.asked.kinds).toEqual(kinds);
  const before = view.cluster;
  view.setHosts([...view.hosts.values(), { ...view.hosts.get('cpu-1')!, name: 'cpu-2' }]);
  expect(view.cluster).not.toBe(before);
  expect(view.cluster.asked.kinds).toEqual(kinds);
  expect(view.decide(oneCard).host).toBe('gpu-1');
});

test('a policy that does not learn is told of no request', async () => {
  const { view } = await viewOf();
  view.noteAsked(oneCard, 0);
  view.noteAsked(vmRequest({ id: 't', vcpus: 1, ramMib: 1024 }), recountedS);
  expect(view.cluster.asked.kinds).toEqual([]);
});
