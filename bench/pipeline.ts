/** What a simulated VM costs from the CSV of the workload to the CSV of the decisions, as a user runs it, and how much memory that takes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCluster, writeTrace } from './pipeline-trace.ts';
import { median, type Simulated, simulate } from './simulated.ts';

const hosts = 2500;
/** Runs of each kind that take turns; odd, so that there is a median. */
const runs = 3;
/** VMs of the runs that keep every decision, which take memory for each. */
const recordedVms = 1_000_000;

function spread(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
}

/** Runs each kind in turn and prints medians and spreads; the first kind is the one that others are measured against. */
function compare(vms: number, kinds: Readonly<Record<string, readonly string[]>>): void {
  const names = Object.keys(kinds);
  const usages = names.map((): Simulated[] => []);
  for (let run = 0; run < runs; run++) {
    for (const [index, name] of names.entries()) usages[index]!.push(simulate(kinds[name]!));
  }
  names.forEach((name, index) => {
    const costs = usages[index]!.map(({ cpuUs }) => cpuUs / vms);
    const rssMb = usages[index]!.map((usage) => usage.rssMb);
    const ratios = usages[index]!.map(({ cpuUs }, run) => cpuUs / usages[0]![run]!.cpuUs);
    const ratio = index === 0 ? '' : `, ${median(ratios).toFixed(2)} × (${spread(ratios, 2)}) of the first`;
    console.log(
      `${`${vms / 1e6} million VMs, ${name}:`.padEnd(46)} ${median(costs).toFixed(2)} µs a VM (${spread(costs, 2)}), ` +
        `${median(rssMb).toFixed(0)} MB (${spread(rssMb, 0)})${ratio}`,
    );
  });
}

/**
 * Prints CPU time a VM of the whole process and its peak memory: 2500 hosts near 88 % vCPU use, 100 flavors, 20 % of the VMs with cards.
 *
 * @param vms of the long runs; by default what HEPS_BENCH_VMS says, or 10 million
 */
export function benchPipeline(vms = Number(process.env.HEPS_BENCH_VMS ?? 10_000_000)): void {
  const directory = mkdtempSync(join(tmpdir(), 'heps-bench-'));
  const path = (name: string): string => join(directory, name);
  try {
    writeCluster(path('cluster.json'), hosts);
    writeTrace(path('long.csv'), hosts, vms);
    const long = ['--cluster', path('cluster.json'), '--trace', path('long.csv'), '--decisions', path('decisions.csv')];
    compare(vms, {
      'decisions only': [...long, '--decisions-only'],
      'with figures (--summary-only)': [...long, '--summary-only', '--out', path('run.json')],
    });
    rmSync(path('long.csv'));

    const shortVms = Math.min(vms, recordedVms);
    writeTrace(path('short.csv'), hosts, shortVms);
    const short = [
      '--cluster',
      path('cluster.json'),
      '--trace',
      path('short.csv'),
      '--decisions',
      path('decisions.csv'),
    ];
    compare(shortVms, {
      'decisions only': [...short, '--decisions-only'],
      'with figures (--summary-only)': [...short, '--summary-only', '--out', path('run.json')],
      'with figures and a run file of all decisions': [...short, '--out', path('run.json')],
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
