/** A VM's story in sentences: what became of it, what it asked for, what happened when. */
import type { Cluster } from '../../core/cluster.ts';
import { schedulersOf } from '../../core/runs/deciding-scheduler.ts';
import { formatTime } from '../../core/runs/explanation.ts';
import { cardsAt, type DecisionColumns, textAt } from '../../core/runs/run-file.ts';
import { count, formatScore, formatSpan } from '../page/quantity-words.ts';
import type { DecisionCase } from './decision-case.ts';
import { listCards } from './vm-words.ts';

/** The one sentence: `heps-000123 went to gpu-a6000-03, card 2`. */
export function headline(decisions: DecisionColumns, row: number, cluster: Cluster): string {
  const id = decisions.id[row]!;
  const host = decisions.host[row]!;
  if (host < 0) return `${id} was turned away: ${whyTurnedAway(decisions, row)}`;
  const cards = listCards(cardsAt(decisions, row));
  const place = `${id} went to ${cluster.specs[host]!.name}${cards === '' ? '' : `, ${cards}`}`;
  if (textAt(decisions.outcome, row) !== 'lost') return place;
  const ranS = decisions.endS[row]! - decisions.startS[row]!;
  const cause = textAt(decisions.reason, row) === 'card-failed' ? 'a card failed' : 'the host failed';
  return `${place}, and was lost: ${cause} ${ranS > 0 ? `after ${formatSpan(ranS)}` : 'before it started'}`;
}

function whyTurnedAway(decisions: DecisionColumns, row: number): string {
  switch (textAt(decisions.outcome, row)) {
    case 'gave-up':
      return `it gave up after ${formatSpan(decisions.decidedS[row]! - decisions.submitS[row]!)}`;
    case 'unservable':
      return 'no host could take it, even an empty one';
    default:
      return 'no host had room for it';
  }
}

/** A moment in the life of a VM, to which the clock can go. */
export interface LifeMoment {
  readonly label: string;
  readonly atS: number;
}

/** From submission to end, in order of time. */
export function lifeOf(decisions: DecisionColumns, row: number): LifeMoment[] {
  const [submitS, decidedS] = [decisions.submitS[row]!, decisions.decidedS[row]!];
  const submitted = { label: 'submitted', atS: submitS };
  if (decisions.host[row]! < 0) return [submitted, { label: 'turned away', atS: decidedS }];
  const [startS, endS] = [decisions.startS[row]!, decisions.endS[row]!];
  const isLost = textAt(decisions.outcome, row) === 'lost';
  return [
    submitted,
    ...(decidedS > submitS && decidedS < startS ? [{ label: 'placed', atS: decidedS }] : []),
    ...(startS <= endS ? [{ label: 'started', atS: startS }] : []),
    { label: isLost ? 'lost' : 'ended', atS: endS },
  ];
}

/** Who asked, and for what kind of desktop; only what the run knows. */
export function ownerOf(decisions: DecisionColumns, row: number): (readonly [name: string, value: string])[] {
  const attempt = decisions.attempt[row]!;
  const fields = [
    ['user', textAt(decisions.user, row)],
    ['station', textAt(decisions.station, row)],
    ['flavor', textAt(decisions.flavor, row)],
    ['image', textAt(decisions.image, row)],
    ['submission', attempt > 1 ? `no. ${attempt}, after a failure` : ''],
  ] as const;
  return fields.filter(([, value]) => value !== '');
}

/** What the scheduler said at the moment that is shown. */
export function describeMoment(decision: DecisionCase, outcome: string, waiting: 0 | 1): string {
  const { cluster, policy, moment, file } = decision;
  const again = decision.decision;
  const at = `${policy.name} at ${formatTime(moment.nowS)}`;
  const { srmIntervalS } = file.inputs.cloud;
  const schedulers = schedulersOf(file.inputs.cloud);
  const one = schedulers === 1 ? 'It' : `Scheduler ${moment.scheduler + 1} of ${schedulers}`;
  const late =
    srmIntervalS === 0 ? '' : ` ${one} saw the hosts as of their last reports, sent every ${formatSpan(srmIntervalS)}.`;
  if (again.kind === 'placed') {
    const place = cluster.specs[again.host]!.name;
    if (!decision.isBehindOthers) return `${at} chose ${place}, score ${formatScore(again.score)}.${late}`;
    return `${at}: it was not tried, because others were ahead of it: first come, first served. On its own it would have got ${place}.${late}`;
  }
  const fits = `${at}: none of the ${count(cluster.specs.length)} hosts fits.`;
  if (waiting === 1)
    return `${fits} It had to wait${decision.isBehindOthers ? ' behind others that came first' : ''}.${late}`;
  return `${fits}${outcome === 'gave-up' ? ' It had waited as long as VMs are allowed to.' : ''}${late}`;
}
