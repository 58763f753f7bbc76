/** A sweep as a Slurm job array: submits the slices that have missing runs, waits, and submits again what was killed or failed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InputError } from '../../core/input-error.ts';
import { isThere } from '../../files/is-there.ts';
import { writeOutput } from '../../files/output-file.ts';
import { distinctPoints, missingPoints } from './results.ts';
import { hepsCommand, slicesWith } from './slices.ts';
import { submitScript, tasksLeft } from './slurm-commands.ts';
import type { Sweep, SweepPoint } from './sweep-file.ts';
import { startSweepProgress } from './sweep-progress.ts';

export interface SlurmOptions {
  /** Options of sbatch, such as `--partition=long --time=2:00:00`. */
  readonly args: string;
  /** Tasks of the array, at most 1000. */
  readonly tasks: number;
  /** How many times slices without all their results are submitted again. */
  readonly retries: number;
  /** Wait for the results. */
  readonly wait: boolean;
}

/** What came of it: all results are there, a job is under way, or slices ended without results too many times. */
export type SlurmOutcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'under-way'; readonly job: string }
  | { readonly kind: 'failed'; readonly message: string };

/** A shared file system may show another node's files this much later. */
const lateFilesMs = 2_000;

const script = 'slurm/array.sh';
const jobFile = 'slurm/job';

/** The job that an earlier call submitted for this folder, if some of it waits or runs. */
export async function jobUnderWay(folder: string): Promise<string | undefined> {
  const path = join(folder, jobFile);
  if (!isThere(path)) return undefined;
  const job = readFileSync(path, 'utf8').trim();
  return (await tasksLeft(job)) > 0 ? job : undefined;
}

/** Carries out what is missing of a sweep that lies in `folder`. @throws InputError when Slurm does not take it */
export async function runOnSlurm(sweep: Sweep, folder: string, options: SlurmOptions): Promise<SlurmOutcome> {
  const points = distinctPoints(sweep);
  const tasks = Math.min(options.tasks, points.length);
  let job = await jobUnderWay(folder);
  for (let submissions = 0; ; ) {
    if (job !== undefined) {
      if (!options.wait) return { kind: 'under-way', job };
      await waitForJob(job, points, folder);
    }
    let missing = missingPoints(points, sweep, folder);
    if (missing.length > 0 && job !== undefined) {
      await delay(lateFilesMs);
      missing = missingPoints(missing, sweep, folder);
    }
    if (missing.length === 0) return { kind: 'complete' };
    const slices = slicesWith(missing, points, tasks);
    if (submissions > options.retries) {
      return { kind: 'failed', message: failureOf(job!, slices, missing.length, folder) };
    }
    writeOutput(join(folder, script), arrayScript(slices, tasks, options.args));
    job = await submitScript(script, folder);
    writeOutput(join(folder, jobFile), `${job}\n`);
    submissions++;
  }
}

/** Until no task of the job waits or runs. */
async function waitForJob(job: string, points: readonly SweepPoint[], folder: string): Promise<void> {
  const mostFailures = 30;
  let [pauseMs, failures] = [250, 0];
  const progress = startSweepProgress(points.length);
  try {
    for (;;) {
      const left = await tasksLeft(job).catch((error) => {
        if (error instanceof InputError || ++failures > mostFailures) throw error;
        return undefined;
      });
      if (left === 0) return;
      if (left !== undefined) failures = 0;
      const done = points.filter(({ file }) => isThere(join(folder, file))).length;
      progress.update(done / points.length, done);
      await delay(pauseMs);
      pauseMs = Math.min(pauseMs * 1.5, 10_000);
    }
  } finally {
    progress.stop();
  }
}

/** The array's script; it is submitted from the sweep's folder, whose paths it uses. */
export function arrayScript(slices: readonly number[], count: number, args: string): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const [node, cli] = hepsCommand().map(quoted);
  return [
    '#!/bin/bash',
    '# Runs the slices of sweep.json. By hand, from the folder of sweep.json: sbatch slurm/array.sh',
    '#SBATCH --job-name=heps-sweep',
    `#SBATCH --array=${slices.join(',')}`,
    '#SBATCH --output=slurm/%A_%a.log',
    ...(args === '' ? [] : [`#SBATCH ${args}`]),
    // Without `exec` a signal would end the shell and leave the run behind.
    `exec ${node} ${cli} sweep sweep.json --slice "$SLURM_ARRAY_TASK_ID/${count}" --threads "\${SLURM_CPUS_PER_TASK:-1}"`,
    '',
  ].join('\n');
}

/** Says which slices ended without results, and the last words of the first of them. */
function failureOf(job: string, slices: readonly number[], missing: number, folder: string): string {
  const log = join(folder, `slurm/${job}_${slices[0]}.log`);
  const lastLine = isThere(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) : undefined;
  const words = lastLine === undefined || lastLine === '' ? '' : `: ${lastLine}`;
  return `missing runs: ${missing}, of slices ${slices.join(' ')}, which ended without them; see ${log}${words}`;
}
