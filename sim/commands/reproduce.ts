/** `heps reproduce`: published results, reproduced. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Engine } from '../../core/scheduler.ts';
import { OutputFile } from '../../files/output-file.ts';
import { placementsHeader } from '../reproduce/fgd.ts';
import { paperLists } from '../reproduce/openb-data.ts';
import { reportFigures, reportMeaning } from '../reproduce/report.ts';
import { carryOutReproduction, type FgdReproduction, type FgdRun, fgdPolicies } from '../reproduce/reproduce-fgd.ts';
import { executionGroup, outputGroup, policyGroup, workloadGroup } from '../terminal/help-groups.ts';
import { engineOption, policyList, seedList, whole } from '../terminal/options.ts';
import { startProgress } from '../terminal/progress.ts';
import { wrapText } from '../terminal/table.ts';
import { addReproduceTables } from './reproduce-tables.ts';

interface CommandOptions {
  list: readonly string[];
  seeds?: readonly number[];
  policies: readonly string[];
  data?: string;
  order?: string;
  placements?: string;
  curve?: string;
  engine: Engine;
  threads?: number;
  json?: boolean;
}

export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description('reproduce published results, and those of the documentation');
  addReproduceTables(command);
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
    .option('--policies <list>', 'placement policies', policyList, fgdPolicies)
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
    .action(async (options: CommandOptions) => {
      const { list: lists, placements, curve, json = false, data, ...others } = options;
      const placementsFile = placements === undefined ? undefined : new OutputFile(placements);
      let curveFile: OutputFile | undefined;
      try {
        if (curve !== undefined) curveFile = new OutputFile(curve);
        const progress = startProgress(true);
        const reproduced = await carryOutReproduction({
          ...{ lists, data, placements: placements !== undefined },
          ...{ seeds: others.seeds, policies: others.policies, order: others.order },
          ...{ engine: others.engine, threads: others.threads },
          onProgress: (finished, total) =>
            progress.update(finished / total, () => `${finished} of ${total} lists and seeds`),
        }).finally(() => progress.stop());
        if (placementsFile !== undefined) {
          const lines = reproduced.runs[0]!.policies[0]!.placements!;
          placementsFile.write(`${[placementsHeader, ...lines].join('\n')}\n`);
          placementsFile.finish();
        }
        if (curveFile !== undefined) {
          curveFile.write(curveRows(reproduced.runs));
          curveFile.finish();
        }
        if (json) printJson(reproduced);
        else print(reproduced, data === undefined);
        const written = [placements, curve].filter((file) => file !== undefined);
        if (written.length > 0 && !json) console.log(`\nwritten\n  ${written.join('\n  ')}`);
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

const curveHeader = 'list,policy,seed,percent,allocated';

function curveRows(runs: readonly FgdRun[]): string {
  const rows = runs.flatMap(({ list, seed, policies }) =>
    policies.flatMap(({ policy, curve }) =>
      curve.allocated.map((value, percent) => `${list},${policy},${seed},${percent},${value?.toFixed(2) ?? ''}`),
    ),
  );
  return `${[curveHeader, ...rows].join('\n')}\n`;
}

function printJson({ figures, runs }: FgdReproduction): void {
  const shown = runs.map(({ list, seed, order, nodes, cards, arrived, policies }) => {
    const curves = policies.map(({ policy, placed, curve }) => ({ policy, placed, ...curve }));
    return { list, seed, order, nodes, cards, arrived, policies: curves };
  });
  console.log(JSON.stringify({ figures, runs: shown }, null, 2));
}

function print({ figures, runs }: FgdReproduction, isSample: boolean): void {
  const { nodes, cards } = runs[0]!;
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  console.log(`${nodes} nodes with ${cards} cards, arrivals only, seeds ${seeds.join(' ')}\n`);
  if (isSample) {
    const hint =
      'This is a small sample. To compare with the paper, give the whole data with --data; docs/reproduction.md says how.';
    console.log(`${wrapText(hint)}\n`);
  }
  console.log(`${reportFigures(figures)}\n\n${reportMeaning(runs)}`);
}
