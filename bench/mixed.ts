/** What a VM costs where nothing repeats: many kinds of host, every request different, some refused; over hosts, by refusals, with figures and by policy. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CostLine, costPlot } from './cost-plot.ts';
import { type Mix, usualMix, writeMixedCluster, writeMixedTrace } from './mixed-trace.ts';
import { median, simulate } from './simulated.ts';

/** Runs of each kind that take turns; odd, so that there is a median. */
const runs = 3;
const clusterSizes = [250, 2500, 25_000, 100_000];
const refusedShares = [0, 0.01, 0.04, 0.1];
/** What is said about 25 000 hosts. */
const policies = ['nova', 'least-card', 'fgd'];
/** Some of them still visit every host, so fewer VMs do. */
const policyVms = 20_000;

/** A cluster is not full before so many VMs a host have come. */
const vmsPerHost = 15;

type Kinds = Readonly<Record<string, readonly string[]>>;

const decisionsOnly = ['--decisions-only'];

/** Medians of CPU time a VM, µs, of each kind, which take turns; an option `--out` goes to a file that is thrown away. */
function costs(directory: string, mix: Mix, kinds: Kinds): Record<string, number> {
  const path = (name: string): string => join(directory, name);
  writeMixedCluster(path('cluster.json'), mix);
  writeMixedTrace(path('trace.csv'), mix);
  const files = ['--cluster', path('cluster.json'), '--trace', path('trace.csv'), '--decisions', path('decisions.csv')];
  const taken = Object.entries(kinds).map(([name, options]) => ({ name, options, costsUs: [] as number[] }));
  for (let run = 0; run < runs; run++) {
    for (const { options, costsUs } of taken) {
      const out = options.includes('--decisions-only') ? [] : ['--out', path('run.json')];
      costsUs.push(simulate([...files, ...out, ...options]).cpuUs / mix.vms);
    }
  }
  return Object.fromEntries(taken.map(({ name, costsUs }) => [name, median(costsUs)]));
}

/** Prints the costs and draws them into bench/cost-by-refused.svg; HEPS_BENCH_VMS and HEPS_BENCH_SEED change the workload. */
export function benchMixed(): void {
  const vms = Number(process.env.HEPS_BENCH_VMS ?? usualMix.vms);
  const mix = { ...usualMix, vms, seed: Number(process.env.HEPS_BENCH_SEED ?? usualMix.seed) };
  const filling = (hosts: number): number => Math.max(vms, vmsPerHost * hosts);
  const directory = mkdtempSync(join(tmpdir(), 'heps-bench-'));
  try {
    const lines: CostLine[] = refusedShares.map((share) => ({
      name: `${100 * share} % refused`,
      points: clusterSizes.map((hosts) => {
        const costUs = costs(
          directory,
          { ...mix, hosts, vms: filling(hosts), refusedShare: share },
          { decisions: decisionsOnly },
        ).decisions!;
        console.log(`${hosts} hosts, ${100 * share} % refused, decisions only: ${costUs.toFixed(2)} µs a VM`);
        return { hosts, costUs };
      }),
    }));
    writeFileSync('bench/cost-by-refused.svg', costPlot(lines));
    for (const hosts of [2500, 100_000]) {
      const kinds = { decisions: decisionsOnly, summary: ['--summary-only'], 'run file': [] };
      const { decisions, ...others } = costs(directory, { ...mix, hosts, vms: filling(hosts) }, kinds);
      for (const [name, costUs] of Object.entries(others))
        console.log(
          `${hosts} hosts, ${name}: ${costUs.toFixed(2)} µs a VM, ${(costUs / decisions!).toFixed(2)} × of decisions alone`,
        );
    }
    const byPolicy: Kinds = Object.fromEntries(policies.map((name) => [name, [...decisionsOnly, '--policy', name]]));
    const ofPolicies = costs(directory, { ...mix, hosts: 25_000, vms: Math.min(vms, policyVms) }, byPolicy);
    for (const [name, costUs] of Object.entries(ofPolicies))
      console.log(
        `25000 hosts, ${name}: ${costUs.toFixed(1)} µs a VM, start of the process and reading of the cluster included`,
      );
  } finally {
    rmSync(directory, { recursive: true });
  }
}
