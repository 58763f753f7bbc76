/** What a VM asked for and what a run did with it, in a few words for lists. */
import type { VmRequest } from '../../core/request.ts';
import { cardsAt, requestAt, textAt } from '../../core/runs/run-file.ts';
import { formatMib, formatSpan, plural, round } from '../page/quantity-words.ts';
import { hasSmallCards, waitS } from './difference.ts';
import { describeReasons } from './rejection-words.ts';
import type { Run } from './run.ts';

/** Reasons that are named; the others are few hosts each. */
const namedReasons = 2;

/** What a VM asks for or has, shortly: `8 vCPUs, 32 GiB, 2 cards`. */
export function describeSize(vcpus: number, ramMib: number, cards: number): string {
  return `${plural(vcpus, 'vCPU')}, ${formatMib(ramMib)}${cards === 0 ? '' : `, ${plural(cards, 'card')}`}`;
}

/** `4 vCPUs, 16 GiB RAM, 200 GiB disk and 1 card with at least 24 GiB (RTX A6000 or A40)`. */
export function describeAsked(request: VmRequest): string {
  const { vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels } = request;
  const parts = [plural(vcpus, 'vCPU'), `${formatMib(ramMib)} RAM`];
  if (diskGib > 0) parts.push(`${round(diskGib, 0)} GiB disk`);
  if (cards === 0) return `${listOf(parts, 'and')}, no card`;
  const wishes = [
    ...(cardMemoryMib > 0 ? [formatMib(cardMemoryMib)] : []),
    ...(cardCores > 0 ? [plural(cardCores, 'core')] : []),
  ];
  const least = wishes.length === 0 ? '' : ` with at least ${listOf(wishes, 'and')}${cards > 1 ? ' each' : ''}`;
  const models = cardModels.length === 0 ? '' : ` (${listOf(cardModels, 'or')})`;
  return listOf([...parts, `${plural(cards, 'card')}${least}${models}`], 'and');
}

/** `card 2`, `cards 0 and 1`; empty without cards. */
export function listCards(cards: readonly number[]): string {
  return cards.length === 0 ? '' : `${cards.length === 1 ? 'card' : 'cards'} ${listOf(cards.map(String), 'and')}`;
}

export function listOf(words: readonly string[], last: 'and' | 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** `on gpu-a-003, card 2 (too small: T4 with 16 GiB), at once`, `turned away after 4 h 00 min: 182 lack free vCPUs`. */
export function describeOutcome(run: Run, row: number): string {
  const { decisions, host } = run.placements!;
  const waitedS = waitS(run, row);
  const at = host[row]!;
  if (at < 0) {
    const outcome = outcomeWords[textAt(decisions.outcome, row)] ?? 'turned away';
    const reasons = describeReasons(textAt(decisions.reason, row), namedReasons);
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
