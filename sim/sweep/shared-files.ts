/** Files that the tasks of a batch system read: what comes through a pipe has been read here, and is nowhere else. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import { isThere } from '../../files/is-there.ts';
import type { Sweep } from './sweep-file.ts';

/**
 * Makes sure that tasks on other computers can read the inputs again.
 *
 * @param plan its file, with which the sweep is called again
 * @throws InputError naming the first that is a pipe or a device
 */
export function refusePipedInputs({ points }: Pick<Sweep, 'points'>, plan: string, runner: string): void {
  const inputs = points.flatMap(({ plan: { cluster, workload, policyModule } }) => [
    cluster,
    workload.trace ?? workload.preset ?? '',
    policyModule?.file ?? '',
  ]);
  for (const path of new Set([plan, ...inputs])) {
    if (!isOfThisProcess(path)) continue;
    throw InputError.saying(
      `${path}: expected a file that the tasks of --runner ${runner} can read too, got a pipe or a device`,
    );
  }
}

/** Names of presets are no files. */
function isOfThisProcess(path: string): boolean {
  if (/^\/(?:dev|proc)\//.test(resolve(path))) return true;
  return isThere(path) && !statSync(path).isFile() && !statSync(path).isDirectory();
}
