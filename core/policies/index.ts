/** The list of policies. */
import type { PolicyFactory } from '../policy.ts';
import { bestFit } from './best-fit.ts';
import { dotProduct } from './dot-product.ts';
import { firstFit } from './first-fit.ts';
import { hybrid } from './hybrid.ts';
import { nova } from './nova.ts';
import { random } from './random.ts';
import { worstFit } from './worst-fit.ts';

export const policies: readonly PolicyFactory[] = [hybrid, nova, firstFit, bestFit, worstFit, dotProduct, random];
