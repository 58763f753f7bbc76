/** Slurm's own commands: submits an array, asks what is left of it, cancels what Slurm has given up. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { InputError } from '../../core/input-error.ts';

const execute = promisify(execFile);

interface ExecFailure {
  readonly code?: number | string;
  readonly message: string;
  readonly stderr?: string;
}

/** Slurm's commands retry for a while on their own; one that takes longer counts as lost. */
const longestCommandMs = 180_000;

/** Submits a script from a folder. @returns the job's id @throws InputError with what sbatch said, or where there is none */
export async function submitScript(script: string, folder: string): Promise<string> {
  const { stdout, failure } = await slurm('sbatch', ['--parsable', script], folder);
  if (failure !== undefined) throw InputError.saying(`--runner slurm: ${failure}`);
  return stdout.trim().split(';')[0]!; // `12;cluster` where there are several clusters
}

/** How many tasks of a job wait or run; 0 once it has ended. @throws Error when Slurm does not say */
export async function tasksLeft(job: string): Promise<number> {
  const { stdout, failure } = await slurm('squeue', ['--noheader', '--array', '--format=%i|%r', `--jobs=${job}`]);
  if (failure !== undefined) {
    if (/Invalid job id/i.test(failure)) return 0; // ended, and forgotten some minutes later
    throw new Error(`squeue: ${failure}`);
  }
  const tasks = stdout.split('\n').filter((line) => line.trim() !== '');
  if (tasks.length === 0 || !tasks.every(isGivenUp)) return tasks.length;
  await slurm('scancel', [job]);
  return 0;
}

/** Slurm could not start the task, as after slurmctld lost its state, and waits for an operator to release it. */
function isGivenUp(task: string): boolean {
  return /requeued held|JobHoldMaxRequeue/.test(task);
}

/** What a command printed, and if it failed what it said. @throws InputError where there is no such command */
async function slurm(
  name: string,
  args: readonly string[],
  folder?: string,
): Promise<{ stdout: string; failure?: string }> {
  // A person's own SQUEUE_FORMAT, SQUEUE_STATES and so on would change what is read here.
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('SQUEUE_')));
  try {
    return await execute(name, args, { cwd: folder, env, timeout: longestCommandMs, maxBuffer: 1 << 26 });
  } catch (error) {
    const { code, message, stderr = '' } = error as ExecFailure;
    if (code === 'ENOENT') {
      throw new InputError('--runner slurm', `the command ${name}, which comes with Slurm`, undefined);
    }
    const said = stderr.trim().split('\n').join('; ');
    return { stdout: '', failure: said === '' ? message : said };
  }
}
