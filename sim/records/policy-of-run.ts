/** The policy of a run that was made by somebody's own: found by the path in the run file, or by the one that is given now. */
import { dirname, resolve } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import type { RunFile } from '../../core/runs/run-file.ts';
import { isThere } from '../../files/is-there.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';

/** A policy of a run, and whether its file is still what it was. */
export interface RunPolicyFile {
  readonly policy: LoadedPolicy;
  /** One line that says that the file has changed since the run; empty where it has not. */
  readonly warning: string;
}

/**
 * The policy that a run needs, from the first of these that is there: `given`; the recorded path, from the working folder; the same from
 * the run file's folder.
 *
 * @param file the run file's path
 * @param given the policy's path; undefined where nobody gives one
 * @returns undefined where the policy comes with heps
 * @throws InputError when the file is not there, or is another policy
 */
export async function policyFileOf(
  { inputs }: Pick<RunFile, 'inputs'>,
  file: string,
  given?: string,
): Promise<RunPolicyFile | undefined> {
  const { name, module } = inputs.policy;
  if (module === undefined) return undefined;
  const { file: recorded, sha256 } = module;
  const path = given ?? [recorded, resolve(dirname(file), recorded)].find(isThere);
  if (path === undefined) {
    throw InputError.saying(
      `${file}: made by policy ${name} of ${recorded}, which is not there; give it with --policy FILE`,
    );
  }
  const { loadPolicy } = await import('../../policy-modules/load-policy.ts');
  const policy = await loadPolicy(path, given ?? recorded);
  if (policy.factory.name !== name) {
    throw new InputError(`${path}, name`, `${name}, the policy of ${file}`, policy.factory.name);
  }
  const hasChanged = policy.module.sha256 !== sha256;
  const warning = hasChanged
    ? `${path} has changed since ${file} was made: what it says now may differ from what was decided`
    : '';
  return { policy, warning };
}
