/** A policy of somebody's own, imported into the page by the name that its server gave it. */
import * as core from '../../core/index.ts';
import { guardedFactory } from '../../core/policies/guarded.ts';
import type { PolicyFactory } from '../../core/policy.ts';
import type { PagePolicy } from '../../core/wire/page-sources.ts';

/** @returns the policy, or why it cannot be had, in one sentence */
export async function importPolicy(policy: PagePolicy): Promise<PolicyFactory | string> {
  // The module heps-vcd, which the policy imports, takes its exports from here.
  Object.assign(globalThis, { hepsVcd: core });
  try {
    const { default: exported } = (await import(/* @vite-ignore */ policy.module)) as { default?: unknown };
    return guardedFactory(exported, policy.file);
  } catch (error) {
    const why = (error as Error).message;
    return `Explanations need a policy that is one file and imports from heps-vcd alone; ${policy.file} could not be loaded into the page: ${why}`;
  }
}
