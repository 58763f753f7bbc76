/** Policies from files as modules of the page, which decides again in the browser: types stripped, and `heps-vcd` the core that the page has. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import * as core from '../../core/index.ts';
import { InputError } from '../../core/input-error.ts';
import type { RunFile } from '../../core/runs/run-file.ts';
import type { PagePolicy } from '../../core/wire/page-sources.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { stripTypes } from '../../policy-modules/strip-types.ts';
import { policyFileOf } from '../records/policy-of-run.ts';

/** What the page gets for its runs: of each its policy, undefined where that comes with heps or is not there, and the modules by specifier. */
export interface PagePolicies {
  readonly policies: readonly (PagePolicy | undefined)[];
  /** JavaScript by specifier; empty where all policies come with heps. */
  readonly modules: ReadonlyMap<string, string>;
}

/**
 * @param runs with the paths of their files
 * @param given policies; a run whose policy is not among them uses the path that it records, and is shown without explanations where nothing is there
 * @param warn told what is not as it should be
 * @throws InputError when a run's policy cannot be loaded although it is given
 */
export async function pagePoliciesOf(
  runs: readonly { readonly path: string; readonly run: RunFile }[],
  given: readonly LoadedPolicy[],
  warn: (text: string) => void,
): Promise<PagePolicies> {
  const modules = new Map<string, string>();
  const policies: (PagePolicy | undefined)[] = [];
  for (const { path, run } of runs) {
    const { name, module } = run.inputs.policy;
    if (module === undefined) {
      policies.push(undefined);
      continue;
    }
    const own = given.find(({ factory }) => factory.name === name)?.module;
    try {
      const { policy, warning } = (await policyFileOf(run, path, own?.given))!;
      if (warning !== '') warn(warning);
      const specifier = `heps-policy/${policy.module.sha256}`;
      modules.set(specifier, scriptOf(policy.module.file));
      modules.set('heps-vcd', coreScript()).set('heps-vcd/core', coreScript());
      policies.push({ module: specifier, file: policy.module.given });
    } catch (error) {
      if (!(error instanceof InputError) || own !== undefined) throw error;
      warn(error.message);
      policies.push(undefined);
    }
  }
  return { policies, modules };
}

function scriptOf(file: string): string {
  const source = readFileSync(file, 'utf8');
  return extname(file).endsWith('ts') ? stripTypes(source, file) : source;
}

/** A module that exports what the page put into `globalThis.hepsVcd`. */
function coreScript(): string {
  return `export const { ${Object.keys(core).join(', ')} } = globalThis.hepsVcd;\n`;
}
