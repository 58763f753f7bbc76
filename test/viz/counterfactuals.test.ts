/** What would have changed a decision: small clusters in which the answer is plain, and runs on which the scheduler is asked. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policies } from '../../core/policies/index.ts';
import type { RunFile } from '../../core/runs/run-file.ts';
import { schedule } from '../../core/scheduler.ts';
import { closingChanges, smallerRequests, underEachPolicy, withoutHost } from '../../viz/model/counterfactuals.ts';
import { decisionCase } from '../../viz/model/decision-case.ts';
import { describeMoment } from '../../viz/model/decision-text.ts';
import { filterSteps } from '../../viz/model/filter-steps.ts';
import { nearestHosts } from '../../viz/model/nearest-hosts.ts';
import { rivalOf } from '../../viz/model/rival.ts';
import { runPolicyOf } from '../../viz/model/run-policy.ts';
import { scoreRows } from '../../viz/model/score-rows.ts';
import { ask, bindTo, card, clusterOf, large, policyNamed, small, stateOf } from '../core/build.ts';
import { anyRun, runFileOf, runOf, temporaryDirectory, vm } from '../sim/build.ts';

const now = { nowS: 0, rows: 0, scheduler: 0, excluded: new Set<number>() };

/** The run's policy and how its scores are shown. */
function decides(file: RunFile) {
  return runPolicyOf(file).decides!;
}

describe('closingChanges', () => {
  test('finds the fewest vCPUs with which the runner-up is emptier, and leaves the cluster as it was', () => {
    const cluster = clusterOf({ vcpus: 8, ramMib: 8192 }, { vcpus: 16, ramMib: 8192 });
    bindTo(cluster, 1, ask({ vcpus: 8, ramMib: 0 }));
    const before = stateOf(cluster);
    const asked = {
      cluster,
      request: ask({ vcpus: 2, ramMib: 1024 }),
      policy: policyNamed('hybrid'),
      shown: {},
      moment: now,
    };
    // Of the vCPUs, (8 − 2)/8 = 12/16 stay free on host 0. Host 1 needs (free − 2)/16 above that: 15 free, 7 more than its 8.
    expect(closingChanges(asked, 1, 0)).toEqual([{ quantity: 'vcpus', change: 7 }]);
    expect(stateOf(cluster)).toEqual(before);
  });

  test('finds that less may win as well: the runner-up of best-fit needs to be fuller', () => {
    const cluster = clusterOf({ vcpus: 4, ramMib: 8192 }, { vcpus: 8, ramMib: 8192 });
    const asked = {
      cluster,
      request: ask({ vcpus: 1, ramMib: 1024 }),
      policy: policyNamed('best-fit'),
      shown: {},
      moment: now,
    };
    // Left over on host 0 are 3 of 8 vCPUs and 7 of 8 GiB, on host 1 7 and 7: it needs 5 less of either, since a tie loses.
    expect(closingChanges(asked, 1, 0)).toEqual([
      { quantity: 'vcpus', change: -5 },
      { quantity: 'ramMib', change: -5120 },
    ]);
  });

  test('asks about all hosts where scores compare them', () => {
    const cluster = clusterOf({ vcpus: 8, ramMib: 8192 }, { vcpus: 8, ramMib: 8192 }, { vcpus: 8, ramMib: 8192 });
    bindTo(cluster, 1, ask({ vcpus: 2, ramMib: 0 }));
    bindTo(cluster, 2, ask({ vcpus: 4, ramMib: 0 }));
    bindTo(cluster, 0, ask({ vcpus: 1, ramMib: 0 }));
    const asked = { cluster, request: ask(), policy: policyNamed('nova'), shown: {}, moment: now };
    expect(closingChanges(asked, 1, 0)).toEqual([{ quantity: 'vcpus', change: 2 }]);
  });
});

test('without the chosen host the next best gets it', () => {
  const cluster = clusterOf({ vcpus: 4, ramMib: 8192 }, { vcpus: 8, ramMib: 8192 });
  const asked = { cluster, request: ask(), policy: policyNamed('first-fit'), moment: now };
  expect(withoutHost(asked, 0)).toMatchObject({ kind: 'placed', host: 1 });
  expect(withoutHost({ ...asked, moment: { ...now, excluded: new Set([1]) } }, 0).kind).toBe('no-valid-host');
});

test('a smaller request changes one thing only, and that as little as helps', () => {
  const cluster = clusterOf({ vcpus: 8, ramMib: 65536, cards: [card(small), card(small)] });
  const policy = policyNamed('hybrid');
  // 40 GiB on two cards of any model: the small ones have 16.
  const request = ask({ vcpus: 2, ramMib: 2048, cards: 2, cardMemoryMib: 40960 });
  expect(smallerRequests({ cluster, request, policy, moment: now })).toEqual([
    { field: 'cardMemoryMib', request: { ...request, cardMemoryMib: 16384 }, hosts: 1, host: 0 },
  ]);
  const wider = ask({ vcpus: 12, ramMib: 2048, cards: 1 });
  expect(smallerRequests({ cluster, request: wider, policy, moment: now })).toEqual([
    { field: 'vcpus', request: { ...wider, vcpus: 6 }, hosts: 1, host: 0 },
  ]);
  const picky = ask({ cards: 1, cardModels: ['large'] });
  expect(smallerRequests({ cluster, request: picky, policy, moment: now }).map(({ field }) => field)).toEqual([
    'cardModels',
  ]);
});

describe('of a run', () => {
  /** Two hosts with one card each: a holds the large one until 100, b the small one until 50; c finds none at 10 and is refused. */
  async function refusal() {
    const hosts = [
      { vcpus: 4, ramMib: 8192, cards: [card(large)] },
      { vcpus: 4, ramMib: 8192, cards: [card(small)] },
    ];
    const arrivals = [
      vm('a', 0, 100, { cards: 1, cardModels: ['large'] }),
      vm('b', 0, 50, { cards: 1 }),
      vm('c', 10, 5, { cards: 1 }),
    ];
    const file = await runFileOf(runOf(hosts, arrivals, { policy: 'hybrid' }), join(temporaryDirectory(), 'run.json'));
    return decisionCase(file, file.decisions, decides(file), 2, 0);
  }

  test('the nearest hosts say when the VMs on them end, soonest first', async () => {
    const decision = await refusal();
    expect(decision.decision.kind).toBe('no-valid-host');
    const before = stateOf(decision.cluster);
    expect(nearestHosts(decision, 5)).toEqual([
      { host: 1, reason: 'cards-busy', passed: 2, freeAtS: 50 },
      { host: 0, reason: 'cards-busy', passed: 2, freeAtS: 100 },
    ]);
    expect(stateOf(decision.cluster)).toEqual(before);
  });

  test('filters that removed nobody are told of, in order', async () => {
    const { verdicts, policy } = await refusal();
    expect(filterSteps(verdicts, policy, true).map(({ filter, removed, left }) => [filter, removed, left])).toEqual([
      ['Excluded', 0, 2],
      ['HostUp', 0, 2],
      ['CpuRamDisk', 0, 2],
      ['FineGrainedGpu', 2, 0],
    ]);
  });

  test('every what-if can be asked of every decision, first try or last, and changes nothing', async () => {
    const path = join(temporaryDirectory(), 'run.json');
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const file = await runFileOf(run, path);
        for (const row of file.decisions.id.keys()) {
          for (const waiting of [0, 1] as const) {
            const decision = decisionCase(file, file.decisions, decides(file), row, waiting);
            const before = stateOf(decision.cluster);
            const { cluster, request, policy, ranking, moment } = decision;
            expect(underEachPolicy(decision).find(({ name }) => name === run.policy)!.decision).toEqual(
              decision.decision,
            );
            expect(scoreRows(ranking, Infinity).reduce((sum, { more }) => sum + 1 + more, 0)).toBe(ranking.length);
            if (decision.decision.kind === 'placed') {
              expect(ranking[0]!.host).toBe(decision.decision.host);
              const rival = rivalOf(decision);
              if (rival !== undefined) closingChanges(decision, rival.verdict.host, ranking[0]!.host);
            } else {
              for (const smaller of smallerRequests(decision)) {
                expect(schedule(cluster, smaller.request, policy, moment.excluded)).toMatchObject({
                  host: smaller.host,
                });
                expect(smaller.hosts).toBeGreaterThan(0);
              }
              nearestHosts(decision, 3);
            }
            expect(stateOf(cluster)).toEqual(before);
            expect(decision.request).toEqual(request);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a VM that waits behind others while there is room is not said to have been placed', async () => {
    // b needs what a holds until 100; c would fit beside a, but comes after b.
    const arrivals = [vm('a', 0, 100, { vcpus: 3 }), vm('b', 1, 5, { vcpus: 4 }), vm('c', 2, 5, { vcpus: 1 })];
    const cloud = { onFull: 'queue', backfill: false, patienceS: 10 } as const;
    const run = runOf([{ vcpus: 4, ramMib: 8192 }], arrivals, { cloud });
    const file = await runFileOf(run, join(temporaryDirectory(), 'run.json'));
    const row = file.decisions.id.indexOf('c');
    const first = decisionCase(file, file.decisions, decides(file), row, 1);
    expect([first.decision.kind, first.isBehindOthers]).toEqual(['placed', true]);
    expect(describeMoment(first, 'completed', 1)).toBe(
      'first-fit at day 0 00:00:02: it was not tried, because others were ahead of it: first come, first served. On its own it would have got host-0.',
    );
  });

  test('every policy is asked', async () => {
    expect(underEachPolicy(await refusal()).map(({ name }) => name)).toEqual(policies.map(({ name }) => name));
  });
});
