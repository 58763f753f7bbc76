/** The chosen host beside the best other one that differs from it in anything. */
import type { HostView } from '../../core/cluster.ts';
import type { HostVerdict } from '../../core/decision.ts';
import type { DecisionCase } from './decision-case.ts';
import { isSameScore } from './score-rows.ts';

export interface Rival {
  readonly verdict: HostVerdict;
  /** The scores are equal: the lower host number won. */
  readonly isTie: boolean;
  /** Hosts between the two that are equal to the chosen one in every respect. */
  readonly equals: number;
}

/** @returns undefined where no host was chosen, or all that fit are alike */
export function rivalOf({ cluster, ranking }: Pick<DecisionCase, 'cluster' | 'ranking'>): Rival | undefined {
  const chosen = ranking[0];
  if (chosen === undefined) return undefined;
  const place = ranking.findIndex((verdict) => !isAlike(verdict, chosen, cluster.hosts));
  if (place < 0) return undefined;
  const verdict = ranking[place]!;
  return { verdict, isTie: isSameScore(verdict, chosen), equals: place - 1 };
}

function isAlike(a: HostVerdict, b: HostVerdict, hosts: readonly HostView[]): boolean {
  const free = ({ host }: HostVerdict): string => {
    const view = hosts[host]!;
    return JSON.stringify([view.vcpusFree, view.ramFreeMib, view.diskFreeGib, view.idleCards, view.building]);
  };
  return (
    isSameScore(a, b) &&
    JSON.stringify(a.scored!.terms) === JSON.stringify(b.scored!.terms) &&
    (a.host === b.host || free(a) === free(b))
  );
}

/** What a host has free of something, for policies of any kind. */
export interface FreeRow {
  readonly label: string;
  readonly unit: 'count' | 'mib' | 'gib';
  readonly asked: number;
  readonly freeOf: (host: HostView) => number;
}

export function freeRows({ request, shown }: DecisionCase): FreeRow[] {
  return [
    { label: 'free vCPUs', unit: 'count', asked: request.vcpus, freeOf: (host) => host.vcpusFree },
    { label: 'free RAM', unit: 'mib', asked: request.ramMib, freeOf: (host) => host.ramFreeMib },
    { label: 'free disk', unit: 'gib', asked: request.diskGib, freeOf: (host) => host.diskFreeGib },
    { label: 'idle cards', unit: 'count', asked: request.cards, freeOf: (host) => host.idleCards },
    ...(shown.countsBuilding
      ? [{ label: 'VMs being built', unit: 'count' as const, asked: NaN, freeOf: (host: HostView) => host.building }]
      : []),
  ];
}
