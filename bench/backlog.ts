/** What backfill costs with a long queue, as a user runs it, against the same workload without backfill. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backlog, metacentrumLike, writeBacklogCluster, writeBacklogTrace } from './backlog-trace.ts';
import { median, simulate } from './simulated.ts';

/** Runs of each that take turns; odd, so that there is a median. */
const runs = 3;

const workloads: Readonly<Record<string, Backlog>> = {
  'batches of equal jobs': { ...metacentrumLike, use: 0.8 },
  'every job different': { ...metacentrumLike, isEachDifferent: true, use: 0.9 },
  'every job different, 30 % for cards': { ...metacentrumLike, isEachDifferent: true, gpuShare: 0.3, use: 0.5 },
};

/** CPU time of a run, s, and how many waited on average. */
function queued(options: readonly string[]): { cpuS: number; waited: number } {
  const { cpuUs, report } = simulate(options);
  return { cpuS: cpuUs / 1e6, waited: Number(/ran and ([\d.]+) waited/.exec(report)?.[1]) };
}

/** Prints CPU time of the whole process with backfill, with patience too, and how many times that of a run without backfill. */
export function benchBacklog(): void {
  const directory = mkdtempSync(join(tmpdir(), 'heps-bench-'));
  const path = (name: string): string => join(directory, name);
  try {
    for (const [name, backlog] of Object.entries(workloads)) {
      writeBacklogCluster(path('cluster.json'), backlog);
      writeBacklogTrace(path('trace.csv'), backlog);
      const files = ['--cluster', path('cluster.json'), '--trace', path('trace.csv'), '--out', path('run.json')];
      const plain = [...files, '--policy', 'best-fit', '--on-full', 'queue', '--summary-only'];
      const kinds: Readonly<Record<string, readonly string[]>> = {
        'without backfill': plain,
        'with backfill': [...plain, '--backfill'],
        'with backfill and patience of 12 h': [...plain, '--backfill', '--patience', '12h'],
      };
      const taken = Object.values(kinds).map((): { cpuS: number; waited: number }[] => []);
      for (let run = 0; run < runs; run++)
        for (const [index, options] of Object.values(kinds).entries()) taken[index]!.push(queued(options));
      for (const [index, kind] of Object.keys(kinds).entries()) {
        const ratio = median(taken[index]!.map(({ cpuS }, run) => cpuS / taken[0]![run]!.cpuS));
        const cpuS = median(taken[index]!.map((each) => each.cpuS));
        console.log(
          `${backlog.jobs} jobs, ${name}, ${kind}: ${cpuS.toFixed(2)} s CPU, ${taken[index]![0]!.waited} waited, ${ratio.toFixed(2)} ×`,
        );
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}
