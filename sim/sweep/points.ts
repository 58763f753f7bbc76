/** From a plan to its points: options crossed, seeds innermost, each with the digests of its inputs. */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import { hepsVersion, simulatorSha256 } from '../../package-files.ts';
import { readCluster } from '../runs/inputs.ts';
import type { DecisionPlan } from '../runs/run.ts';
import { workloadSha256 } from '../runs/workload.ts';
import { IdlePlanOptions } from './idle-plan-options.ts';
import type { Experiment, LocatedValue, PlanFile } from './plan-file.ts';
import { PlanVocabulary } from './plan-options.ts';
import { type Sweep, type SweepPoint, sweepFormat } from './sweep-file.ts';

const mostPoints = 100_000;

/** A point before its inputs are read. */
interface CrossedPoint {
  readonly experiment: Experiment;
  /** Besides `seeds`. */
  readonly values: ReadonlyMap<string, LocatedValue>;
  readonly seed: number;
}

/**
 * Settles every point of a plan.
 *
 * @param file the plan's; names of files in it start from its folder
 * @param vocabulary the options that it was read with
 * @param codeSha256 digest of the code that will run it
 * @param onIdle told, in a sentence each, of options that do nothing in any run
 * @throws InputError when options do not go together, or an input cannot be read
 */
export async function settleSweep(
  plan: PlanFile,
  file: string,
  vocabulary = new PlanVocabulary(),
  codeSha256 = simulatorSha256(),
  onIdle: (sentence: string) => void = () => {},
): Promise<Sweep> {
  const crossed = plan.experiments.flatMap(crossOptions);
  const named = [...new Set(crossed.flatMap(({ values }) => [...values.keys()]))];
  const digests = new Map<string, Promise<string>>();
  const points: SweepPoint[] = [];
  const idle = new IdlePlanOptions(vocabulary.needs);
  for (const { experiment, values, seed } of crossed) {
    const seeds = experiment.options.get('seeds') ?? [];
    const written = Object.fromEntries([...values].map(([name, { value }]) => [name, value]));
    const decisionPlan = vocabulary.decisionPlan(written, seed, dirname(file), experiment.where);
    const [clusterSha256, workloadDigest] = await digestsOf(decisionPlan, values, digests);
    const located = seeds.length < 2 ? values : new Map([...values, ['seeds', seeds[0]!]]);
    await idle.add(located, vocabulary.situationOf(decisionPlan));
    points.push({
      experiment: experiment.name,
      options: Object.fromEntries(named.map((name) => [name, written[name] ?? vocabulary.defaultOf(name)])),
      plan: decisionPlan,
      clusterSha256,
      workloadSha256: workloadDigest,
      file: runFileOf(decisionPlan, [clusterSha256, workloadDigest, plan.runs, codeSha256]),
    });
  }
  for (const sentence of idle.sentences) onIdle(sentence);
  const isVaried = (name: string): boolean => new Set(points.map(({ options }) => options[name])).size > 1;
  const varied = named.filter((name) => name !== 'policy' && isVaried(name));
  return { format: sweepFormat, heps: hepsVersion(), codeSha256, runs: plan.runs, varied, points };
}

/** Every combination: the option named first changes slowest, then policies, then seeds. */
function crossOptions(experiment: Experiment): CrossedPoint[] {
  const { seeds = [], policy, ...others } = Object.fromEntries(experiment.options);
  const axes = Object.entries(policy === undefined ? others : { ...others, policy });
  const seedValues = seeds.length === 0 || seeds[0]!.value === null ? [1] : seeds.map(({ value }) => Number(value));
  const count = axes.reduce((product, [, values]) => product * values.length, seedValues.length);
  if (count > mostPoints) throw new InputError(experiment.where, `at most ${mostPoints} points`, count);
  let rows: ReadonlyMap<string, LocatedValue>[] = [new Map()];
  for (const [name, values] of axes) {
    rows = rows.flatMap((row) => values.map((value) => new Map([...row, [name, value]])));
  }
  return rows.flatMap((values) => seedValues.map((seed) => ({ experiment, values, seed })));
}

/** Digests of cluster and workload, each input read once. */
async function digestsOf(
  { cluster, workload }: DecisionPlan,
  values: ReadonlyMap<string, LocatedValue>,
  known: Map<string, Promise<string>>,
): Promise<[string, string]> {
  const digest = async (key: string, names: readonly string[], read: () => Promise<string>): Promise<string> => {
    if (!known.has(key)) known.set(key, read());
    try {
      return await known.get(key)!;
    } catch (error) {
      const where = names.map((name) => values.get(name)?.where).find((place) => place !== undefined);
      if (!(error instanceof InputError) || where === undefined) throw error;
      throw InputError.saying(`${where}: ${error.message}`);
    }
  };
  return [
    await digest(`cluster ${cluster}`, ['cluster'], async () => (await readCluster(cluster)).sha256),
    await digest(`workload ${workload.preset} ${workload.trace}`, ['trace', 'workload'], () =>
      workloadSha256(workload),
    ),
  ];
}

/** `runs/hybrid_seed1_0123456789abcdef0123.run.json`. Inputs count by name and content, not by where they lie. */
function runFileOf(plan: DecisionPlan, others: readonly string[]): string {
  const { cluster, workload, policy, policyModule, seed } = plan;
  const { preset, trace } = workload;
  const base = (path: string | null): string | null => (path === null ? null : basename(path));
  const decisive = {
    ...plan,
    cluster: basename(cluster),
    workload: { ...workload, preset: base(preset), trace: base(trace) },
    ...(policyModule === undefined ? {} : { policyModule: { given: policyModule.given, sha256: policyModule.sha256 } }),
  };
  const text = JSON.stringify([decisive, ...others]);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 20);
  return `runs/${policy.replaceAll('/', '-')}_seed${seed}_${digest}.run.json`;
}
