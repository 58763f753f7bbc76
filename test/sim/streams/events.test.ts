import { firstValueFrom, lastValueFrom, take, timer, toArray } from 'rxjs';
import { takeUntil } from 'rxjs/operators';
import { expect, test } from 'vitest';
import { InputError } from '../../../core/input-error.ts';
import { firstFit } from '../../../core/policies/first-fit.ts';
import type { Policy, PolicyFactory } from '../../../core/policy.ts';
import { simulate } from '../../../sim/runs/simulate.ts';
import { events$ } from '../../../sim/streams/events.ts';
import { hostSpec } from '../../core/build.ts';
import { vm } from '../build.ts';

const cluster = [hostSpec({ vcpus: 2, ramMib: 4096 }, 0)];
const host = cluster[0]!.name;
/** VMs of one vCPU: a and b fill the host, c waits until a ends. */
const workload = [vm('a', 0, 100), vm('b', 1, 200), vm('c', 2, 10)];
const queue = { cluster, workload, policy: 'first-fit', cloud: { onFull: 'queue' } } as const;

test('a simulation tells each arrival, binding, wait and end, in order', async () => {
  const events = await lastValueFrom(events$(queue).pipe(toArray()));
  expect(events.map(({ kind, atS, ...event }) => [atS, kind, 'vm' in event ? event.vm : ''])).toEqual([
    [0, 'arrived', 'a'],
    [0, 'bound', 'a'],
    [1, 'arrived', 'b'],
    [1, 'bound', 'b'],
    [2, 'arrived', 'c'],
    [2, 'waits', 'c'],
    [100, 'ended', 'a'],
    [100, 'bound', 'c'],
    [110, 'ended', 'c'],
    [201, 'ended', 'b'],
  ]);
  expect(events[1]).toEqual({ kind: 'bound', atS: 0, vm: 'a', host, cards: [], vcpus: 1, ramMib: 1024, from: null });
  expect(events[5]).toMatchObject({ reason: 'vcpus:1' });
  expect(events[6]).toMatchObject({ host, outcome: 'completed', reason: '' });
});

test('it tells as many of each kind as the run file has, failures and SRM reports among them', async () => {
  const options = {
    ...{ cluster: 'heps-test-3', days: 2, load: 0.03, policy: 'hybrid' },
    cloud: { onFull: 'reject', srmIntervalS: 600, mtbfH: 10, cardMtbfH: 20, mttrH: 1, resubmit: 2 },
  } as const;
  const counts: Record<string, number> = {};
  await new Promise<void>((complete, error) => {
    events$(options).subscribe({
      next: ({ kind, ...event }) => {
        const key = 'outcome' in event ? `${kind} ${event.outcome}` : kind;
        counts[key] = (counts[key] ?? 0) + 1;
      },
      complete,
      error,
    });
  });
  const { summary, decisions } = await simulate(options);
  expect(counts.bound).toBe(decisions().host.filter((index) => index >= 0).length);
  const lost = decisions().outcome;
  expect(counts['ended lost']).toBe(lost.rows.filter((row) => lost.texts[row] === 'lost').length);
  expect(counts['ended completed']! + counts['ended lost']!).toBe(counts.bound);
  expect(counts.conflict ?? 0).toBeGreaterThanOrEqual(summary.conflicts);
  expect(counts.arrived).toBe(decisions().id.length);
  expect(counts.srm).toBeGreaterThan(0);
  expect(counts['srm-missed']).toBeGreaterThan(0);
  expect(counts.fault).toBeGreaterThan(0);
});

test('who takes ten events gets ten, and what follows is not simulated', async () => {
  const asked: string[] = [];
  const counting: PolicyFactory = {
    ...firstFit,
    create: (options) => {
      const policy = firstFit.create(options);
      const score: Policy['score'] = (view, request) => {
        asked.push(request.id);
        return policy.score(view, request);
      };
      return { ...policy, score };
    },
  };
  const many = Array.from({ length: 5000 }, (_, index) => vm(`vm-${index}`, index, 0.5));
  const options = { cluster, workload: many, policy: counting, engine: 'scan' } as const;
  expect(await lastValueFrom(events$(options).pipe(take(10), toArray()))).toHaveLength(10);
  await new Promise(setImmediate);
  // Three events each of vm-0 to vm-2; the tenth is the arrival of vm-3, which no policy is asked about any more.
  expect(asked.at(-1)).toBe('vm-2');
});

test('a timer ends a subscription between two batches of arrivals', async () => {
  const many = Array.from({ length: 50_000 }, (_, index) => vm(`vm-${index}`, index, 0.5));
  const events = events$({ cluster, workload: many, policy: 'first-fit' }).pipe(takeUntil(timer(1)), toArray());
  // Batches are of 1000 arrivals, each with three events.
  expect((await lastValueFrom(events)).length).toBeLessThan(100_000);
});

test('each subscriber has a simulation of its own', async () => {
  const shared = events$(queue);
  const [one, other] = await Promise.all([
    lastValueFrom(shared.pipe(toArray())),
    lastValueFrom(shared.pipe(toArray())),
  ]);
  expect(other).toEqual(one);
});

test('a wrong option is an error of the stream, naming it', async () => {
  await expect(firstValueFrom(events$({ days: -1 }))).rejects.toThrow(InputError);
  await expect(firstValueFrom(events$({ policy: 'best' }))).rejects.toThrow('policy: expected one of hybrid');
});
