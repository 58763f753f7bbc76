/** How people name a policy: one that comes with heps by its name, one of their own by its file. */
import { policies } from '../core/policies/index.ts';
import type { LoadedPolicy } from './loaded-policy.ts';

/** What stands before the slash in names of policies that come with heps: `fgd`. */
const families = new Set(policies.flatMap(({ name }) => (name.includes('/') ? [name.split('/')[0]!] : [])));

/** Whether this names a policy's file: it ends as modules do, or has a path separator and is not meant as a name such as `fgd/random`. */
export function isPolicyFile(reference: string): boolean {
  if (/\.(?:ts|js|mts|mjs)$/.test(reference)) return true;
  return /[\\/]/.test(reference) && !families.has(reference.split('/')[0]!);
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
