/** How people name a policy: one that comes with heps by its name, one of their own by its file. */
import { policies } from '../core/policies/index.ts';
import type { LoadedPolicy } from './loaded-policy.ts';

/** Whether this names a policy's file: it has a path separator, or ends as modules do, and is no policy's name. */
export function isPolicyFile(reference: string): boolean {
  if (policies.some(({ name }) => name === reference)) return false;
  return /[\\/]|\.(?:ts|js|mts|mjs)$/.test(reference);
}

/** The files that `--policy FILE` and `--policies A,FILE` name among the words of a command line, each once. */
export function policyFilesIn(words: readonly string[]): string[] {
  const named = words.flatMap((word, index) => {
    const [, flag, attached] = /^(--polic(?:y|ies))(?:=(.*))?$/s.exec(word) ?? [];
    const value = attached ?? words[index + 1];
    if (flag === undefined || value === undefined) return [];
    return flag === '--policies' ? value.split(',') : [value];
  });
  return [...new Set(named.filter(isPolicyFile))];
}

/**
 * Loads policies; what loads them is itself loaded only where there are any.
 *
 * @param folder that relative paths start from. Defaults to the working folder
 * @throws InputError when one cannot be used
 */
export async function policiesFrom(files: readonly string[], folder?: string): Promise<readonly LoadedPolicy[]> {
  if (files.length === 0) return [];
  const { loadPolicies } = await import('./load-policy.ts');
  return loadPolicies(files, folder);
}
