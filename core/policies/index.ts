/** The list of policies. */
import { InputError } from '../input-error.ts';
import { type PolicyFactory, withDefaults } from '../policy.ts';
import type { PolicyOptionRecord } from '../policy-options.ts';
import { bestFit } from './best-fit.ts';
import { demandAware } from './demand-aware.ts';
import { dotProduct } from './dot-product.ts';
import { fgdBestFit } from './fgd/best-fit.ts';
import { fgdDotProduct } from './fgd/dot-product.ts';
import { fgd } from './fgd/fgd.ts';
import { gpuClustering } from './fgd/gpu-clustering.ts';
import { gpuPacking } from './fgd/gpu-packing.ts';
import { fgdRandom } from './fgd/random.ts';
import { firstFit } from './first-fit.ts';
import { hybrid } from './hybrid.ts';
import { leastCard } from './least-card.ts';
import { nova, novaAliases } from './nova.ts';
import { random } from './random.ts';
import { worstFit } from './worst-fit.ts';

/** The policies that come with heps. */
export const policies: readonly PolicyFactory[] = [
  ...[hybrid, nova, novaAliases, firstFit, bestFit, worstFit, dotProduct, random, leastCard, demandAware],
  ...[fgd, gpuClustering, gpuPacking, fgdBestFit, fgdDotProduct, fgdRandom],
].map(withDefaults);

/** Every option that one of them declares, by name. */
export const builtInOptions: PolicyOptionRecord = Object.assign({}, ...policies.map(({ options }) => options));

/** The policy of that name. @throws InputError naming those there are */
export function policyNamed(name: string): PolicyFactory {
  const found = policies.find((policy) => policy.name === name);
  if (found === undefined) {
    throw new InputError('policy', `one of ${policies.map((policy) => policy.name).join(', ')}`, name);
  }
  return found;
}
