/** Slurm's own commands: submits an array, asks what is left of it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { InputError } from '../../core/input-error.ts';

const execute = promisify(execFile);

interface ExecError {
  readonly code?: number | string;
  readonly stderr?: string;
}

/** Submits a script from a folder. @returns the job's id @throws InputError with what sbatch said, or where there is none */
export async function submitScript(script: string, folder: string): Promise<string> {
  try {
    const { stdout } = await execute('sbatch', ['--parsable', script], { cwd: folder });
    return stdout.trim().split(';')[0]!;
  } catch (error) {
    const { code, stderr = '' } = error as ExecError;
    if (code === 'ENOENT')
      throw new InputError('--runner slurm', 'the command sbatch, which comes with Slurm', undefined);
    throw InputError.saying(`--runner slurm: ${stderr.trim().split('\n').join('; ')}`);
  }
}

/** How many tasks of a job wait or run; 0 once it has ended. @throws Error when Slurm does not say */
export async function tasksLeft(job: string): Promise<number> {
  try {
    const { stdout } = await execute('squeue', ['--noheader', '--array', '--format=%i', `--jobs=${job}`]);
    return stdout.split('\n').filter((line) => line.trim() !== '').length;
  } catch (error) {
    const { code, stderr = '' } = error as ExecError;
    if (code === 'ENOENT')
      throw new InputError('--runner slurm', 'the command squeue, which comes with Slurm', undefined);
    if (/Invalid job id/i.test(stderr)) return 0; // ended, and forgotten some minutes later
    throw new Error(`squeue: ${stderr.trim()}`);
  }
}
