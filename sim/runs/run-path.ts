/** Where the run file of a plan goes unless it is told. */
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { builtInOptions } from '../../core/policies/index.ts';
import { defaultCloud } from '../cloud/cloud-options.ts';
import type { DecisionPlan } from './run.ts';

/**
 * `runs/heps-250_heps-30d_hybrid_seed1.run.json`, with a short digest of what the name does not say and is not as usual, so that a run
 * replaces only one that was the same.
 */
export function runPathOf(folder: string, plan: DecisionPlan, summaryOnly = false): string {
  const { cluster, workload, policy, seed } = plan;
  const { preset, trace, days, load } = workload;
  const name = basename(trace ?? preset ?? 'arrivals').replace(/\.(csv|txt|swf|json)(\.gz)?$/i, '');
  const workloadName = `${name}${days === null ? '' : `-${days}d`}${load === 1 ? '' : `-load${load}`}`;
  const clusterName = basename(cluster).replace(/\.(json|csv)(\.gz)?$/i, '');
  const unsaid = unsaidBy(plan, summaryOnly);
  const digest = unsaid === '{}' ? '' : `_${createHash('sha256').update(unsaid).digest('hex').slice(0, 6)}`;
  return join(folder, `${clusterName}_${workloadName}_${policy.replaceAll('/', '-')}_seed${seed}${digest}.run.json`);
}

/** What decides the file besides what its name says, where it is not as usual, as JSON. */
function unsaidBy(plan: DecisionPlan, summaryOnly: boolean): string {
  const { cluster, workload, policyOptions, policyModule, cloud, warmUpS } = plan;
  const { preset, trace, from, times, skipInvalid } = workload;
  const usual = Object.entries({ ...defaultCloud, schedulers: 1 });
  const unusual = (values: object, usually: Iterable<readonly [string, unknown]>): object | undefined => {
    const known = new Map(usually);
    const entries = Object.entries(values).filter(([name, value]) => value !== known.get(name));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  };
  const files = [cluster, trace ?? preset ?? '', policyModule?.given ?? ''];
  return JSON.stringify({
    files: files.some((path) => dirname(path) !== '.') ? files : undefined,
    policyOptions: unusual(
      policyOptions,
      Object.entries(builtInOptions).map(([name, option]) => [name, option.default]),
    ),
    cloud: unusual(cloud, usual),
    from: from === 'first' ? undefined : from,
    times: times ?? undefined,
    skipInvalid: skipInvalid || undefined,
    warmUpS,
    summaryOnly: summaryOnly || undefined,
  });
}
