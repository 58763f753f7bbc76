/** Options that several commands share: how they are written, checked and turned into plans. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { instantS } from '../../core/instant.ts';
import { policies } from '../../core/policies/index.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import { type Engine, engines } from '../../core/scheduler.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { isPolicyFile } from '../../policy-modules/policy-reference.ts';
import { defaultCloud } from '../cloud/cloud-options.ts';
import type { From } from '../runs/beginning.ts';
import { planOptionsOf } from '../runs/chosen-policy.ts';
import type { ExperimentOptions } from '../runs/experiment.ts';
import { presetNames } from '../runs/presets.ts';
import type { DecisionPlan } from '../runs/run.ts';
import type { WorkloadPlan } from '../runs/workload.ts';
import { cloudGroup, executionGroup, statisticsGroup, workloadGroup } from './help-groups.ts';
import { loadedPolicy, policyFactory, policyValuesOf } from './policy-options.ts';

/** A whole number of at least `least`. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,15}$/.test(text) || Number(text) < least) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    }
    return Number(text);
  };
}

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('Expected a number above 0.');
  }
  return value;
}

/** A number of at least 0. */
function notNegative(text: string): number {
  return /^0+(\.0*)?$/.test(text) ? 0 : positive(text);
}

const unitsS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86400 };

const isDuration = /^(\d+(?:\.\d+)?)([smhd]?)$/;

/** A duration such as `90`, `90s`, `15m`, `4h` or `2d`, in seconds. */
export function duration(text: string): number {
  const match = isDuration.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected a duration such as 90s, 15m, 4h or 2d.');
  return instantS(Number(match[1]) * unitsS[match[2]!]!);
}

/** `first`, or an instant of a trace such as `115d` or `1700000000`, in seconds. */
function instantOrFirst(text: string): From {
  if (text === 'first') return text;
  if (!isDuration.test(text)) {
    throw new InvalidArgumentError('Expected first, or a time of the trace such as 115d, 36h or 1700000000 (seconds).');
  }
  return duration(text);
}

/** A time in seconds of whole milliseconds, as times of a trace are. */
function seconds(text: string): number {
  const value = notNegative(text);
  if (value !== instantS(value)) throw new InvalidArgumentError('Expected seconds with at most 3 decimals.');
  return value;
}

/** `none`, `auto` or a duration, in seconds. */
function warmUp(text: string): number | 'auto' | 'none' {
  if (text === 'none' || text === 'auto') return text;
  if (!isDuration.test(text)) throw new InvalidArgumentError('Expected none, auto or a duration such as 36h or 5d.');
  return duration(text);
}

const mostSeeds = 10_000;

/** `1..5`, `1,2,7` or `3`. */
export function seedList(text: string): number[] {
  const range = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text);
  if (range !== null && Number(range[2]) - Number(range[1]) >= mostSeeds) {
    throw new InvalidArgumentError(`Expected at most ${mostSeeds} seeds.`);
  }
  const seeds =
    range === null
      ? text.split(',').map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : Number.NaN))
      : Array.from({ length: Number(range[2]) - Number(range[1]) + 1 }, (_, index) => Number(range[1]) + index);
  if (seeds.length === 0 || seeds.some(Number.isNaN) || new Set(seeds).size !== seeds.length) {
    throw new InvalidArgumentError('Expected distinct seeds such as 1..5 or 1,2,7.');
  }
  return seeds;
}

const policyNames = policies.map((policy) => policy.name);

/** `--policy`: a policy by name or by file. */
export function policyOption(): Option {
  return new Option('--policy <name or file>', 'placement policy; a file is one of your own (heps policy new)')
    .choices(policyNames)
    .argParser(policyReference)
    .default('hybrid');
}

function policyReference(text: string): string {
  if (policyNames.includes(text) || isPolicyFile(text)) return text;
  throw new InvalidArgumentError(`Allowed choices are ${policyNames.join(', ')}, or a file such as ./mine.ts.`);
}

/** `hybrid,nova,./mine.ts`. */
export function policyList(text: string): string[] {
  const names = text.split(',');
  const isKnown = (name: string): boolean => policyNames.includes(name) || isPolicyFile(name);
  if (!names.every(isKnown) || new Set(names).size !== names.length) {
    throw new InvalidArgumentError(
      `Expected distinct names from ${policyNames.join(', ')}, or files such as ./mine.ts.`,
    );
  }
  return names;
}

interface WorkloadChoice {
  workload?: string;
  trace?: string;
  from?: From;
  days?: number;
  load?: number;
  times?: 'real' | 'order';
  skipInvalid?: boolean;
}

/** Which VMs arrive. */
export function addWorkloadOptions(command: Command): Command {
  return command
    .optionsGroup(workloadGroup)
    .addOption(
      new Option(
        '--workload <name or file>',
        `generated workload: preset ${presetNames('workloads').join(', ')}, or a file like it (default: heps)`,
      ).conflicts('trace'),
    )
    .option('--trace <file>', 'a trace instead: heps CSV, openb, azure2017 or SWF, recognised by its content')
    .addOption(fromOption())
    .option('--days <n>', 'length in days from there (default: 30 for a generated workload, all of a trace)', whole(1))
    .addOption(
      new Option('--load <x>', 'factor on the arrival rate, generated workloads only (default: 1)')
        .argParser(positive)
        .conflicts('trace'),
    )
    .addOption(
      new Option(
        '--times <how>',
        'openb only: use the recorded times, or only their order (default: real where recorded)',
      ).choices(['real', 'order']),
    )
    .option('--skip-invalid', 'skip invalid rows of a trace, and list them');
}

/** `--from`: where the time of a trace begins. */
export function fromOption(): Option {
  return new Option(
    '--from <time>',
    'where the time of a trace begins, such as 115d: what arrives before is left out, and means, --days and --warm-up count from there (default: its first arrival)',
  ).argParser(instantOrFirst);
}

/** @throws InputError when a generated workload is to begin elsewhere than at 0 */
export function workloadPlanOf(options: WorkloadChoice): WorkloadPlan {
  const { trace = null, from } = options;
  if (trace === null && from !== undefined) {
    throw InputError.saying(
      '--from: expected --trace with it; a generated workload begins at 0 (--warm-up leaves out its start)',
    );
  }
  return {
    preset: trace === null ? (options.workload ?? 'heps') : null,
    trace,
    ...(trace === null ? {} : { from: from ?? 'first' }),
    days: options.days ?? (trace === null ? 30 : null),
    load: options.load ?? 1,
    times: options.times ?? null,
    skipInvalid: options.skipInvalid ?? false,
  };
}

interface CloudBehaviour {
  onFull: CloudOptions['onFull'];
  backfill?: boolean;
  patience?: number;
  bootS: number;
  srmIntervalS: number;
  schedulers: number;
  mtbfH?: number;
  cardMtbfH?: number;
  mttrH: number;
  resubmit?: number;
}

/** The cluster, and how the cloud on it behaves. */
function addCloudOptions(command: Command): Command {
  return command
    .optionsGroup(cloudGroup)
    .option('--cluster <name or file>', 'preset, heps-cluster/1 file, or openb node list', 'heps-250')
    .addOption(
      new Option('--on-full <what>', 'queue or reject a VM that no host can take')
        .choices(['queue', 'reject'])
        .default(defaultCloud.onFull),
    )
    .option('--backfill', 'let later VMs start while an earlier one waits')
    .option('--patience <duration>', 'how long a VM waits before it gives up, such as 4h (default: for ever)', duration)
    .option('--boot-s <s>', 'seconds from binding to start', seconds, defaultCloud.bootS)
    .option('--srm-interval-s <s>', 'seconds between SRM reports; 0: always fresh', seconds, defaultCloud.srmIntervalS)
    .option(
      '--schedulers <n>',
      'schedulers working in parallel, each with its own view of the SRM reports',
      whole(1),
      1,
    )
    .option('--mtbf-h <h>', 'mean hours between failures of a host (default: no failures)', positive)
    .option('--card-mtbf-h <h>', 'mean hours between failures of a card (default: no failures)', positive)
    .option('--mttr-h <h>', 'mean hours until a host or card is repaired', positive, defaultCloud.mttrH)
    .addOption(
      new Option('--resubmit [times]', 'resubmit VMs lost to a failure, up to this many times (default: never)')
        .argParser(whole(1))
        .preset('10'),
    );
}

function cloudOptionsOf(options: CloudBehaviour): CloudOptions {
  return {
    onFull: options.onFull,
    backfill: options.backfill ?? false,
    patienceS: options.patience ?? null,
    bootS: options.bootS,
    srmIntervalS: options.srmIntervalS,
    ...(options.schedulers > 1 ? { schedulers: options.schedulers } : {}),
    mtbfH: options.mtbfH ?? null,
    cardMtbfH: options.cardMtbfH ?? null,
    mttrH: options.mttrH,
    resubmit: options.resubmit ?? 0,
  };
}

/** What decides a run besides policy and seed, as commander reads it. */
export interface RunOptions extends WorkloadChoice, CloudBehaviour {
  cluster: string;
  engine: Engine;
  warmUp?: number | 'auto' | 'none';
}

/** Everything that decides a run besides policy, its options and seed. */
export function addRunOptions(command: Command): Command {
  return addCloudOptions(addWorkloadOptions(command))
    .optionsGroup(statisticsGroup)
    .option(
      '--warm-up <how>',
      'initial period to leave out of the figures, such as 5d; auto: found by MSER-5; none (default)',
      warmUp,
    )
    .optionsGroup(executionGroup)
    .addOption(engineOption());
}

/** `--engine`: how decisions are computed, which changes none of them. */
export function engineOption(): Option {
  return new Option('--engine <way>', 'find the best host with an index where there is one, or always by a full scan')
    .choices(engines)
    .default('auto');
}

/**
 * The run of those options under a policy and a seed.
 *
 * @param policy its name, or its file as it was given
 * @param outside where the policies from files are found
 */
export function decisionPlanOf(
  options: RunOptions,
  policy: string,
  seed: number,
  outside: readonly LoadedPolicy[] = [],
): DecisionPlan {
  const loaded = loadedPolicy(policy, outside);
  const factory = policyFactory(policy, outside);
  return {
    cluster: options.cluster,
    workload: workloadPlanOf(options),
    policy: factory.name,
    ...(loaded === undefined ? {} : { policyModule: loaded.module }),
    policyOptions: planOptionsOf({ factory, module: loaded?.module }, policyValuesOf(options, outside)),
    cloud: cloudOptionsOf(options),
    engine: options.engine,
    seed,
    warmUpS: options.warmUp === 'none' ? undefined : options.warmUp,
  };
}

/** The options of an experiment, as `simulate` and `compare` take them. */
export function experimentOptionsOf(options: RunOptions, outside: readonly LoadedPolicy[]): ExperimentOptions {
  const { cluster, engine, warmUp: asked } = options;
  const { preset, trace, from, days, load, times, skipInvalid } = workloadPlanOf(options);
  const policyOptions = policyValuesOf(options, outside);
  const cloud = cloudOptionsOf(options);
  const warmUpS = asked === 'none' ? undefined : asked;
  return {
    cluster,
    workload: trace === null ? { parameters: preset! } : { trace },
    // Commands have said so of what was typed.
    onWarning: () => {},
    ...{ from, days, load, times: times ?? undefined, skipInvalid, cloud, policyOptions, engine, warmUp: warmUpS },
  };
}
