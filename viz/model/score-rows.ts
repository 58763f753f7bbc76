/** The best hosts of a decision as a table shows them: hosts next to each other with one score are one row. */

import type { HostVerdict } from '../../core/decision.ts';
import type { Policy } from '../../core/policy.ts';

export interface ScoreRow {
  readonly verdict: HostVerdict;
  /** Hosts after it with the same score, lower in rank only by their number. */
  readonly more: number;
}

/** @param ranking scored hosts, best first */
export function scoreRows(ranking: readonly HostVerdict[], most: number): ScoreRow[] {
  const rows: ScoreRow[] = [];
  for (let index = 0; index < ranking.length && rows.length < most; ) {
    let next = index + 1;
    while (next < ranking.length && isSameScore(ranking[index]!, ranking[next]!)) next++;
    rows.push({ verdict: ranking[index]!, more: next - index - 1 });
    index = next;
  }
  return rows;
}

export function isSameScore(a: HostVerdict, b: HostVerdict): boolean {
  return a.scored!.tier === b.scored!.tier && a.scored!.score === b.scored!.score;
}

/** How long bars are. */
export interface BarScale {
  /** The score that fills a bar. */
  readonly full: number;
  /** Scores below 0: the shortest bar is the best. */
  readonly isShorterBetter: boolean;
}

/** LRS points reach 100 and a hybrid GPU score 1, so that bars of different decisions compare; other scores have no such bound. */
export function barScale(ranking: readonly HostVerdict[], policy: Policy, isGpu: boolean): BarScale {
  if (policy.name === 'hybrid') return { full: isGpu ? 1 : policy.tierPoints!, isShorterBetter: false };
  const scores = ranking.map(({ scored }) => scored!.score);
  const full = scores.reduce((largest, score) => Math.max(largest, Math.abs(score)), 0);
  return { full: full === 0 ? 1 : full, isShorterBetter: scores.some((score) => score < 0) };
}

const termWords: Readonly<Record<string, string>> = {
  cardScore: 'S_card',
  similarity: 'similarity',
  lrs: 'LRS',
  vcpus: 'vCPUs',
  ram: 'RAM',
  cards: 'cards',
  cpu: 'vCPUs',
  disk: 'disk',
  io_ops: 'building',
  pci: 'few cards',
  lot: 'lot',
  cardLeft: 'card left over',
  modelBusy: 'model in use',
  idleCards: 'idle cards',
  deprivedCards: 'cards deprived',
};

export function describeTerm(term: string): string {
  return termWords[term] ?? term;
}

const termMeanings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  hybrid: {
    cardScore: 'S_card, Eq. (2): speed of the card, of the fastest in the cluster',
    similarity: 'Eq. (3): how alike what is idle and what is asked for are, as the cosine of their angle',
    lrs: 'Eq. (1): points for what stays free',
  },
  'least-card': {
    cardLeft: 'card memory beyond what is asked for, of the largest card in the cluster',
    modelBusy: 'cards of that model in the cluster that are held or have failed, of all of them',
    idleCards: 'idle cards on the host, of the most that a host has: counts a tenth',
    vcpus: 'vCPUs left over, of the most that a host has',
    ram: 'RAM left over, of the most that a host has',
    deprivedCards: 'idle cards that would lose their share of the host’s vCPUs or RAM',
  },
  nova: {
    ram: 'free RAM, of the most among the hosts that fit',
    cpu: 'free vCPUs, of the most among the hosts that fit',
    disk: 'free disk, of the most among the hosts that fit',
    io_ops: 'VMs that are being built there count against it',
    pci: 'hosts with fewer idle cards are preferred',
  },
};

/** What a term means, for a tooltip; empty where its name says it. */
export function explainTerm(policy: string, term: string): string {
  return termMeanings[policy]?.[term] ?? '';
}
