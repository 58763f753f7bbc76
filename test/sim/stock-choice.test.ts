import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedule } from '../../core/scheduler.ts';
import { StockChoice } from '../../sim/stock-choice.ts';
import { anyHosts, anyRequest, policyNamed } from '../core/build.ts';
import { anyRun, playCloud } from './build.ts';

const anyGpuRequest = anyRequest.map((request) => ({ ...request, cards: Math.max(1, request.cards) }));

test('at any moment of any run it is the host that policy nova would choose', () => {
  const nova = policyNamed('nova');
  const seen = { hosts: new Set<number>(), compared: 0 };
  fc.assert(
    fc.property(
      anyRun,
      fc.array(anyHosts, { maxLength: 4 }),
      fc.array(anyGpuRequest, { minLength: 1, maxLength: 6 }),
      (run, more, requests) => {
        let choice: StockChoice | undefined;
        playCloud({
          ...run,
          hosts: [...run.hosts, ...more.flat()],
          observers: [
            {
              binds(_vm, view) {
                choice ??= new StockChoice(view);
                for (const request of requests) {
                  const decision = schedule(view, request, nova);
                  const host = decision.kind === 'placed' ? decision.host : -1;
                  expect(choice.best(request)).toBe(host);
                  seen.hosts.add(host);
                  seen.compared++;
                }
              },
            },
          ],
        });
      },
    ),
    { numRuns: 300 },
  );
  // Not always the first host, or none.
  expect(seen.hosts.size).toBeGreaterThan(8);
  expect(seen.compared).toBeGreaterThan(3000);
});
