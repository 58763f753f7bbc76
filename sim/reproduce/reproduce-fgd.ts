/** The experiments of the FGD paper (Weng et al., USENIX ATC 2023), played again: task lists × seeds × policies. */
import { availableParallelism } from 'node:os';
import { aBoolean, anArray, anInteger, aText, noOtherFields, oneOf } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { type Engine, engines } from '../../core/scheduler.ts';
import { type ChosenPolicy, choosePolicies } from '../runs/chosen-policy.ts';
import { inOptionNames } from '../runs/option-names.ts';
import type { Reproduction, ReproductionPlan } from './fgd.ts';
import { sampleFolder } from './openb-data.ts';
import { figuresOf, type PolicyFigures } from './report.ts';
import { reproduceAll } from './reproduce-all.ts';

/** What is played again. */
export interface ReproduceOptions {
  /** Task lists by name, letters and digits. Defaults to `default`. */
  readonly lists?: readonly string[] | undefined;
  /** Defaults to the ten of the paper, 42 to 51; to 42 with `order`. */
  readonly seeds?: readonly number[] | undefined;
  /** Names, or files of your own. Defaults to the six of the paper in the order of its figures, and `hybrid`. */
  readonly policies?: readonly string[] | undefined;
  /** Folder of `openb_node_list_gpu_node.csv` and `openb_pod_list_LIST.csv`. Defaults to a fiftieth of them, which comes with heps. */
  readonly data?: string | undefined;
  /** File of the artifact's own order of arrival and node numbers, for one list and one seed. Defaults to a draw by its rules. */
  readonly order?: string | undefined;
  /** Keep every placement, for one list, seed and policy. Defaults to false. */
  readonly placements?: boolean | undefined;
  /** How the best host is found. Defaults to `auto`. */
  readonly engine?: Engine | undefined;
  /** Lists and seeds at a time. Defaults to one per core. */
  readonly threads?: number | undefined;
  /** Told how many of the lists and seeds are done. */
  readonly onProgress?: ((finished: number, total: number) => void) | undefined;
}

/** One list under one seed. */
export interface FgdRun extends Reproduction {
  /** Task list. */
  readonly list: string;
  /** Its seed. */
  readonly seed: number;
  /** Order file; null = drawn from the seed. */
  readonly order: string | null;
}

/** What came of it. */
export interface FgdReproduction {
  /** Means over the seeds with 95 % intervals, beside the paper's: one entry per list and policy. */
  readonly figures: readonly PolicyFigures[];
  /** By list, then by seed. */
  readonly runs: readonly FgdRun[];
}

/** The six of the paper in the order of its figures, and the hybrid policy. */
export const fgdPolicies: readonly string[] = [
  ...['fgd/random', 'fgd/dot-product', 'gpu-clustering', 'gpu-packing', 'fgd/best-fit', 'fgd'],
  'hybrid',
];

const reproduceOptions = [
  ...['lists', 'seeds', 'policies', 'data', 'order', 'placements', 'engine', 'threads', 'onProgress'],
];

/** Plays every list with every seed under every policy. @throws InputError naming the option, or the file with its line, that is wrong */
export function reproduceFgd(options: ReproduceOptions = {}): Promise<FgdReproduction> {
  return inOptionNames(carryOutReproduction(options));
}

/** The same, but messages name options as the command line does. */
export async function carryOutReproduction(options: ReproduceOptions): Promise<FgdReproduction> {
  noOtherFields({ ...options }, '', reproduceOptions);
  const policies = anArray(options.policies ?? fgdPolicies, 'policies').map((name, index) =>
    aText(name, `policies[${index}]`),
  );
  const plans = plansOf(options, await choosePolicies(policies));
  const threads = anInteger(options.threads ?? availableParallelism(), 'threads', 1);
  const results = await reproduceAll(plans, Math.min(threads, plans.length), (finished) =>
    options.onProgress?.(finished, plans.length),
  );
  const runs = plans.map(({ list, seed, order }, index) => ({ list, seed, order, ...results[index]! }));
  return { figures: figuresOf(plans, results), runs };
}

/** A plan for each list and seed. */
function plansOf(options: ReproduceOptions, chosen: readonly ChosenPolicy[]): ReproductionPlan[] {
  const { lists = ['default'], data = sampleFolder(), order, engine = 'auto' } = options;
  const policies = chosen.map(({ factory }) => factory.name);
  const modules = chosen.flatMap(({ factory, module }) =>
    module === undefined ? [] : [[factory.name, module] as const],
  );
  const policyModules = Object.fromEntries(modules);
  const placements = aBoolean(options.placements ?? false, 'placements');
  const seeds = options.seeds ?? (order === undefined ? Array.from({ length: 10 }, (_, index) => 42 + index) : [42]);
  for (const [name, values] of Object.entries({ lists, seeds, policies })) {
    if (anArray(values, name).length === 0) throw new InputError(name, 'at least one', values);
  }
  for (const list of lists) {
    // A name becomes part of a path.
    if (!/^[a-z0-9]+$/.test(list)) throw new InputError('lists', 'names of letters and digits', list);
  }
  seeds.forEach((seed, index) => {
    anInteger(seed, `seeds[${index}]`);
  });
  oneOf(engine, 'engine', engines);
  const isOne = lists.length === 1 && seeds.length === 1;
  if (order !== undefined && !isOne) {
    const got = `${lists.length} lists, ${seeds.length} seeds`;
    throw new InputError('--order', 'one list and one seed, whose order it is', got);
  }
  if (placements && !(isOne && policies.length === 1)) {
    const got = `${lists.length} lists, ${seeds.length} seeds, ${policies.length} policies`;
    throw new InputError('--placements', 'one list, one seed and one policy (--list, --seeds, --policies)', got);
  }
  return lists.flatMap((list) =>
    seeds.map((seed) => ({ data, list, seed, policies, policyModules, engine, order: order ?? null, placements })),
  );
}
