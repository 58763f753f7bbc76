import { expect, test } from 'vitest';
import { recountedS } from '../../../core/asked-lately.ts';
import { explain, schedule } from '../../../core/scheduler.ts';
import { ask, bindTo, card, clusterOf, large, policyNamed, small } from '../build.ts';

const demandAware = policyNamed('demand-aware');
const size = { vcpus: 32, ramMib: 131072 };

/** Four cards of each model, after 1000 requests of that kind. */
function afterAsking(kind: Parameters<typeof ask>[0]) {
  const cluster = clusterOf(
    { ...size, cards: [card(large), card(large), card(large), card(large)] },
    { ...size, cards: [card(small), card(small), card(small), card(small)] },
  );
  for (let count = 0; count < 1000; count++) cluster.asked.note(ask(kind), 0);
  cluster.asked.note(ask(), recountedS);
  return cluster;
}

test('who takes any card gets the one that others do not ask for: a small one where large ones are sought after, a large one where small ones are', () => {
  const anyCard = ask({ cards: 1 });
  expect(schedule(afterAsking({ cards: 1, cardMemoryMib: 40_000 }), anyCard, demandAware)).toMatchObject({ host: 1 });
  expect(schedule(afterAsking({ cards: 1, cardModels: ['small'] }), anyCard, demandAware)).toMatchObject({ host: 0 });
  // least-card and hybrid do one of the two, whatever is asked for.
  const sought = afterAsking({ cards: 1, cardModels: ['small'] });
  expect(schedule(sought, anyCard, policyNamed('least-card'))).toMatchObject({ host: 1 });
  expect(schedule(sought, anyCard, policyNamed('hybrid'))).toMatchObject({ host: 0 });
});

test('what was not asked for yet is learned only when it has come', () => {
  const cluster = afterAsking({ cards: 1, cardMemoryMib: 40_000 });
  for (let count = 0; count < 5000; count++)
    cluster.asked.note(ask({ cards: 1, cardModels: ['small'] }), recountedS + 1);
  const anyCard = ask({ cards: 1 });
  expect(schedule(cluster, anyCard, demandAware)).toMatchObject({ host: 1 });
  cluster.asked.note(ask(), 2 * recountedS);
  expect(schedule(cluster, anyCard, demandAware)).toMatchObject({ host: 0 });
});

test('before anything was asked for, the model with most room left is taken', () => {
  const cluster = clusterOf(
    { ...size, cards: [card(small)] },
    { ...size, cards: [card(large), card(large), card(large)] },
  );
  expect(schedule(cluster, ask({ cards: 1 }), demandAware)).toMatchObject({ host: 1 });
});

test('a VM for several cards keeps its hosts: one card comes from a host that cannot serve it any more', () => {
  const cluster = clusterOf(
    { ...size, cards: [card(small), card(small)] },
    { ...size, cards: [card(small), card(small)] },
  );
  for (let count = 0; count < 1000; count++) cluster.asked.note(ask({ cards: 2 }), 0);
  cluster.asked.note(ask(), recountedS);
  bindTo(cluster, 1, ask({ cards: 1 }), [0]);
  expect(schedule(cluster, ask({ cards: 1 }), demandAware)).toMatchObject({ host: 1, cards: [1] });
});

test('CPU VMs go to CPU hosts while one has room, and the shown score adds a tier', () => {
  const cluster = clusterOf({ ...size, cards: [card(small)] }, size);
  const { decision, verdicts } = explain(cluster, ask(), demandAware);
  expect(decision).toMatchObject({ host: 1 });
  const { terms, score, shownScore } = verdicts[1]!.scored!;
  expect(score).toBeCloseTo(-terms.roomTaken! - 0.01 * terms.leftOver!, 12);
  expect(shownScore).toBe(100 + score);
});
