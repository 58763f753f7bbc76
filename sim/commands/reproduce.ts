/** `heps reproduce`: published results, reproduced. */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { InputError } from '../../core/input-error.ts';

import { OutputFile } from '../../files/output-file.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { placementsHeader, type Reproduction, type ReproductionPlan } from '../reproduce/fgd.ts';
import { paperLists, sampleFolder } from '../reproduce/openb-data.ts';
import { figuresOf, reportFigures, reportMeaning } from '../reproduce/report.ts';
import { reproduceAll } from '../reproduce/reproduce-all.ts';
import { executionGroup, outputGroup, policyGroup, workloadGroup } from '../terminal/help-groups.ts';
import { engineOption, policyList, policyNamesOf, seedList, whole } from '../terminal/options.ts';
import { startProgress } from '../terminal/progress.ts';
import { wrapText } from '../terminal/table.ts';

/** The six of the paper in the order of its figures, and the hybrid policy. */
const defaultPolicies = [
  ...['fgd/random', 'fgd/dot-product', 'gpu-clustering', 'gpu-packing', 'fgd/best-fit', 'fgd'],
  'hybrid',
];

/** @param outside policies from files that the command line names */
export function addReproduce(program: Command, outside: readonly LoadedPolicy[]): void {
  const command = program.command('reproduce').description('reproduce published results');
  command
    .command('fgd')
    .description('GPU allocation under Fragmentation Gradient Descent and its rivals (Weng et al., USENIX ATC 2023)')
    .optionsGroup(workloadGroup)
    .option('--list <lists>', `task lists: all, or some of ${paperLists.join(',')}`, listNames, ['default'])
    .option(
      '--seeds <list>',
      'random seeds, such as 42..51 or 42 (default: the ten of the paper, 42..51; 42 with --order)',
      seedList,
    )
    .option(
      '--data <folder>',
      'folder with openb_node_list_gpu_node.csv and openb_pod_list_LIST.csv (default: a fiftieth of them, which comes with heps)',
    )
    .option('--order <file>', "the artifact's own order of arrival and node numbers, for one list and one seed")
    .optionsGroup(policyGroup)
    .option('--policies <list>', 'placement policies', policyList, defaultPolicies)
    .optionsGroup(executionGroup)
    .addOption(engineOption())
    .option('--threads <n>', 'lists and seeds at a time (default: one per core)', whole(1))
    .optionsGroup(outputGroup)
    .option('--placements <file>', `CSV of every placement, ${placementsHeader}; for one list, seed and policy`)
    .option('--curve <file>', `CSV of the allocation curves, ${curveHeader}`)
    .option('--json', 'print figures and curves as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  heps reproduce fgd --data kubernetes-scheduler-simulator/data/csv --list default --seeds 42..51 --curve curve.csv',
    )
    .action(async (options) => {
      const plans = plansOf(options, outside);
      const { placements, curve } = options as { placements?: string; curve?: string };
      const placementsFile = placements === undefined ? undefined : new OutputFile(placements);
      let curveFile: OutputFile | undefined;
      try {
        if (curve !== undefined) curveFile = new OutputFile(curve);
        const threads = Math.min(options.threads ?? availableParallelism(), plans.length);
        const progress = startProgress(true);
        const results = await reproduceAll(plans, threads, (finished) =>
          progress.update(finished / plans.length, () => `${finished} of ${plans.length} lists and seeds`),
        ).finally(() => progress.stop());
        if (placementsFile !== undefined) {
          placementsFile.write(`${[placementsHeader, ...results[0]!.policies[0]!.placements!].join('\n')}\n`);
          placementsFile.finish();
        }
        if (curveFile !== undefined) {
          curveFile.write(curveRows(plans, results));
          curveFile.finish();
        }
        print(plans, results, { isSample: options.data === undefined, isJson: options.json ?? false });
        const written = [placements, curve].filter((file) => file !== undefined);
        if (written.length > 0 && options.json !== true) console.log(`\nwritten\n  ${written.join('\n  ')}`);
      } catch (error) {
        placementsFile?.discard();
        curveFile?.discard();
        throw error;
      }
    });
}

/** `default`, `default,cpu050`, or `all`. */
function listNames(text: string): string[] {
  if (text === 'all') return [...paperLists];
  const names = text.split(',');
  // A name becomes part of a path.
  if (names.some((name) => !/^[a-z0-9]+$/.test(name)) || new Set(names).size !== names.length) {
    throw new InvalidArgumentError(`Expected all, or distinct names from ${paperLists.join(', ')}.`);
  }
  return names;
}

interface ReproduceOptions {
  readonly list: readonly string[];
  readonly seeds?: readonly number[];
  readonly policies: readonly string[];
  readonly data?: string;
  readonly order?: string;
  readonly placements?: string;
  readonly engine: ReproductionPlan['engine'];
}

/** A plan for each list and seed. */
function plansOf(options: ReproduceOptions, outside: readonly LoadedPolicy[]): ReproductionPlan[] {
  const { list: lists, data, order, placements, engine } = options;
  const policies = policyNamesOf(options.policies, outside);
  const policyModules = Object.fromEntries(outside.map(({ factory, module }) => [factory.name, module]));
  const seeds = options.seeds ?? (order === undefined ? Array.from({ length: 10 }, (_, index) => 42 + index) : [42]);
  const isOne = lists.length === 1 && seeds.length === 1;
  if (order !== undefined && !isOne) {
    throw new InputError(
      '--order',
      'one list and one seed, whose order it is',
      `${lists.length} lists, ${seeds.length} seeds`,
    );
  }
  if (placements !== undefined && !(isOne && policies.length === 1)) {
    const got = `${lists.length} lists, ${seeds.length} seeds, ${policies.length} policies`;
    throw new InputError('--placements', 'one list, one seed and one policy (--list, --seeds, --policies)', got);
  }
  return lists.flatMap((list) =>
    seeds.map((seed) => ({
      ...{ data: data ?? sampleFolder(), list, seed, policies, policyModules, engine },
      order: order ?? null,
      placements: placements !== undefined,
    })),
  );
}

const curveHeader = 'list,policy,seed,percent,allocated';

function curveRows(plans: readonly ReproductionPlan[], results: readonly Reproduction[]): string {
  const rows = results.flatMap(({ policies }, index) => {
    const { list, seed } = plans[index]!;
    return policies.flatMap(({ policy, curve }) =>
      curve.allocated.map((value, percent) => `${list},${policy},${seed},${percent},${value?.toFixed(2) ?? ''}`),
    );
  });
  return `${[curveHeader, ...rows].join('\n')}\n`;
}

function print(
  plans: readonly ReproductionPlan[],
  results: readonly Reproduction[],
  { isSample, isJson }: { isSample: boolean; isJson: boolean },
): void {
  const figures = figuresOf(plans, results);
  if (isJson) {
    const runs = plans.map(({ list, seed, order }, index) => {
      const { nodes, cards, arrived, policies } = results[index]!;
      const curves = policies.map(({ policy, placed, curve }) => ({ policy, placed, ...curve }));
      return { list, seed, order, nodes, cards, arrived, policies: curves };
    });
    console.log(JSON.stringify({ figures, runs }, null, 2));
    return;
  }
  const { nodes, cards } = results[0]!;
  const seeds = [...new Set(plans.map(({ seed }) => seed))];
  console.log(`${nodes} nodes with ${cards} cards, arrivals only, seeds ${seeds.join(' ')}\n`);
  if (isSample) {
    const hint =
      'This is a small sample. To compare with the paper, give the whole data with --data; docs/reproduction.md says how.';
    console.log(`${wrapText(hint)}\n`);
  }
  console.log(`${reportFigures(figures)}\n\n${reportMeaning(plans)}`);
}
