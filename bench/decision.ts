/** What a VM costs the scheduler, from 250 to 100 000 hosts, against the same algorithm over plain objects. */
import Benchmark from 'benchmark';
import { PlainScheduler } from './plain-scheduler.ts';
import { type Cloud, SteadyState, type SteadyStateOptions, schedulerOn } from './steady-state.ts';

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

/** A VM from its request to its end: decision, binding, release, and the upkeep of whatever the decisions are found by. */
function vmCost(options: SteadyStateOptions): Cost {
  const state = new SteadyState(options);
  return costOf(() => state.step());
}

/** A decision alone, on a cluster that does not change meanwhile. */
function decisionCost(state: SteadyState, cloud: Cloud): Cost {
  return costOf(() => cloud.decide(state.nextRequest()));
}

function print(what: string, { us, spread }: Cost, note = ''): void {
  console.log(`${what.padEnd(64)} ${us.toPrecision(3).padStart(9)} µs  (${spread})${note === '' ? '' : `  ${note}`}`);
}

function times(slow: Cost, fast: Cost): string {
  return `${(slow.us / fast.us).toFixed(0)} × ours`;
}

export function benchDecision(): void {
  const byHosts = new Map<number, Cost>();
  for (const hosts of [250, 2500, 25_000, 100_000]) {
    const state = new SteadyState({ hosts, flavors: 100, sizes: 'alike' });
    const vm = costOf(() => state.step());
    const decision = decisionCost(state, schedulerOn(state.cluster, 'auto'));
    byHosts.set(hosts, vm);
    const refused = `${(100 * state.use).toFixed(0)} % of vCPUs in use, ${(100 * state.refusedShare).toFixed(2)} % refused`;
    print(`${hosts} hosts: a VM: decide, bind, release, upkeep`, vm, refused);
    print(`${hosts} hosts: a decision alone`, decision);
    if (hosts > 25_000) continue;
    const scan = schedulerOn(state.cluster, 'scan');
    const byScan = decisionCost(state, scan);
    print(`${hosts} hosts: a decision by schedule(), the reference`, byScan, times(byScan, decision));
    const plain = new PlainScheduler(state.cluster);
    const plainDecision = decisionCost(state, plain);
    state.continueWith(plain);
    const plainVm = costOf(() => state.step());
    print(`${hosts} hosts: a VM by filter, map, sort over objects`, plainVm, times(plainVm, vm));
    print(
      `${hosts} hosts: a decision by filter, map, sort over objects`,
      plainDecision,
      times(plainDecision, decision),
    );
  }
  console.log(`a VM at 100 000 hosts / at 250: ${(byHosts.get(100_000)!.us / byHosts.get(250)!.us).toFixed(2)}`);

  const few = vmCost({ hosts: 25_000, flavors: 10, sizes: 'alike' });
  const distinct = vmCost({ hosts: 25_000, flavors: Infinity, sizes: 'alike' });
  print('25 000 hosts, a VM of one of 10 flavors', few);
  print('25 000 hosts, a VM, every request different', distinct, `${(distinct.us / few.us).toFixed(2)} ×`);
  const different = vmCost({ hosts: 25_000, flavors: 100, sizes: 'different' });
  const ratio = (different.us / byHosts.get(25_000)!.us).toFixed(1);
  print('25 000 hosts, a VM, every host different', different, `${ratio} × of alike`);

  for (const cards of ['three models', 'shared'] as const) {
    const state = new SteadyState({ hosts: 2500, flavors: 100, sizes: 'different', cards });
    const what = `2 500 hosts of different sizes, ${cards === 'shared' ? 'shared cards' : 'three models in a host'}`;
    print(
      `${what}, a VM`,
      costOf(() => state.step()),
    );
    const decision = decisionCost(state, schedulerOn(state.cluster, 'auto'));
    const byScan = decisionCost(state, schedulerOn(state.cluster, 'scan'));
    print(`${what}, a decision`, decision, `schedule(): ${byScan.us.toPrecision(3)} µs, ${times(byScan, decision)}`);
  }
}
