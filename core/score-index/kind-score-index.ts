/**
 * The decisions of a policy with the fine-grained filters whose score of a host depends on the host's vCPUs and cards and on what the
 * request asks of these: scores are kept per kind of request, and recomputed for hosts that have changed since that kind last came.
 * Which hosts are up and have the RAM and disk is checked for every request.
 */
import { serves } from '../card-fit.ts';
import type { Cluster } from '../cluster.ts';
import type { Decision } from '../decision.ts';
import { fineGrainedGpu } from '../filters.ts';
import type { Policy, ScoreIndex } from '../policy.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import { ChangeLog } from './change-log.ts';
import { IdleHosts } from './idle-hosts.ts';
import { RejectionCounts } from './rejection-counts.ts';
import { impossible, ScoredHosts } from './scored-hosts.ts';

const noCards: readonly number[] = [];

/** Scores that are kept in all, over kinds and hosts, unless said otherwise: 32 MB. The kinds that came least recently are forgotten. */
const mostScores = 4_000_000;
const leastKinds = 16;

interface KindScores {
  readonly scored: ScoredHosts;
  /** Changes of hosts that it knows of. */
  seen: number;
}

export class KindScoreIndex implements ScoreIndex {
  readonly #cluster: Cluster;
  readonly #policy: Policy;
  readonly #isByRequest: boolean;
  readonly #idle: IdleHosts;
  readonly #changes: ChangeLog;
  /** In the order in which they came last. */
  readonly #kinds = new Map<string, KindScores>();
  readonly #mostKinds: number;
  readonly #rejections: RejectionCounts;

  /**
   * @param policy without tiers and `prepare`
   * @param scoring `by request`: the score is another for every request, as a lot is, and only who can serve is kept
   * @param mostKinds kinds whose scores are kept
   */
  constructor(
    cluster: Cluster,
    policy: Policy,
    scoring: 'by kind' | 'by request' = 'by kind',
    mostKinds = Math.max(leastKinds, Math.floor(mostScores / Math.max(cluster.hosts.length, 1))),
  ) {
    this.#cluster = cluster;
    this.#policy = policy;
    this.#isByRequest = scoring === 'by request';
    this.#idle = new IdleHosts(cluster);
    this.#changes = new ChangeLog(cluster.hosts.length);
    this.#mostKinds = mostKinds;
    this.#rejections = new RejectionCounts(cluster, fineGrainedGpu);
    cluster.watch((host) => this.#changes.add(host));
  }

  decide(request: VmRequest): Decision {
    const { hosts, up, ramFreeMib, diskFreeGib } = this.#cluster;
    const { ramMib, diskGib } = request;
    const scored = this.#isByRequest ? this.#scoredAnew(request) : this.#scoredFor(request);
    const host = scored.best((each) => up[each] === 1 && ramFreeMib[each]! >= ramMib && diskFreeGib[each]! >= diskGib);
    if (host < 0) return { kind: 'no-valid-host', rejectedBy: this.#rejections.count(request) };
    const cards = isGpuRequest(request) ? this.#policy.cards(hosts[host]!, request) : noCards;
    return { kind: 'placed', host, cards, score: scored.scores[host]! };
  }

  /** The request's own scores of the hosts that can serve its kind. */
  #scoredAnew(request: VmRequest): ScoredHosts {
    const { hosts } = this.#cluster;
    const { scores } = this.#scoredFor(request);
    return new ScoredHosts(
      scores.map((score, host) => (score === impossible ? impossible : this.#policy.score(hosts[host]!, request))),
    );
  }

  /** Scores of the request's kind, up to date. */
  #scoredFor(request: VmRequest): ScoredHosts {
    const { vcpus, cards, cardMemoryMib, cardCores, cardModels } = request;
    const key = cards === 0 ? `${vcpus}` : `${vcpus} ${cards} ${cardMemoryMib} ${cardCores} ${cardModels.join('|')}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      if (this.#kinds.size >= this.#mostKinds) this.#kinds.delete(this.#kinds.keys().next().value!);
      kind = { scored: new ScoredHosts(this.#allScores(request)), seen: this.#changes.now };
    } else {
      this.#kinds.delete(key);
      const { scored, seen } = kind;
      this.#changes.since(seen, (host) => scored.set(host, this.#scoreOf(host, request)));
      kind.seen = this.#changes.now;
    }
    this.#kinds.set(key, kind);
    return kind.scored;
  }

  #allScores(request: VmRequest): Float64Array {
    const scores = new Float64Array(this.#cluster.hosts.length);
    /** By size, of idle hosts. */
    const known = new Map<number, number>();
    for (let host = 0; host < scores.length; host++) {
      const size = this.#idle.sizeOf(host);
      const score = known.get(size) ?? this.#scoreOf(host, request);
      if (size >= 0) known.set(size, score);
      scores[host] = score;
    }
    return scores;
  }

  /** The score of a host, `impossible` when it lacks the vCPUs or the cards. */
  #scoreOf(host: number, request: VmRequest): number {
    const cluster = this.#cluster;
    if (cluster.vcpusFree[host]! < request.vcpus || !this.#hasCards(host, request)) return impossible;
    if (this.#isByRequest) return 0;
    const score = this.#policy.score(cluster.hosts[host]!, request);
    if (Number.isNaN(score)) {
      throw new RangeError(`policy ${this.#policy.name} gave no number for host ${cluster.specs[host]!.name}`);
    }
    return score;
  }

  #hasCards(host: number, request: VmRequest): boolean {
    const { cardStart } = this.#cluster;
    let lacking = request.cards;
    const end = cardStart[host + 1]!;
    for (let card = cardStart[host]!; card < end && lacking > 0; card++) {
      if (serves(this.#cluster, card, request)) lacking--;
    }
    return lacking <= 0;
  }
}
