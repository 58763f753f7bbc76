/** Relaxation for VMs that start as they arrive: each is accepted in part, by pools of hosts, and use is averaged over buckets of time. */
import { type AcceptableVm, acceptableVms, type GpuWork } from './gpu-work.ts';
import type { HostPool } from './host-pools.ts';
import { LinearModel } from './linear-model.ts';
import { bucketLengthS, bucketWidthS, eachOverlap } from './time-buckets.ts';

/** A relaxation, and the length of its buckets. */
export interface BucketModel {
  readonly model: LinearModel;
  readonly bucketS: number;
}

/**
 * Maximises Σ xᵥₚ · card-hours, where Σₚ xᵥₚ ≤ 1 for each VM v, and for each pool p, resource and bucket
 *
 *     Σᵥ xᵥₚ · part of the resource · part of the bucket that v is there ≤ 1
 *
 * @param mostEntries of the matrix, about; decides how short the buckets are
 * @returns undefined when there are too many VMs
 */
export function relaxationByVm(
  pools: readonly HostPool[],
  work: GpuWork,
  bootS: number,
  mostEntries: number,
): BucketModel | undefined {
  const vms = acceptableVms(work, bootS);
  /** Where a VM ends its use that matters: beyond the horizon nobody arrives. */
  const endS = (vm: AcceptableVm): number => Math.min(vm.untilS, work.horizonS);
  const rowsPerBucket = work.kinds.map((_, kind) =>
    pools.reduce((sum, { parts }) => sum + (parts[kind]?.length ?? 0), 0),
  );
  const lastS = vms.reduce((latest, vm) => Math.max(latest, endS(vm)), 0);
  const bucketS = bucketLengthS(
    lastS,
    (lengthS) => {
      const buckets = (vm: AcceptableVm) => Math.ceil(endS(vm) / lengthS) - Math.floor(vm.fromS / lengthS);
      return vms.reduce((sum, vm) => sum + buckets(vm) * rowsPerBucket[vm.kind]!, 0);
    },
    mostEntries,
  );
  if (bucketS === undefined) return undefined;

  const model = new LinearModel();
  const capacities = pools.map(() => new Map<number, { columns: number[]; parts: number[] }[]>());
  for (const vm of vms) {
    const columns: number[] = [];
    for (const [index, { parts }] of pools.entries()) {
      const taken = parts[vm.kind];
      if (taken === undefined) continue;
      const column = model.addColumn(vm.cardHours, 1);
      columns.push(column);
      eachOverlap(vm.fromS, endS(vm), bucketS, (bucket, overlapS) => {
        let rows = capacities[index]!.get(bucket);
        if (rows === undefined) {
          rows = taken.map(() => ({ columns: [], parts: [] }));
          capacities[index]!.set(bucket, rows);
        }
        for (const [resource, part] of taken.entries()) {
          if (part === 0) continue;
          rows[resource]!.columns.push(column);
          rows[resource]!.parts.push((part * overlapS) / bucketWidthS(bucket, bucketS, work.horizonS));
        }
      });
    }
    model.addCapacity(
      columns,
      columns.map(() => 1),
      1,
    );
  }
  for (const rowsOf of capacities) {
    for (const rows of rowsOf.values()) for (const { columns, parts } of rows) model.addCapacity(columns, parts, 1);
  }
  return { model, bucketS };
}
