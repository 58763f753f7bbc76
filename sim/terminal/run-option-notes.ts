/** Says which options of a command that runs or describes workloads do nothing with the others that were typed. */
import type { Command } from 'commander';
import { sayIdleOptions } from '../../idle-options.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { type RunSituation, runNeedsWith, workloadSituation } from '../runs/idle-run-options.ts';
import type { DecisionPlan } from '../runs/run.ts';
import { decisionPlanOf, type RunOptions } from './options.ts';
import { policyFactory } from './policy-options.ts';

/** Has a command say so before it runs. @param namesIn the policies that its options choose, by name or by file */
export function watchRunOptions<Options extends RunOptions>(
  command: Command,
  outside: readonly LoadedPolicy[],
  namesIn: (options: Options) => readonly string[],
): void {
  command.hook('preAction', async (_, called) => {
    const options = called.opts<Options>();
    const names = namesIn(options);
    const [plan] = names.map((name) => decisionPlanOf(options, name, 1, outside));
    const factories = outside.map(({ factory }) => factory);
    await sayIdleOptions(called, runNeedsWith(factories), situationOf(plan!, names, outside));
  });
}

/** Has a command that reads or generates a workload say so. */
export function watchWorkloadOptions(command: Command): void {
  command.hook('preAction', async (_, called) => {
    const file: unknown = called.processedArgs[0] ?? called.opts().trace;
    await sayIdleOptions(called, runNeedsWith(), workloadSituation(typeof file === 'string' ? file : null));
  });
}

/** What a run's plan says, under these policies. @param names by which `outside` or heps has them */
export function situationOf(
  { cluster, workload, cloud, policyOptions }: DecisionPlan,
  names: readonly string[],
  outside: readonly LoadedPolicy[],
): RunSituation {
  const { trace, preset } = workload;
  const policies = names.map((name) => policyFactory(name, outside));
  return { cluster, trace, isGenerated: preset !== null, cloud, policies, policyOptions };
}
