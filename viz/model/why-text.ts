/** Why the chosen host and not the next, and what would have changed it, in sentences. */
import type { Cluster } from '../../core/cluster.ts';
import type { Decision } from '../../core/decision.ts';
import type { VmRequest } from '../../core/request.ts';
import { formatMib, formatScore, formatSpan, plural, round } from '../page/quantity-words.ts';
import type { ClosingChange, SmallerRequest } from './counterfactuals.ts';
import type { DecisionCase } from './decision-case.ts';
import type { NearHost } from './nearest-hosts.ts';
import { shortRejection } from './rejection-words.ts';
import type { Rival } from './rival.ts';
import { describeTerm } from './score-rows.ts';

const nameOf = (cluster: Cluster, host: number): string => cluster.specs[host]!.name;

/** What decided between the two. */
export function describeWhy({ cluster, ranking, shown }: DecisionCase, rival: Rival | undefined): string {
  const chosen = ranking[0]!;
  const fitting = ranking.length;
  const winner = nameOf(cluster, chosen.host);
  if (rival === undefined) {
    return fitting === 1
      ? `${winner} was the only host that fits.`
      : `All ${round(fitting, 0)} hosts that fit are alike; the lowest host number wins.`;
  }
  const alike =
    rival.equals === 0
      ? ''
      : ` ${plural(rival.equals, 'more host is', 'more hosts are')} just as good; the lowest host number wins.`;
  const loser = nameOf(cluster, rival.verdict.host);
  const [a, b] = [chosen.scored!, rival.verdict.scored!];
  if (rival.isTie) return `${winner} and ${loser} have the same score; the lowest host number wins.${alike}`;
  if (a.tier !== b.tier) {
    return `${winner} has no cards and ${loser} does: a VM without cards goes to a GPU host only when no CPU host fits.${alike}`;
  }
  const terms = Object.keys(a.terms);
  const better = terms.filter((term) => a.terms[term]! > b.terms[term]!).map((term) => describeTerm(shown, term));
  const worse = terms.filter((term) => a.terms[term]! < b.terms[term]!).map((term) => describeTerm(shown, term));
  const lead = `${winner} leads ${loser} by ${formatScore(a.shownScore - b.shownScore)}`;
  if (terms.length < 2 || better.length + worse.length === 0) return `${lead}.${alike}`;
  const parts = [
    ...(better.length > 0 ? [`higher ${better.join(', ')}`] : []),
    ...(worse.length > 0 ? [`lower ${worse.join(', ')}`] : []),
  ];
  return `${lead}: ${parts.join('; ')}.${alike}`;
}

/** `a6000-dual-003`, or that there is no host. */
export function describeDestination(cluster: Cluster, decision: Decision): string {
  return decision.kind === 'placed' ? nameOf(cluster, decision.host) : 'no host';
}

/** `with 3 more free vCPUs`. */
export function describeChange({ quantity, change }: ClosingChange): string {
  const size = quantity === 'vcpus' ? `${round(Math.abs(change), 3)}` : formatMib(Math.abs(change));
  const what = quantity === 'vcpus' ? `free ${Math.abs(change) === 1 ? 'vCPU' : 'vCPUs'}` : 'of free RAM';
  return `${size} ${change > 0 ? (quantity === 'vcpus' ? 'more' : 'more') : 'less'} ${what}`.replace(
    'less free v',
    'fewer free v',
  );
}

/** `24 GiB instead of 40 GiB of card memory`. */
export function describeSmaller(asked: VmRequest, { field, request }: SmallerRequest): string {
  switch (field) {
    case 'cardModels':
      return `any model instead of ${asked.cardModels.join(' or ')}`;
    case 'cards':
      return `${plural(request.cards, 'card')} instead of ${asked.cards}`;
    case 'cardMemoryMib':
      return request.cardMemoryMib === 0
        ? `any card memory instead of ${formatMib(asked.cardMemoryMib)}`
        : `${formatMib(request.cardMemoryMib)} of card memory instead of ${formatMib(asked.cardMemoryMib)}`;
    case 'cardCores':
      return request.cardCores === 0
        ? `any number of card cores instead of ${round(asked.cardCores, 0)}`
        : `${plural(request.cardCores, 'card core')} instead of ${round(asked.cardCores, 0)}`;
    case 'vcpus':
      return `${plural(request.vcpus, 'vCPU')} instead of ${round(asked.vcpus, 3)}`;
    case 'ramMib':
      return `${formatMib(request.ramMib)} of RAM instead of ${formatMib(asked.ramMib)}`;
  }
}

/** What a host lacked: `8 free vCPUs of 12`, or the reason where that is no number. */
export function describeLack(cluster: Cluster, request: VmRequest, { host, reason }: NearHost): string {
  const view = cluster.hosts[host]!;
  switch (reason) {
    case 'vcpus':
      return `has ${round(view.vcpusFree, 3)} of ${plural(request.vcpus, 'vCPU')} free`;
    case 'ram':
      return `has ${formatMib(view.ramFreeMib)} of ${formatMib(request.ramMib)} RAM free`;
    case 'disk':
      return `has ${round(view.diskFreeGib, 0)} of ${round(request.diskGib, 0)} GiB disk free`;
    case 'cards-busy':
      return `has ${round(view.idleCards, 0)} of ${plural(request.cards, 'card')} idle`;
    default:
      return `lacks: ${shortRejection(reason)}`;
  }
}

/** When the VMs on it would have made room. */
export function describeFreeAt({ freeAtS }: NearHost, nowS: number): string {
  if (freeAtS === null) return 'never, given what it ran';
  return freeAtS <= nowS ? 'at once: its report was late' : `after ${formatSpan(freeAtS - nowS)}`;
}
