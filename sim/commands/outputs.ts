/** Names of result files, and what is said about rows left out. */
import { basename, join } from 'node:path';
import type { DecisionPlan } from '../runs/run.ts';

/** `runs/heps-250_heps-30d_hybrid_seed1.run.json`. */
export function defaultRunPath(folder: string, { cluster, workload: plan, policy, seed }: DecisionPlan): string {
  const { preset, trace, days, load } = plan;
  const name = basename(trace ?? preset!).replace(/\.(csv|txt|swf|json)(\.gz)?$/, '');
  const workload = `${name}${days === null ? '' : `-${days}d`}${load === 1 ? '' : `-load${load}`}`;
  const clusterName = basename(cluster).replace(/\.(json|csv)$/, '');
  return join(folder, `${clusterName}_${workload}_${policy.replaceAll('/', '-')}_seed${seed}.run.json`);
}

/** Rows that were left out: how many, and the first of them, on standard error. */
export function listSkipped(skipped: readonly string[]): void {
  if (skipped.length === 0) return;
  const listed = 20;
  console.error(`heps: left out ${skipped.length} wrong rows:`);
  for (const message of skipped.slice(0, listed)) console.error(`  ${message}`);
  if (skipped.length > listed) console.error(`  … and ${skipped.length - listed} more`);
}

/**
 * Names of the run files, and what can be done with them.
 *
 * @param viewed those to look at beside each other, the first six of them are named; none where decisions were left out
 */
export function listFiles(paths: readonly string[], viewed: readonly string[]): string {
  const listed = 12;
  const shown = paths.slice(0, listed).map((path) => `  ${path}`);
  const more = paths.length > listed ? [`  … and ${paths.length - listed} more`] : [];
  const hints = [
    '',
    `Why a VM went where it went:  npx heps explain ${paths[0]} ID`,
    `See it in the browser:        npx heps view ${viewed.slice(0, 6).join(' ')}`,
  ];
  return [paths.length === 1 ? 'run file' : 'run files', ...shown, ...more, ...(viewed.length > 0 ? hints : [])].join(
    '\n',
  );
}
