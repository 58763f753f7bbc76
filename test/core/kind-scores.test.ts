/** The parts of the index that keeps scores by kind. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedule } from '../../core/scheduler.ts';
import { ChangeLog } from '../../core/score-index/change-log.ts';
import { KindScoreIndex } from '../../core/score-index/kind-score-index.ts';
import { impossible, ScoredHosts } from '../../core/score-index/scored-hosts.ts';
import { anyHosts, anyRequest, bindTo, clusterOf, policyNamed } from './build.ts';

test('each host that has changed since the last look is found once', () => {
  const step = fc.oneof(fc.record({ changed: fc.nat(4) }), fc.record({ looks: fc.nat(1) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const log = new ChangeLog(5);
      const seen = [0, 0];
      const expected = [new Set<number>(), new Set<number>()];
      for (const each of steps) {
        if ('changed' in each) {
          log.add(each.changed);
          for (const hosts of expected) hosts.add(each.changed);
        } else {
          const found: number[] = [];
          log.since(seen[each.looks]!, (host) => found.push(host));
          expect(found.sort()).toEqual([...expected[each.looks]!].sort());
          seen[each.looks] = log.now;
          expected[each.looks]!.clear();
        }
      }
    }),
  );
});

test('the best host is the first of the highest scores among those with room, after any changes', () => {
  const score = fc.constantFrom(impossible, 0, 1, 2, 3);
  const change = fc.record({
    host: fc.nat(99),
    score,
    room: fc.array(fc.boolean(), { minLength: 100, maxLength: 100 }),
  });
  fc.assert(
    fc.property(
      fc.array(score, { minLength: 100, maxLength: 100 }),
      fc.array(change, { maxLength: 20 }),
      (first, changes) => {
        const scores = [...first];
        const hosts = new ScoredHosts(Float64Array.from(first));
        for (const each of changes) {
          scores[each.host] = each.score;
          hosts.set(each.host, each.score);
          const open = scores.map((value, host) => (each.room[host] ? value : impossible));
          const most = Math.max(...open);
          expect(hosts.best((host) => each.room[host]!)).toBe(most === impossible ? -1 : open.indexOf(most));
        }
      },
    ),
  );
});

test('the least recent kinds are forgotten, and scored again when they come back', () => {
  const policy = policyNamed('fgd/best-fit');
  fc.assert(
    fc.property(
      anyHosts,
      fc.array(anyRequest, { minLength: 20, maxLength: 40 }),
      fc.nat(3),
      (hosts, requests, most) => {
        const cluster = clusterOf(...hosts);
        const index = new KindScoreIndex(cluster, policy, 'by kind', 1 + most);
        for (const request of [...requests, ...requests]) {
          const decision = index.decide(request);
          expect(decision).toEqual(schedule(cluster, request, policy));
          if (decision.kind === 'placed') bindTo(cluster, decision.host, request, decision.cards);
        }
      },
    ),
  );
});
