/** Warns of options of a function that do nothing with the others. */
import { builtInOptions, policyNamed } from '../../core/policies/index.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import { idleOptions, idleSentences } from '../../idle-options.ts';
import { defaultCloud } from '../cloud/cloud-options.ts';
import type { ChosenPolicy } from './chosen-policy.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { flagOf, type RunSituation, runNeedsWith } from './idle-run-options.ts';
import { asFields, cloudFlags } from './option-names.ts';

/** Options of one run or of several, checked already. */
type RunOptions = ExperimentOptions & {
  readonly seed?: number | undefined;
  readonly seeds?: readonly number[] | undefined;
  readonly untilCi?: unknown;
};

/** @param policies that run; none where nothing is scheduled */
export async function warnOfIdleOptions(
  options: RunOptions,
  experiment: Experiment,
  policies: readonly ChosenPolicy[],
): Promise<void> {
  const warn = options.onWarning ?? ((text: string) => process.emitWarning(text, 'HepsWarning'));
  const factories = policies.map(({ factory }) => factory);
  const { workload, cloud } = experiment.planOf(policies[0] ?? anyPolicy, 1);
  const situation: RunSituation = {
    cluster: options.cluster ?? 'heps-250',
    trace: workload.trace,
    isGenerated: experiment.isGenerated,
    cloud,
    policies: factories,
    policyOptions: options.policyOptions ?? {},
  };
  const idle = await idleOptions(runNeedsWith(factories), unusualFlags(options, cloud), situation);
  for (const sentence of idleSentences(idle)) warn(asFields(sentence));
}

/** A plan has a policy; what arrives does not depend on it. */
export const anyPolicy: ChosenPolicy = { factory: policyNamed('first-fit') };

/** Flags of the options that are not as usual: programs often pass all of them. */
function unusualFlags(
  { policyOptions = {}, times, skipInvalid, seed = 1, seeds = [], untilCi }: RunOptions,
  cloud: CloudOptions,
): string[] {
  const usual: Partial<CloudOptions> = { ...defaultCloud, schedulers: 1 };
  const behaviour = Object.entries(cloud).map(([name, value]) => [name as keyof CloudOptions, value] as const);
  return [
    ...behaviour.filter(([name, value]) => value !== usual[name]).map(([name]) => cloudFlags[name]),
    ...Object.entries(policyOptions)
      .filter(([name, value]) => value !== undefined && value !== builtInOptions[name]?.default)
      .map(([name]) => flagOf(name)),
    ...(times === undefined ? [] : ['--times']),
    ...(skipInvalid ? ['--skip-invalid'] : []),
    ...(seed === 1 ? [] : ['--seed']),
    ...(seeds.length > 1 ? ['--seeds'] : []),
    ...(untilCi === undefined ? [] : ['--until-ci']),
  ];
}
