/** Bounds of GPU work: against every assignment on tiny instances, against each other, and against what policies reach. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cluster } from '../../../core/cluster.ts';
import { modelSuits } from '../../../core/card-fit.ts';
import { policies } from '../../../core/policies/index.ts';
import type { CloudOptions } from '../../../core/runs/run-file.ts';
import { type Bound, type BoundLimits, boundOf, defaultBoundLimits } from '../../../sim/bound/bound.ts';
import { readGpuWork } from '../../../sim/bound/gpu-work.ts';
import { inBatches } from '../../../sim/inputs.ts';
import { defaultCloud } from '../../../sim/simulate.ts';
import type { Arrival } from '../../../traces/arrival.ts';
import { anyHosts, anyRequest, card, type HostSize, hostSpec, large, small } from '../../core/build.ts';
import { anyArrivals, anyCloud, anyRun, runOf, simulated, vm } from '../build.ts';
