/** A run as a plan that can be sent to a thread, and its execution: inputs opened, simulated, files written. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCluster } from '../core/cluster-file.ts';
import { InputError } from '../core/input-error.ts';
import { policies } from '../core/policies/index.ts';
import type { PolicyFactory, PolicyOptions } from '../core/policy.ts';
import { type CloudOptions, type RunFile, type RunInputs, type RunSummary, runFormat } from '../core/run-file.ts';
import type { Engine } from '../core/scheduler.ts';
import { loadCluster, openWorkload, type WorkloadPlan } from './inputs.ts';
import { OutputFile } from './output-file.ts';
import { packageRoot } from './presets.ts';
import { writeRunFile } from './run-file-io.ts';
import { simulate } from './simulate.ts';

const secondsPerDay = 86400;

/** Everything that decides what a run does and where its results go; plain data. */
export interface RunPlan {
  /** Preset name or file. */
  readonly cluster: string;
  readonly workload: WorkloadPlan;
  readonly policy: string;
  /** The seed is set from `seed`. */
  readonly policyOptions: Omit<PolicyOptions, 'seed'>;
  readonly cloud: CloudOptions;
  /** How the best host is found; decisions and files are the same. */
  readonly engine: Engine;
  /** Of the workload, the failures and the policies that draw lots. */
  readonly seed: number;
  /** Run file to write; null = none. */
  readonly out: string | null;
  /** CSV of decisions to stream; null = none. */
  readonly decisions: string | null;
  /** Leave the decisions out of the run file, so that memory does not grow with the trace. */
  readonly summaryOnly: boolean;
}

export interface RunResult {
  readonly inputs: RunInputs;
  readonly summary: RunSummary;
  /** Messages of the rows left out. */
  readonly skipped: readonly string[];
}

/** Done share of a run in [0, 1], null where only the end will tell; VMs arrived; simulated seconds. */
export type ProgressListener = (share: number | null, arrived: number, nowS: number) => void;

/** The policy of that name. @throws InputError naming those there are */
export function policyNamed(name: string): PolicyFactory {
  const found = policies.find((policy) => policy.name === name);
  if (found === undefined) {
    throw new InputError('policy', `one of ${policies.map((policy) => policy.name).join(', ')}`, name);
  }
  return found;
}

/** Version of this package. */
export function hepsVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** Carries a plan out. Files appear when they are complete, or not at all. @throws InputError */
export async function carryOut(plan: RunPlan, onProgress?: ProgressListener): Promise<RunResult> {
  const factory = policyNamed(plan.policy);
  const cluster = await loadCluster(plan.cluster);
  const workload = await openWorkload(plan.workload, plan.seed);
  const policyOptions: PolicyOptions = { ...plan.policyOptions, seed: plan.seed };
  const { days } = plan.workload;
  const untilS = days === null ? null : days * secondsPerDay;
  let decisionsFile: OutputFile | undefined;
  let runFile: OutputFile | undefined;
  try {
    if (plan.decisions !== null) decisionsFile = new OutputFile(plan.decisions);
    if (plan.out !== null) runFile = new OutputFile(plan.out);
    const result = await simulate(cluster.hosts, workload.arrivals, factory.create(policyOptions), {
      cloud: plan.cloud,
      seed: plan.seed,
      engine: plan.engine,
      untilS,
      record: runFile !== undefined && !plan.summaryOnly,
      decisionsFile,
      onProgress: (arrived, nowS) => {
        const share = workload.count === null ? (untilS === null ? null : nowS / untilS) : arrived / workload.count;
        onProgress?.(share, arrived, nowS);
      },
    });
    const inputs: RunInputs = {
      cluster: { name: cluster.name, sha256: cluster.sha256 },
      workload: {
        name: workload.name,
        sha256: workload.sha256,
        days,
        load: plan.workload.trace === null ? plan.workload.load : null,
        skipped: workload.skipped.length,
      },
      policy: { name: plan.policy, options: policyOptions },
      cloud: plan.cloud,
      seed: plan.seed,
    };
    if (runFile !== undefined) {
      const file: RunFile = {
        format: runFormat,
        heps: hepsVersion(),
        inputs,
        cluster: formatCluster(cluster),
        ...result,
      };
      writeRunFile(runFile, file);
      runFile.finish();
    }
    decisionsFile?.finish();
    return { inputs, summary: result.summary, skipped: workload.skipped };
  } catch (error) {
    runFile?.discard();
    decisionsFile?.discard();
    throw error;
  }
}
