/** Writes the plan of the phase diagram with its clusters and workloads: `node build/docs/findings/phases/make.js [FOLDER]`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { formatCluster } from '../../../core/cluster-file.ts';
import { writeOutput } from '../../../files/output-file.ts';
import { comparedInPhases } from './phase-results.ts';
import { clusterOfPhase, phaseName, phases, traceOfPhase } from './workload.ts';

const [folder = 'sweeps/findings-phases'] = process.argv.slice(2);
const seeds = [1, 2, 3, 4];

mkdirSync(join(folder, 'inputs'), { recursive: true });
const experiments = phases.map((phase) => {
  const name = phaseName(phase);
  const cluster = `inputs/${name}.json`;
  writeOutput(join(folder, cluster), `${JSON.stringify(formatCluster(clusterOfPhase(phase)), null, 1)}\n`);
  const trace = seeds.map((seed) => {
    const file = `inputs/${name}-${seed}.csv`;
    writeOutput(join(folder, file), traceOfPhase(phase, seed));
    return file;
  });
  return [name, { cluster, trace, 'warm-up': '2d', policy: comparedInPhases }] as const;
});
writeOutput(
  join(folder, 'plan.yaml'),
  stringify({ experiments: Object.fromEntries(experiments) }, { aliasDuplicateObjects: false }),
);
console.log(`${phases.length} phases: ${join(folder, 'plan.yaml')}`);
