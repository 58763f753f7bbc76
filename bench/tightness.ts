/**
 * Whether policies choose tight hosts for GPU VMs: the paper says of its similarity that it prefers nodes with the least remaining resources
 * (section 3.5.2). Of the hosts that offer the same card model as the chosen one, 0 is the one with least left afterwards, 1 the one with most.
 */
import { servingInGroup } from '../core/card-fit.ts';
import type { HostView } from '../core/cluster.ts';
import { leftoverShare } from '../core/policies/best-fit.ts';
import { policyNamed } from '../core/policies/index.ts';
import { createPolicy, type Policy } from '../core/policy.ts';
import type { PolicyOptions } from '../core/policy-options.ts';
import { isGpuRequest } from '../core/request.ts';
import { estimate } from '../core/statistics/estimate.ts';
import { defaultCloud } from '../sim/cloud/cloud-options.ts';
import { readCluster } from '../sim/runs/inputs.ts';
import { measure } from '../sim/runs/play.ts';
import { openWorkload } from '../sim/runs/workload.ts';

const cases: readonly { readonly name: string; readonly options?: Partial<PolicyOptions> }[] = [
  { name: 'hybrid' },
  { name: 'hybrid', options: { unasked: 'dropped' } },
  { name: 'hybrid', options: { unasked: 'least' } },
  { name: 'hybrid', options: { freeCards: 'node' } },
  { name: 'hybrid', options: { similarity: 'raw' } },
  { name: 'hybrid', options: { gpuScore: 'similarity' } },
  { name: 'hybrid', options: { gpuScore: 'similarity', similarity: 'raw' } },
  { name: 'least-card' },
  { name: 'best-fit' },
  { name: 'worst-fit' },
  { name: 'random' },
];
const seeds = [1, 2, 3, 4, 5];
const days = 30;

/** Sums over decisions that had a choice. */
class Tightness {
  decisions = 0;
  positions = 0;
  tightest = 0;

  /** The policy, watched: the scan calls `prepare` with the candidates and then `cards` with the chosen host. */
  watched(policy: Policy): Policy {
    let candidates: readonly HostView[] = [];
    const { index: _, ...scanned } = policy;
    return {
      ...scanned,
      prepare(request, hosts) {
        candidates = hosts;
        policy.prepare?.(request, hosts);
      },
      cards: (host, request) => {
        const cards = policy.cards(host, request);
        const { model } = host.specs.cards[cards[0]!]!;
        const left = candidates
          .filter((each) =>
            each.cardGroups.some(
              (group) => group.model.name === model && servingInGroup(each, group, request).length >= request.cards,
            ),
          )
          .map((each) => leftoverShare(each, request));
        const [least, most] = [Math.min(...left), Math.max(...left)];
        if (isGpuRequest(request) && most > least) this.#add((leftoverShare(host, request) - least) / (most - least));
        return cards;
      },
    };
  }

  #add(position: number): void {
    this.decisions++;
    this.positions += position;
    if (position === 0) this.tightest++;
  }
}

export async function benchTightness(): Promise<void> {
  console.log(
    `tightness: heps-250, workload heps, ${days} days, load 1, refusing; means over seeds ${seeds.join(' ')} ± 95 %`,
  );
  const { hosts } = await readCluster('heps-250');
  const workload = { preset: 'heps', trace: null, days, load: 1, times: null, skipInvalid: false } as const;
  for (const { name, options } of cases) {
    const all: Tightness[] = [];
    for (const seed of seeds) {
      const tightness = new Tightness();
      const policy = tightness.watched(createPolicy(policyNamed(name), { ...options, seed }));
      const { arrivals } = await openWorkload(workload, seed, false);
      await measure(hosts, arrivals, policy, { cloud: defaultCloud, seed, untilS: days * 86400, record: false });
      all.push(tightness);
    }
    const told = [name, ...Object.values(options ?? {})].join(' ');
    const mean = (of: (each: Tightness) => number): string => {
      const { mean: value, halfWidth } = estimate(all.map((each) => of(each) / each.decisions));
      return `${value.toFixed(3)} ± ${halfWidth!.toFixed(3)}`;
    };
    console.log(
      `${told.padEnd(24)} position ${mean((each) => each.positions)}, tightest ${mean((each) => each.tightest)}`,
    );
  }
  console.log();
}
