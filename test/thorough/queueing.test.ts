/**
 * The whole simulator against queueing theory: VMs of one vCPU on hosts of nothing else are an M/M/c system.
 *
 * Each check compares the mean of independent replications with the formula, by Student's interval. That is 99.9 % and not 95 %
 * wide, since there are 25 checks: with 95 % one of them would be expected to fail by chance whenever the draws change.
 */
import { describe, expect, test } from 'vitest';
import { instantS } from '../../core/instant.ts';
import type { DecisionColumns } from '../../core/runs/run-file.ts';
import { studentQuantile } from '../../core/statistics/estimate.ts';
import type { Arrival } from '../../traces/arrival.ts';
import { exponential, randomStream } from '../../traces/random.ts';
import { hostsOf, type Run, runOf, simulated, vm } from '../sim/build.ts';

const replications = 10;
/** VMs that are left out of each replication's mean: it starts with an empty cloud. */
const warmUp = 2000;
const measured = 10_000;
const meanLifetimeS = 1000;

/** Poisson arrivals of that many Erlang; lifetimes exponential, or all the same. */
function workload(erlang: number, seed: number, lifetimes: 'exponential' | 'fixed' = 'exponential'): Arrival[] {
  const [gaps, lives] = [randomStream(seed, 'gaps'), randomStream(seed, 'lives')];
  let atS = 0;
  return Array.from({ length: warmUp + measured }, (_, index) => {
    atS += exponential(gaps, meanLifetimeS / erlang);
    const lifetimeS = lifetimes === 'fixed' ? meanLifetimeS : exponential(lives, meanLifetimeS);
    // A draw of exactly 0 happens once in 2³²; a VM lives.
    return vm(`vm-${index}`, atS, lifetimeS === 0 ? 1e-6 : lifetimeS);
  });
}

/** A measure of each replication. */
async function replicate<T>(measure: (seed: number) => Promise<T>): Promise<T[]> {
  const values: T[] = [];
  for (let seed = 1; seed <= replications; seed++) values.push(await measure(seed));
  return values;
}

/** Rows of the VMs that come after the warm-up; ids count arrivals. */
function measuredRows({ id }: DecisionColumns): number[] {
  return id.flatMap((each, row) => (Number(each.slice('vm-'.length)) >= warmUp ? [row] : []));
}

/** The 99.9 % confidence interval of the values' mean holds what is expected, and is narrow enough to say something. */
function expectMean(values: readonly number[], expected: number, widest: number): void {
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const halfWidth = studentQuantile(0.9995, values.length - 1) * Math.sqrt(variance / values.length);
  expect(halfWidth / expected).toBeLessThan(widest);
  expect(Math.abs(mean - expected), `${mean} ± ${halfWidth}, expected ${expected}`).toBeLessThan(halfWidth);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Share of arrivals that find all `servers` busy: B(0) = 1, B(c) = a B(c−1) / (c + a B(c−1)) (Erlang 1917). */
function erlangB(servers: number, erlang: number): number {
  let blocked = 1;
  for (let count = 1; count <= servers; count++) blocked = (erlang * blocked) / (count + erlang * blocked);
  return blocked;
}

/** Share of arrivals that wait where nobody is turned away: C = c B / (c − a (1 − B)). */
function erlangC(servers: number, erlang: number): number {
  const blocked = erlangB(servers, erlang);
  return (servers * blocked) / (servers - erlang * (1 - blocked));
}

/** Mean wait of M/M/c, those included who do not wait: C / (c μ − λ). */
function meanWaitS(servers: number, erlang: number): number {
  return (erlangC(servers, erlang) * meanLifetimeS) / (servers - erlang);
}

test('the formulas agree with values worked out by hand', () => {
  // c = 1: B = a / (1 + a), C = a. c = 2, a = 1: B = (½) / (1 + 1 + ½) = 1/5, C = (2/5) / (2 − 4/5) = 1/3.
  expect(erlangB(1, 0.5)).toBeCloseTo(1 / 3, 12);
  expect(erlangC(1, 0.5)).toBeCloseTo(0.5, 12);
  expect(erlangB(2, 1)).toBeCloseTo(1 / 5, 12);
  expect(erlangC(2, 1)).toBeCloseTo(1 / 3, 12);
  // M/M/1 with a = ½: W = a / (μ − λ) = ½ / ½ lifetimes.
  expect(meanWaitS(1, 0.5)).toBeCloseTo(meanLifetimeS, 9);
});

/** Waits of the VMs after the warm-up. */
async function waitsOf(run: Run): Promise<number[]> {
  const { decisions } = await simulated(run);
  return measuredRows(decisions).map((row) => decisions.startS[row]! - decisions.submitS[row]!);
}

/** Hosts by their vCPUs, and the policy: one large host, one vCPU, several hosts. */
const systems = [
  { hosts: [8], policy: 'first-fit', loads: [4, 6.4, 7.2] },
  { hosts: [1], policy: 'hybrid', loads: [0.5, 0.8] },
  { hosts: [4, 4, 4], policy: 'hybrid', loads: [9.6] },
  { hosts: [4, 4, 4], policy: 'random', loads: [9.6] },
  { hosts: [5, 1, 2], policy: 'best-fit', loads: [6.4] },
];
const cases = systems.flatMap(({ hosts, policy, loads }) => loads.map((erlang) => ({ hosts, policy, erlang })));

describe.each(cases)('$policy on hosts of $hosts vCPUs, $erlang Erlang', ({ hosts, policy, erlang }) => {
  const servers = hosts.reduce((sum, vcpus) => sum + vcpus, 0);

  test('refused VMs follow Erlang B', async () => {
    const refused = await replicate(async (seed) => {
      const { decisions } = await simulated(runOf(hostsOf(...hosts), workload(erlang, seed), { policy }));
      return meanOf(measuredRows(decisions).map((row) => (decisions.host[row] === -1 ? 1 : 0)));
    });
    expectMean(refused, erlangB(servers, erlang), 0.15);
  });

  test('waits follow Erlang C: how many wait, and how long all do on average', async () => {
    const waitsS = await replicate((seed) =>
      waitsOf(runOf(hostsOf(...hosts), workload(erlang, seed), { policy, cloud: { onFull: 'queue' } })),
    );
    const shares = waitsS.map((each) => meanOf(each.map((waitS) => (waitS > 0 ? 1 : 0))));
    expectMean(waitsS.map(meanOf), meanWaitS(servers, erlang), 0.4);
    expectMean(shares, erlangC(servers, erlang), 0.2);
  });
});

test('fixed lifetimes wait half as long as exponential ones: M/D/1, Pollaczek and Khinchine', async () => {
  // W = ρ / (2 μ (1 − ρ)) = 0.7 · 1000 / (2 · 0.3)
  const waitsS = await replicate((seed) =>
    waitsOf(runOf(hostsOf(1), workload(0.7, seed, 'fixed'), { cloud: { onFull: 'queue' } })),
  );
  expectMean(waitsS.map(meanOf), 700 / 0.6, 0.15);
});

test("Little's law: mean number waiting is arrival rate times mean wait, of those running rate times lifetime", async () => {
  // Over a window that ends at the last arrival the law is off by the VMs that are there then: some dozens of 20 000.
  const arrivals = workload(7.2, 1);
  const { summary } = await simulated(runOf(hostsOf(8), arrivals, { cloud: { onFull: 'queue' } }));
  const rate = arrivals.length / summary.durationS;
  expect(summary.durationS).toBe(instantS(arrivals.at(-1)!.atS));
  expect(summary.meanWaiting / (rate * summary.all.meanWaitS!)).toBeCloseTo(1, 2);
  const meanLifeS = arrivals.reduce((sum, { lifetimeS }) => sum + lifetimeS, 0) / arrivals.length;
  expect(summary.meanVms / (rate * meanLifeS)).toBeCloseTo(1, 2);
  expect(summary.vcpuShare).toBeCloseTo(summary.meanVms / 8, 10);
});
