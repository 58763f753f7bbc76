/** The policy of a plan, wherever the plan is carried out: in a worker thread and on another machine it is loaded there. */
import { InputError } from '../../core/input-error.ts';
import { policyNamed } from '../../core/policies/index.ts';
import type { PolicyFactory } from '../../core/policy.ts';
import type { PolicyModule } from '../../policy-modules/loaded-policy.ts';

/** @throws InputError when the policy's file is not as it was when the plan was made */
export async function factoryOf(policy: string, from: PolicyModule | undefined): Promise<PolicyFactory> {
  if (from === undefined) return policyNamed(policy);
  const { file, given, sha256 } = from;
  const { loadPolicy } = await import('../../policy-modules/load-policy.ts');
  const { factory, module } = await loadPolicy(file, given);
  if (module.sha256 !== sha256) throw InputError.saying(`${given}: changed since the run was planned; start it again`);
  return factory;
}
