/** Our policies for stock OpenStack beside nova-scheduler, decision by decision. */
import type { HostSpec } from '../../../core/host.ts';
import type { Policy } from '../../../core/policy.ts';
import type { VmRequest } from '../../../core/request.ts';
import { explain } from '../../../core/scheduler.ts';
import { type Baseline, policyOf } from './baseline.ts';
import type { LoggedDecision } from './scheduler-log.ts';
import { clusterOf, type Delays, type SeenHosts } from './seen-hosts.ts';

/** One boot on the cloud. */
export interface Boot {
  readonly request: VmRequest;
  readonly requestId: string;
  /** When it was asked for, in seconds of the run's clock. */
  readonly atS: number;
  /** The hosts just before. */
  readonly seen: SeenHosts;
  /** Servers that ran then, and when each was asked for. */
  readonly running: readonly { readonly host: string; readonly atS: number }[];
  /** Where Nova put it; null where it found no host. */
  readonly host: string | null;
}

/**
 * `same`: the same host, of the greatest weight alone; `same-of-equals`: several weigh the same to the last bit, and Nova took the first in its
 * order, as `core` does in the same order; `rounding`: several weigh the same but for the last bits, which depend on the order of summing;
 * `refused`: no host, here and there, and for the same step; `refreshed`: the same host once the state is what Nova read a moment after
 * us; `different`: everything else.
 */
export type Verdict = 'same' | 'same-of-equals' | 'rounding' | 'refused' | 'refreshed' | 'different';

export interface Comparison {
  readonly verdict: Verdict;
  /** Of `different` and `refreshed`: in what. */
  readonly reason: string | null;
  /** Hosts of the greatest weight. */
  readonly equals: readonly string[];
  /** Largest difference between a weight of ours and the one in Nova's log. */
  readonly weightError: number;
  /** Weighers without which another host would have been chosen. */
  readonly decisive: readonly string[];
}

const bothLate: Delays = { disk: 'late', building: 'late' };
/** Weights are sums of five numbers of at most 1. */
const roundingError = 1e-12;

/** @param specs of all hosts */
export function compare(
  boot: Boot,
  logged: LoggedDecision,
  specs: readonly HostSpec[],
  baseline: Baseline,
): Comparison {
  const policy = policyOf(baseline);
  const first = compareOn(policy, boot.seen, boot, logged, specs);
  if (first.verdict !== 'different') return first;
  const read = asLogged(boot.seen, logged);
  const changed = changes(boot.seen, read);
  if (changed === '') return first;
  const again = compareOn(policy, read, boot, logged, specs);
  return again.verdict === 'different' ? again : { ...again, verdict: 'refreshed', reason: changed };
}

function compareOn(
  policy: Policy,
  seen: SeenHosts,
  { request, host }: Boot,
  logged: LoggedDecision,
  specs: readonly HostSpec[],
): Comparison {
  const { candidates, weights } = weighAsNova(policy, seen, request, inOrderOf(logged.passed, specs), bothLate);
  const passed = [...weights.keys()];
  const heaviest = Math.max(...[...weights.values()].map(({ score }) => score));
  const equals = passed.filter((name) => weights.get(name)!.score === heaviest);
  const nearly = passed.filter((name) => weights.get(name)!.score >= heaviest - roundingError);
  const errors = [...logged.weights].map(([name, weight]) => Math.abs(weight - (weights.get(name)?.score ?? Infinity)));
  const weightError = Math.max(0, ...errors);
  const answer = (verdict: Verdict, reason: string | null = null): Comparison => {
    return { verdict, reason, equals, weightError, decisive: host === null ? [] : decisiveOf(weights, host) };
  };
  if (candidates !== logged.candidates) {
    return answer('different', `Placement had ${logged.candidates} hosts, ours ${candidates}`);
  }
  if (String(passed) !== String(logged.passed)) {
    return answer(
      'different',
      `Nova's filters left ${logged.passed.join(' ') || 'none'}, ours ${passed.join(' ') || 'none'}`,
    );
  }
  if (host === null)
    return passed.length === 0 ? answer('refused') : answer('different', `Nova had ${passed} and took none`);
  if (host === equals[0] && weightError <= roundingError) return answer(equals.length > 1 ? 'same-of-equals' : 'same');
  if (nearly.includes(host) && weightError <= roundingError) return answer('rounding');
  return answer('different', `Nova took ${host}, ours ${equals[0]}; weights differ by up to ${weightError}`);
}

/**
 * The policy's filters on what Placement knows, which is never late, and its weights on what nova-scheduler has read. Placement has seen the
 * disk of a server that was removed a moment ago, DiskWeigher has not.
 *
 * @returns hosts with room, and the terms and weights of those that pass all filters, in the order of `specs`
 */
function weighAsNova(
  policy: Policy,
  seen: SeenHosts,
  request: VmRequest,
  specs: readonly HostSpec[],
  delays: Delays,
): { candidates: number; weights: Map<string, Weight> } {
  const { verdicts } = explain(clusterOf(specs, seen, { disk: 'now', building: 'now' }), request, policy);
  const rejected = new Set(verdicts.filter(({ rejection }) => rejection !== undefined).map(({ host }) => host));
  const withRoom = verdicts.filter(({ rejection }) => !['vcpus', 'ram', 'disk'].includes(rejection?.reason ?? ''));
  const weighed = explain(clusterOf(specs, seen, delays), { ...request, diskGib: 0 }, policy, rejected).verdicts;
  const weights = new Map<string, Weight>();
  for (const { host, scored } of weighed) {
    if (scored !== undefined) weights.set(specs[host]!.name, { score: scored.shownScore, terms: scored.terms });
  }
  return { candidates: withRoom.length, weights };
}

interface Weight {
  readonly score: number;
  readonly terms: Readonly<Record<string, number>>;
}

/** Where a policy puts it, with the hosts in Nova's order; null where no host has room. */
export function hostBy(
  policy: Policy,
  { seen, request }: Boot,
  { passed }: LoggedDecision,
  specs: readonly HostSpec[],
  delays: Delays = bothLate,
): string | null {
  return heaviestOf(weighAsNova(policy, seen, request, inOrderOf(passed, specs), delays).weights);
}

/** The first host of the greatest weight; null without hosts. */
function heaviestOf(weights: ReadonlyMap<string, Weight>, without?: string): string | null {
  let heaviest: string | null = null;
  let most = -Infinity;
  for (const [name, { score, terms }] of weights) {
    const weight = without === undefined ? score : score - (terms[without] ?? 0);
    if (weight <= most + roundingError) continue;
    heaviest = name;
    most = weight;
  }
  return heaviest;
}

function decisiveOf(weights: ReadonlyMap<string, Weight>, host: string): string[] {
  return Object.keys(weights.get(host)?.terms ?? {}).filter((weigher) => heaviestOf(weights, weigher) !== host);
}

/** Those that passed in Nova's order, then the others. */
function inOrderOf(passed: readonly string[], specs: readonly HostSpec[]): HostSpec[] {
  const place = new Map(passed.map((name, index) => [name, index]));
  const placeOf = ({ name }: HostSpec) => place.get(name) ?? Infinity;
  return [...specs].sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : placeOf(one) > placeOf(other) ? 1 : 0));
}

/** With what Nova had read of the two things that are late, where its log shows it. */
function asLogged(seen: SeenHosts, { raw }: LoggedDecision): SeenHosts {
  const [disks, building] = [raw.get('DiskWeigher'), raw.get('IoOpsWeigher')];
  return new Map(
    [...seen].map(([name, host]) => {
      const diskWeighedGib = (disks?.get(name) ?? host.diskWeighedGib * 1024) / 1024;
      return [name, { ...host, diskWeighedGib, building: building?.get(name) ?? host.building }];
    }),
  );
}

function changes(seen: SeenHosts, read: SeenHosts): string {
  return [...seen]
    .flatMap(([name, { diskWeighedGib, building }]) => {
      const now = read.get(name)!;
      if (now.diskWeighedGib === diskWeighedGib && now.building === building) return [];
      return [`${name} disk ${diskWeighedGib}→${now.diskWeighedGib} GiB, building ${building}→${now.building}`];
    })
    .join('; ');
}
