/** What a VM asked for and what a run did with it, in a few words for lists. */
import type { Rejection } from '../../core/filters.ts';
import { cardsAt, requestAt, textAt } from '../../core/runs/run-file.ts';
import { hasSmallCards, waitS } from './difference.ts';
import { formatMib, formatSpan, plural } from './quantity-words.ts';
import { describeRejection } from './rejection-words.ts';
import type { Placements, Run } from './run.ts';

/** Reasons that are named; the others are few hosts each. */
const namedReasons = 2;

/** `8 vCPUs, 32 GiB RAM, 2 cards with 40 GiB`. */
export function describeAsked({ decisions }: Placements, row: number): string {
  const { vcpus, ramMib, cards, cardMemoryMib, cardCores, cardModels } = requestAt(decisions, row);
  const size = `${plural(vcpus, 'vCPU')}, ${formatMib(ramMib)} RAM`;
  if (cards === 0) return size;
  const wishes = [
    ...(cardMemoryMib > 0 ? [formatMib(cardMemoryMib)] : []),
    ...(cardCores > 0 ? [plural(cardCores, 'core')] : []),
  ];
  const least = wishes.length === 0 ? '' : ` with ${wishes.join(' and ')}`;
  const models = cardModels.length === 0 ? '' : ` (${cardModels.join(' or ')})`;
  return `${size}, ${plural(cards, 'card')}${least}${models}`;
}

/** `on gpu-a-003, card 2 (too small: T4 with 16 GiB), at once`, `turned away after 4 h 00 min: 182 lack free vCPUs`. */
export function describeOutcome(run: Run, row: number): string {
  const { decisions, host } = run.placements!;
  const waitedS = waitS(run, row);
  const at = host[row]!;
  if (at < 0) {
    const outcome = outcomeWords[textAt(decisions.outcome, row)] ?? 'turned away';
    const reasons = describeReasons(textAt(decisions.reason, row));
    return `${outcome}${waitedS > 0 ? ` after ${formatSpan(waitedS)}` : ''}${reasons === '' ? '' : `: ${reasons}`}`;
  }
  const spec = run.cluster.specs[at]!;
  const cards = cardsAt(decisions, row);
  const held =
    cards.length === 0 ? '' : `, ${cards.length === 1 ? 'card' : 'cards'} ${cards.join(' ')}${describeSmall(run, row)}`;
  const lost = textAt(decisions.outcome, row) === 'lost' ? ', lost to a failure' : '';
  return `on ${spec.name}${held}, ${waitedS > 0 ? `after ${formatSpan(waitedS)}` : 'at once'}${lost}`;
}

/** ` (too small: T4 with 16 GiB)`, or cores where those are what lacks; empty where all cards have what was asked for. */
function describeSmall(run: Run, row: number): string {
  if (!hasSmallCards(run, row)) return '';
  const { decisions, host } = run.placements!;
  const { cardMemoryMib, cardCores } = requestAt(decisions, row);
  const small = cardsAt(decisions, row).flatMap((index) => {
    const { model, memoryMib, cores } = run.cluster.specs[host[row]!]!.cards[index]!;
    const lacking = [
      ...(memoryMib < cardMemoryMib ? [formatMib(memoryMib)] : []),
      ...(cores < cardCores ? [plural(cores, 'core')] : []),
    ];
    return lacking.length === 0 ? [] : [`${model} with ${lacking.join(' and ')}`];
  });
  return ` (too small: ${[...new Set(small)].join(', ')})`;
}

const outcomeWords: Readonly<Record<string, string>> = {
  refused: 'refused',
  'gave-up': 'gave up',
  unservable: 'fits on no host',
};

/** `vcpus:182|ram:3` as `182 lack free vCPUs, 3 lack free RAM`: of the hosts, those reasons that most have. */
function describeReasons(text: string): string {
  if (text === '') return '';
  const counts = text.split('|').map((part) => {
    const [reason, hosts] = part.split(':');
    return { reason: reason as Rejection, hosts: Number(hosts) };
  });
  counts.sort((a, b) => b.hosts - a.hosts);
  const named = counts.slice(0, namedReasons).map(({ reason, hosts }) => describeRejection(reason, hosts));
  const rest = counts.slice(namedReasons).reduce((sum, { hosts }) => sum + hosts, 0);
  const [first, ...others] = named;
  const of = first!.replace(/^([\d,]+)/, (count) => `${count} ${count === '1' ? 'host' : 'hosts'}`);
  return [of, ...others, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}
