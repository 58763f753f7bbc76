/** What one decision costs, from 250 to 100 000 hosts, against the same algorithm over plain objects. */
import Benchmark from 'benchmark';
import { hybrid } from '../core/policies/hybrid.ts';
import { defaultPolicyOptions } from '../core/policy.ts';
import { schedule } from '../core/scheduler.ts';
import { plainHosts, scheduleOverObjects } from './plain-scheduler.ts';
import { SteadyState, type SteadyStateOptions } from './steady-state.ts';

/** Microseconds of a call: median of the samples, and how far they spread. */
interface Cost {
  readonly us: number;
  readonly spread: string;
}

function costOf(work: () => unknown, seconds = 2): Cost {
  const bench = new Benchmark(work, { maxTime: seconds }).run();
  const samples = bench.stats.sample.map((sample) => sample * 1e6).sort((a, b) => a - b);
  const us = samples[Math.floor(samples.length / 2)]!;
  return { us, spread: `${samples[0]!.toPrecision(2)} to ${samples.at(-1)!.toPrecision(2)}` };
}

/** A step of the steady state: one decision with its binding, and about one release. */
function stepCost(options: SteadyStateOptions): Cost {
  const state = new SteadyState(options);
  return costOf(() => state.step());
}

function print(what: string, { us, spread }: Cost, note = ''): void {
  console.log(`${what.padEnd(58)} ${us.toPrecision(3).padStart(9)} µs  (${spread})${note === '' ? '' : `  ${note}`}`);
}

export function benchDecision(): void {
  const steps = new Map<number, Cost>();
  for (const hosts of [250, 2500, 25_000, 100_000]) {
    const state = new SteadyState({ hosts, flavors: 100, sizes: 'alike' });
    const step = costOf(() => state.step());
    steps.set(hosts, step);
    print(
      `${hosts} hosts: decide, bind, release`,
      step,
      `${(100 * state.use).toFixed(0)} % of vCPUs in use, ${(100 * state.refusedShare).toFixed(2)} % refused`,
    );
    if (hosts > 25_000) continue;
    const plain = plainHosts(state.cluster);
    const objects = costOf(() => scheduleOverObjects(plain, state.nextRequest()), 4);
    print(
      `${hosts} hosts: decide by filter, map, sort over objects`,
      objects,
      `${(objects.us / step.us).toFixed(0)} ×`,
    );
    const policy = hybrid.create(defaultPolicyOptions);
    const scan = costOf(() => schedule(state.cluster, state.nextRequest(), policy), 4);
    print(`${hosts} hosts: decide by schedule(), the reference`, scan, `${(scan.us / step.us).toFixed(0)} ×`);
  }
  console.log(`cost at 100 000 hosts / at 250: ${(steps.get(100_000)!.us / steps.get(250)!.us).toFixed(2)}`);

  const few = stepCost({ hosts: 25_000, flavors: 10, sizes: 'alike' });
  const distinct = stepCost({ hosts: 25_000, flavors: Infinity, sizes: 'alike' });
  print('25 000 hosts, 10 flavors', few);
  print('25 000 hosts, every request different', distinct, `${(distinct.us / few.us).toFixed(2)} ×`);
  const different = stepCost({ hosts: 25_000, flavors: 100, sizes: 'different' });
  print(
    '25 000 hosts, every host different',
    different,
    `${(different.us / steps.get(25_000)!.us).toFixed(1)} × of alike`,
  );
}
