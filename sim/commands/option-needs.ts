/** What the options of the simulator's commands need to have an effect; those of runs are in `runs/idle-run-options.ts`. */
import type { RunFile } from '../../core/runs/run-file.ts';
import type { Called, OptionNeed } from '../../idle-options.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';

/** By the command's words. */
export const optionNeeds: Readonly<Record<string, readonly OptionNeed<Called>[]>> = {
  sweep: [
    {
      flags: ['--tasks', '--retries'],
      idle: ({ options }) => (options.runner === 'local' ? 'without --runner slurm or htcondor' : undefined),
    },
    {
      flags: ['--slurm-args', '--no-wait'],
      idle: ({ options }) => (options.runner === 'slurm' ? undefined : 'without --runner slurm'),
    },
    {
      flags: ['--threads'],
      idle: ({ options }) =>
        options.runner === 'local'
          ? undefined
          : `with --runner ${options.runner}, whose tasks have threads of their own`,
    },
    {
      flags: ['--measure'],
      idle: ({ options }) => (options.json ? 'with --json, which has every figure' : undefined),
    },
  ],
  explain: [
    { flags: ['--all'], idle: ({ options }) => (options.json ? 'with --json, which has every host' : undefined) },
  ],
  'reproduce fgd': [
    {
      flags: ['--seeds'],
      idle: async ({ options }) => {
        if (options.order === undefined) return undefined;
        // Loaded where it is needed: every command imports this file.
        const { policiesWithLots } = await import('../runs/idle-run-options.ts');
        return policiesWithLots(options.policies).length > 0 ? undefined : 'with --order: no policy draws lots';
      },
    },
  ],
};

/** The same of what only a run file tells: policies given with `--policy`, and the runs that they are for. */
export const runFileNeeds: readonly OptionNeed<{
  readonly runs: readonly Pick<RunFile, 'inputs'>[];
  readonly given: readonly LoadedPolicy[];
}>[] = [
  {
    flags: ['--policy'],
    idle: ({ runs, given }) => {
      const needed = runs
        .filter(({ inputs }) => inputs.policy.module !== undefined)
        .map(({ inputs }) => inputs.policy.name);
      if (needed.length === 0)
        return runs.length === 0 ? 'without run files' : 'here: the policies of the runs come with heps';
      const unused = given.filter(({ factory }) => !needed.includes(factory.name)).map(({ module }) => module.given);
      return unused.length === 0 ? undefined : `for ${unused.join(', ')}: no run is of that policy`;
    },
  },
];
