/**
 * The decisions of policy `hybrid`, bit for bit, without looking at every host: same host, cards, score, and reasons of a refusal. You never
 * need to open this folder to add a policy; the readable reference is `schedule()`.
 *
 * The idea: what is best depends on few numbers of a host, and in each of them it only rises, or rises to one peak and falls. So hosts are
 * kept in the order of those numbers, and a decision looks where the best must be. Whatever prunes is a bound; what competes is scored by
 * the same function as in the scan wherever rounding could matter. A host that changes is noted, and moved before the next decision that
 * needs it.
 *
 * CPU VMs: `EmptiestHosts`, one for each tier (CPU hosts first, Algorithm 1). The highest LRS, Eq. (1), wins.
 *
 *   `EqualHosts`: hosts of one size, in rows by free vCPUs; each row a heap by free RAM, then host.
 *
 *       free vCPUs   most RAM in the row
 *          14        |  60 GiB  [ h7 h2 ]           The score rises with both. Of a row only the first host counts, and only if it has
 *          13        |  12      [ h9 … ]   ✗        more RAM than every row above: one pass from the top finds the best, and stops at
 *          12        | 248      [ h1 h4 … ]         the row that has the most RAM of all.
 *           …
 *
 *   `UnequalHosts`: sizes that few have, and hosts whose VMs hold fractions of a vCPU. A tree over hosts of similar size; every node knows
 *   the largest free share below it (a bound of the score) and, per number of free vCPUs, the most free RAM (whether anybody has room).
 *
 * GPU VMs: `FittingHosts`. The highest S_card × cosine, Eq. (4), wins. `CardBuckets` keeps the hosts:
 *
 *       bucket: hosts whose cards are in one state, such as an A40 host with three idle
 *
 *       free vCPUs        free RAM →
 *          64        |  126 GiB: h8 h3  |  504 GiB: h1        With the cards fixed, the cosine is a function of free vCPUs and free RAM
 *          48        |   60 GiB: h5                           with one peak. `FitCurves` says where it is and bounds every bucket and row.
 *           …
 *
 *   Cards in descending S_card, then the bucket that promises most. Mostly the peak lies beyond all that is free: then more of both is
 *   better, and one pass from the top row does, as above. Else rows, and hosts in a row, are tried from the peak outwards.
 *
 * When nobody can take a VM, `RejectionCounts` counts the reasons by sums over a grid of free vCPUs and free RAM.
 *
 * Eq. (3) divides by the largest capacities, which never change: by what is free now, every event would change every score.
 */
import type { Vectors } from '../asked-vector.ts';
import type { Cluster } from '../cluster.ts';
import type { Decision } from '../decision.ts';
import { fineGrainedGpu } from '../filters.ts';
import type { Policy, ScoreIndex } from '../policy.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import { schedule } from '../scheduler.ts';
import { defaultLrs } from '../scores.ts';
import { EmptiestHosts } from './emptiest-hosts.ts';
import { FittingHosts } from './fitting-hosts.ts';
import { RejectionCounts } from './rejection-counts.ts';

const noCards: readonly number[] = [];

/** What options of the policy make of its scores or filters that this index does not follow: such decisions are made by the scan. */
export interface Scanned {
  /** GPU VMs. */
  readonly gpu: boolean;
  /** CPU VMs for which no CPU host has room. */
  readonly spill: boolean;
}

export class HybridIndex implements ScoreIndex {
  readonly #cluster: Cluster;
  readonly #policy: Policy;
  readonly #cpuHosts: EmptiestHosts;
  readonly #gpuHosts: EmptiestHosts;
  readonly #fitting: FittingHosts;
  readonly #rejections: RejectionCounts;
  readonly #scanned: Scanned;

  constructor(cluster: Cluster, policy: Policy, vectors: Vectors, scanned: Scanned) {
    this.#scanned = scanned;
    this.#cluster = cluster;
    this.#policy = policy;
    const tier = (isGpuHost: boolean): number[] =>
      cluster.hosts.flatMap((host) => (host.isGpuHost === isGpuHost ? [host.index] : []));
    this.#cpuHosts = new EmptiestHosts(cluster, tier(false));
    this.#gpuHosts = new EmptiestHosts(cluster, tier(true));
    this.#fitting = new FittingHosts(cluster, tier(true), vectors);
    this.#rejections = new RejectionCounts(cluster, fineGrainedGpu);
    const isGpuHost = Uint8Array.from(cluster.hosts, (host) => (host.isGpuHost ? 1 : 0));
    cluster.watch((host) => {
      if (isGpuHost[host] === 0) this.#cpuHosts.changed.add(host);
      else {
        this.#gpuHosts.changed.add(host);
        this.#fitting.changed.add(host);
      }
    });
  }

  decide(request: VmRequest): Decision {
    return isGpuRequest(request) ? this.#decideGpu(request) : this.#decideCpu(request);
  }

  #decideCpu(request: VmRequest): Decision {
    let host = this.#cpuHosts.best(request);
    if (host >= 0) {
      return { kind: 'placed', host, cards: noCards, score: defaultLrs.maxScore + this.#cpuHosts.bestScore };
    }
    if (this.#scanned.spill) return schedule(this.#cluster, request, this.#policy);
    host = this.#gpuHosts.best(request);
    if (host < 0) return this.#noValidHost(request);
    return { kind: 'placed', host, cards: noCards, score: this.#gpuHosts.bestScore };
  }

  #decideGpu(request: VmRequest): Decision {
    if (this.#scanned.gpu) return schedule(this.#cluster, request, this.#policy);
    const host = this.#fitting.best(request);
    if (host < 0) return this.#noValidHost(request);
    const cards =
      this.#fitting.plainCards(host, request.cards) ?? this.#policy.cards(this.#cluster.hosts[host]!, request);
    return { kind: 'placed', host, cards, score: this.#fitting.bestScore };
  }

  #noValidHost(request: VmRequest): Decision {
    return { kind: 'no-valid-host', rejectedBy: this.#rejections.count(request) };
  }
}
