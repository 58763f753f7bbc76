/** A decision in words and counts, for people: what was asked, what became of it, which hosts fell out where, which were best. */
import type { Cluster } from '../cluster.ts';
import type { HostVerdict } from '../decision.ts';
import type { Rejection } from '../filters.ts';
import type { VmRequest } from '../request.ts';
import { cardsAt, type DecisionColumns, textAt } from './run-file.ts';

/** How many hosts each filter removed, in the order in which hosts met them. */
export interface Funnel {
  /** All hosts. */
  readonly hosts: number;
  /** One per filter that removed some. */
  readonly steps: readonly {
    readonly filter: string;
    readonly removed: number;
    readonly reasons: readonly { readonly reason: Rejection; readonly count: number }[];
  }[];
  /** Hosts that passed all filters. */
  readonly scored: number;
}

/** Counts the hosts that each filter removed. @param verdicts of all hosts, in any order */
export function funnelOf(verdicts: readonly HostVerdict[]): Funnel {
  const counts = new Map<string, Map<Rejection, number>>();
  for (const { rejection } of verdicts) {
    if (rejection === undefined) continue;
    const reasons = counts.get(rejection.filter) ?? new Map<Rejection, number>();
    counts.set(rejection.filter, reasons);
    reasons.set(rejection.reason, (reasons.get(rejection.reason) ?? 0) + 1);
  }
  const steps = [...counts].map(([filter, reasons]) => ({
    filter,
    removed: [...reasons.values()].reduce((sum, count) => sum + count, 0),
    reasons: [...reasons].map(([reason, count]) => ({ reason, count })),
  }));
  return { hosts: verdicts.length, steps, scored: verdicts.filter(({ scored }) => scored !== undefined).length };
}

/** Scored hosts from best to worst, as the scheduler orders them. */
export function ranked(verdicts: readonly HostVerdict[]): HostVerdict[] {
  return verdicts
    .filter(({ scored }) => scored !== undefined)
    .sort((a, b) => b.scored!.tier - a.scored!.tier || b.scored!.score - a.scored!.score || a.host - b.host);
}

/** What a VM asks for. */
export function describeRequest({
  id,
  vcpus,
  ramMib,
  diskGib,
  cards,
  cardMemoryMib,
  cardCores,
  cardModels,
}: VmRequest): string {
  const wishes = [
    ...(cardMemoryMib > 0 ? [`at least ${cardMemoryMib} MiB`] : []),
    ...(cardCores > 0 ? [`at least ${cardCores} cores`] : []),
    ...(cardModels.length > 0 ? [`model ${cardModels.join(' or ')}`] : []),
  ];
  const gpu =
    cards === 0
      ? 'no cards'
      : `${cards} ${cards === 1 ? 'card' : 'cards'}${wishes.length > 0 ? ` with ${wishes.join(', ')}` : ''}`;
  return `${id} asks for ${vcpus} vCPUs, ${ramMib} MiB RAM, ${diskGib} GiB disk, ${gpu}.`;
}

/** What became of the VM of a row. */
export function describeHistory(decisions: DecisionColumns, row: number, cluster: Cluster): string {
  const submitted = `Submitted at ${formatTime(decisions.submitS[row]!)}`;
  const waitReason = textAt(decisions.waitReason, row);
  const waited = waitReason === '' ? '' : `, had to wait (${waitReason})`;
  const outcome = textAt(decisions.outcome, row);
  const reason = textAt(decisions.reason, row);
  const why = reason === '' ? '' : ` (${reason})`;
  const host = decisions.host[row]!;
  if (host < 0) return `${submitted}${waited}; ${outcome} at ${formatTime(decisions.decidedS[row]!)}${why}.`;
  const cards = cardsAt(decisions, row);
  const place = `${cluster.specs[host]!.name}${cards.length > 0 ? `, cards ${cards.join(' ')}` : ''}`;
  const [startS, endS] = [decisions.startS[row]!, decisions.endS[row]!];
  return `${submitted}${waited}; ran on ${place} from ${formatTime(startS)} to ${formatTime(endS)}: ${outcome}${why}.`;
}

/** `day 3 04:05:06`, counted from the start of the workload as day 0; with milliseconds where they are not 0. */
export function formatTime(atS: number): string {
  const whole = Math.floor(atS);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const clock = `${two((whole % 86400) / 3600)}:${two((whole % 3600) / 60)}:${two(whole % 60)}`;
  const rest = atS === whole ? '' : (atS - whole).toFixed(3).slice(1);
  return `day ${Math.floor(whole / 86400)} ${clock}${rest}`;
}
