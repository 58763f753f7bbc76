/** Of the hosts that could not take a VM, those that came nearest: what they lacked, and when it would have been there. */
import type { HostView } from '../../core/cluster.ts';
import { type Rejection, rejections } from '../../core/filters.ts';
import type { Policy } from '../../core/policy.ts';
import { isGpuRequest, type VmRequest } from '../../core/request.ts';
import { believedToRun } from '../../core/runs/replay.ts';
import { cardsAt, requestAt } from '../../core/runs/run-file.ts';
import type { DecisionCase } from './decision-case.ts';

export interface NearHost {
  readonly host: number;
  readonly reason: Rejection;
  /** Filters that it passed, of `policy.filters`. */
  readonly passed: number;
  /** When enough of the VMs on it have ended, were nobody else to come, seconds; null where that does not help. */
  readonly freeAtS: number | null;
}

/** Hosts for which the VMs on them are looked through. */
const mostLookedAt = 50;

/** @param most how many; those that passed most filters first, then those that would have been free first */
export function nearestHosts(decision: DecisionCase, most: number): NearHost[] {
  const { verdicts, policy, cluster, request } = decision;
  const order = new Map(policy.filters.map(({ name }, place) => [name, place]));
  const candidates = verdicts
    .flatMap(({ host, rejection }) => {
      const passed = rejection === undefined ? undefined : order.get(rejection.filter);
      if (passed === undefined || !couldServe(cluster.hosts[host]!, request, policy)) return [];
      return [{ host, reason: rejection!.reason, passed, lack: lackOf(cluster.hosts[host]!, request) }];
    })
    .sort(
      (a, b) =>
        b.passed - a.passed ||
        a.lack - b.lack ||
        rejections.indexOf(b.reason) - rejections.indexOf(a.reason) ||
        a.host - b.host,
    )
    .slice(0, mostLookedAt);
  const running = runningOn(decision, new Set(candidates.map(({ host }) => host)));
  return candidates
    .map(({ host, reason, passed }): NearHost => {
      return { host, reason, passed, freeAtS: freeAt(decision, host, running.get(host) ?? []) };
    })
    .sort((a, b) => b.passed - a.passed || orderOf(a.freeAtS) - orderOf(b.freeAtS))
    .slice(0, most);
}

function orderOf(freeAtS: number | null): number {
  return freeAtS ?? Number.MAX_VALUE;
}

/** Whether the host could take it if it were empty, as far as sizes go: others come no nearer with time. */
function couldServe(host: HostView, request: VmRequest, policy: Policy): boolean {
  if (host.vcpus < request.vcpus || host.ramMib < request.ramMib || host.diskGib < request.diskGib) return false;
  if (!isGpuRequest(request)) return true;
  const reason = policy.filters.at(-1)!.reject(host, request);
  return reason === undefined || reason === 'cards-busy';
}

/** Sum over resources of what is missing, each as a share of what is asked. */
function lackOf(host: HostView, request: VmRequest): number {
  const missing = (free: number, asked: number): number => (asked === 0 ? 0 : Math.max(0, asked - free) / asked);
  return (
    missing(host.vcpusFree, request.vcpus) +
    missing(host.ramFreeMib, request.ramMib) +
    missing(host.diskFreeGib, request.diskGib) +
    missing(host.idleCards, request.cards)
  );
}

/** Rows that the scheduler believed to run on each of these hosts, by end. */
function runningOn({ decisions, moment, file }: DecisionCase, hosts: ReadonlySet<number>): Map<number, number[]> {
  const runs = believedToRun(file, decisions, moment);
  const found = new Map<number, number[]>([...hosts].map((host) => [host, []]));
  for (let row = 0; row < moment.rows; row++) {
    if (runs(row)) found.get(decisions.host[row]!)?.push(row);
  }
  for (const rows of found.values()) rows.sort((a, b) => decisions.endS[a]! - decisions.endS[b]! || a - b);
  return found;
}

/** Releases the VMs of a host one by one until it can take the request, then binds them again. */
function freeAt(
  { cluster, policy, request, decisions, moment }: DecisionCase,
  host: number,
  rows: number[],
): number | null {
  const view = cluster.hosts[host]!;
  if (!view.isUp) return null;
  const released: Parameters<typeof cluster.bind>[0][] = [];
  let freeAtS: number | null = null;
  for (const row of rows) {
    const cards = cardsAt(decisions, row);
    if (cards.some((card) => !view.isCardHealthy(card))) continue;
    const placement = { request: requestAt(decisions, row), host, cards, wholeCards: policy.wholeCards };
    cluster.release(placement);
    released.push(placement);
    if (policy.filters.every((filter) => filter.reject(view, request) === undefined)) {
      freeAtS = Math.max(moment.nowS, decisions.endS[row]!);
      break;
    }
  }
  for (const placement of released.reverse()) cluster.bind(placement);
  return freeAtS;
}
