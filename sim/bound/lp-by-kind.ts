/** Relaxation for VMs that may wait, or are too many to be told apart: the work of each kind of VM flows, by pools of hosts and buckets of time. */
import { instantS } from '../../core/instant.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import { type GpuWork, mostDelayS } from './gpu-work.ts';
import type { HostPool } from './host-pools.ts';
import { LinearModel } from './linear-model.ts';
import type { BucketModel } from './lp-by-vm.ts';
import { bucketLengthS, bucketWidthS, eachOverlap } from './time-buckets.ts';

const secondsPerHour = 3600;

/** What the VMs of one kind can do, card-hours, whichever of them run and when they start: by bucket. */
interface KindLimits {
  /** In the bucket. */
  readonly within: Float64Array;
  /** From 0 to its end, and from its start to the horizon; undefined where that says no more than `within`. */
  readonly before?: Float64Array;
  readonly after?: Float64Array;
}

/**
 * Maximises the sum of the work W of kind k in pool p and bucket b, card-hours, where for each pool, resource and bucket
 *
 *     Σₖ Wₖₚᵦ / (cards of k · bucket's hours) · part of the resource ≤ 1
 *
 * and for each kind Σₚ Wₖₚᵦ in a bucket, and summed up to and from each bucket, is at most what its VMs can do then.
 *
 * @param mostEntries of the matrix, about; decides how short the buckets are
 * @returns undefined when there are too many kinds
 */
export function relaxationByKind(
  pools: readonly HostPool[],
  work: GpuWork,
  cloud: CloudOptions,
  mostEntries: number,
): BucketModel | undefined {
  const { kinds, horizonS } = work;
  const endS = work.kind.reduce((latest, _, vm) => Math.max(latest, windowOf(work, cloud, vm).untilS), 0);
  const entriesPerBucket = kinds.reduce(
    (sum, _, kind) => sum + pools.reduce((all, { parts }) => all + (parts[kind] ? parts[kind].length + 3 : 0), 4),
    0,
  );
  const bucketS = bucketLengthS(endS, (lengthS) => Math.ceil(endS / lengthS) * entriesPerBucket, mostEntries);
  if (bucketS === undefined) return undefined;
  const buckets = Math.ceil(endS / bucketS);
  const limits = kindLimits(work, cloud, bucketS, buckets);

  const model = new LinearModel();
  /** Of each kind, its columns by bucket. */
  const columns = kinds.map(() => Array.from({ length: buckets }, (): number[] => []));
  for (const { parts } of pools) {
    for (let bucket = 0; bucket < buckets; bucket++) {
      const hours = bucketWidthS(bucket, bucketS, horizonS) / secondsPerHour;
      const taken: { column: number; parts: readonly number[]; cards: number }[] = [];
      for (const [kind, { cards }] of kinds.entries()) {
        const most = limits[kind]!.within[bucket]!;
        if (parts[kind] === undefined || most === 0) continue;
        const column = model.addColumn(1, most);
        columns[kind]![bucket]!.push(column);
        taken.push({ column, parts: parts[kind], cards });
      }
      for (const resource of (taken[0]?.parts ?? []).keys()) {
        const users = taken.filter((each) => each.parts[resource]! > 0);
        model.addCapacity(
          users.map(({ column }) => column),
          users.map((each) => each.parts[resource]! / (each.cards * hours)),
          1,
        );
      }
    }
  }
  for (const [kind, { within, before, after }] of limits.entries()) {
    const byBucket = columns[kind]!;
    for (const [bucket, own] of byBucket.entries()) {
      model.addCapacity(
        own,
        own.map(() => 1),
        within[bucket]!,
      );
    }
    if (before !== undefined) addSums(model, byBucket, before);
    if (after !== undefined) addSums(model, byBucket.toReversed(), after.toReversed());
  }
  return { model, bucketS };
}

/** Holds the sum over the first buckets below `most`, for each number of them; a column keeps the sum so far, so that rows stay short. */
function addSums(model: LinearModel, columns: readonly (readonly number[])[], most: Float64Array): void {
  let sum: number | undefined;
  for (const [bucket, own] of columns.entries()) {
    const next = model.addColumn(0, most[bucket]!);
    const summed = sum === undefined ? own : [...own, sum];
    model.addRow([...summed, next], [...summed.map(() => 1), -1], 0);
    sum = next;
  }
}

/** When the work of a VM that counts can be done, if at all. */
function windowOf({ atS, lifetimeS, horizonS }: GpuWork, cloud: CloudOptions, vm: number) {
  const fromS = instantS(atS[vm]! + cloud.bootS);
  const latestEndS = fromS + mostDelayS(cloud, lifetimeS[vm]!) + lifetimeS[vm]!;
  return { fromS, untilS: Math.max(fromS, Math.min(latestEndS, horizonS)) };
}

function kindLimits(work: GpuWork, cloud: CloudOptions, bucketS: number, buckets: number): KindLimits[] {
  const columnOf = () => new Float64Array(buckets);
  const limits = work.kinds.map(() => ({ within: columnOf(), before: columnOf(), after: columnOf() }));
  const canShift = work.kinds.map(() => false);
  for (const [vm, kind] of work.kind.entries()) {
    const { fromS, untilS } = windowOf(work, cloud, vm);
    const { within, before, after } = limits[kind]!;
    const cardsPerHour = work.kinds[kind]!.cards / secondsPerHour;
    const lifetimeS = work.lifetimeS[vm]!;
    if (untilS - fromS > lifetimeS) canShift[kind] = true;
    eachOverlap(fromS, untilS, bucketS, (bucket, overlapS) => {
      within[bucket]! += cardsPerHour * Math.min(overlapS, lifetimeS);
    });
    for (let bucket = 0; bucket < buckets; bucket++) {
      const soFarS = Math.min((bucket + 1) * bucketS, untilS) - fromS;
      const fromHereS = untilS - Math.max(bucket * bucketS, fromS);
      before[bucket]! += cardsPerHour * Math.max(0, Math.min(soFarS, lifetimeS));
      after[bucket]! += cardsPerHour * Math.max(0, Math.min(fromHereS, lifetimeS));
    }
  }
  return limits.map(({ within, before, after }, kind) => (canShift[kind] ? { within, before, after } : { within }));
}
