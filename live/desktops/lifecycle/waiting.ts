/** Why a desktop waits, in a sentence, and when what it waits for is expected to be free. */
import { modelNamed } from '../../../core/card-catalogue.ts';
import type { Desktop } from '../records/desktop.ts';

/** What a desktop asks for. */
export type Asked = Pick<
  Desktop,
  'vcpus' | 'ramMib' | 'diskGib' | 'cards' | 'cardMemoryMib' | 'cardCores' | 'askedModels'
>;

/** A desktop that holds something which becomes free at its end. */
export interface Holder extends Asked {
  readonly host: string;
  readonly cardModels: readonly string[];
  readonly endsAtS: number;
}

export interface Waiting {
  readonly reason: string;
  readonly expectedAtS: number | null;
}

/** Whether `one` asks for as much as `other` in everything: then it is not tried before it. */
export function asksNoLess(one: Asked, other: Asked): boolean {
  return (
    one.vcpus >= other.vcpus &&
    one.ramMib >= other.ramMib &&
    one.diskGib >= other.diskGib &&
    one.cards >= other.cards &&
    (other.cards === 0 ||
      (one.cardMemoryMib >= other.cardMemoryMib &&
        one.cardCores >= other.cardCores &&
        isNarrower(one.askedModels, other.askedModels)))
  );
}

/** Whether each model that `some` accept is one of `others`; none stands for any. */
function isNarrower(some: readonly string[], others: readonly string[]): boolean {
  return others.length === 0 || (some.length > 0 && some.every((model) => others.includes(model)));
}

/**
 * The sentence for a desktop for which no host has room, and the earliest end of others by which there should be.
 *
 * @param rejectedBy hosts by reason, as the scheduler counts them
 * @param holders those whose ends earlier ones in the queue wait for are taken out by it
 */
export function waitingFor(asked: Asked, rejectedBy: Readonly<Record<string, number>>, holders: Holder[]): Waiting {
  const needsCards = asked.cards > 0;
  const lacks = (reason: string): boolean => (rejectedBy[reason] ?? 0) > 0;
  const never = needsCards && !lacks('cards-busy') && !lacks('vcpus') && !lacks('ram') && !lacks('disk');
  if (never) {
    const reason = `No host has ${cardsInWords(asked)}, not even a busy one. An administrator can say more.`;
    return { reason, expectedAtS: null };
  }
  const expectedAtS = expectedEnd(asked, holders);
  // A host that lacks CPUs has not been asked for its cards, so cards may be missing as well.
  const missing =
    needsCards && lacks('cards-busy') ? `${cardsInWords(asked, 'free ')}` : `room for ${sizeInWords(asked)}`;
  return { reason: `No host has ${missing}.`, expectedAtS };
}

/** The first time at which one host has let go of enough. */
function expectedEnd(asked: Asked, holders: Holder[]): number | null {
  const byHost = new Map<string, Holder[]>();
  for (const holder of [...holders].sort((one, other) => one.endsAtS - other.endsAtS)) {
    const freed = byHost.get(holder.host) ?? [];
    freed.push(holder);
    byHost.set(holder.host, freed);
    if (!isEnough(asked, freed)) continue;
    for (const used of freed) holders.splice(holders.indexOf(used), 1);
    return holder.endsAtS;
  }
  return null;
}

function isEnough(asked: Asked, freed: readonly Holder[]): boolean {
  if (asked.cards === 0) {
    const sum = (part: 'vcpus' | 'ramMib'): number => freed.reduce((total, holder) => total + holder[part], 0);
    return sum('vcpus') >= asked.vcpus && sum('ramMib') >= asked.ramMib;
  }
  const suiting = freed.flatMap(({ cardModels }) => cardModels).filter((model) => serves(model, asked));
  return suiting.length >= asked.cards;
}

function serves(model: string, { cardMemoryMib, cardCores, askedModels }: Asked): boolean {
  const { memoryMib = 0, cores = 0 } = modelNamed(model) ?? {};
  return memoryMib >= cardMemoryMib && cores >= cardCores && (askedModels.length === 0 || askedModels.includes(model));
}

function cardsInWords({ cards, cardMemoryMib, cardCores, askedModels }: Asked, adjective = ''): string {
  const models = askedModels.length === 0 ? '' : `${askedModels.join(' or ')} `;
  const noun = `${cards} ${adjective}${models}${cards === 1 ? 'card' : 'cards'}`;
  const least = [
    ...(cardMemoryMib === 0 ? [] : [gibibytes(cardMemoryMib)]),
    ...(cardCores === 0 ? [] : [`${cardCores} cores`]),
  ];
  return least.length === 0 ? noun : `${noun} with ${least.join(' and ')}`;
}

function sizeInWords({ vcpus, ramMib, cards }: Asked): string {
  const size = `${vcpus} CPUs and ${gibibytes(ramMib)} of memory`;
  return cards === 0 ? size : `${size} beside ${cards === 1 ? 'a free card' : `${cards} free cards`}`;
}

function gibibytes(mib: number): string {
  return `${Number((mib / 1024).toFixed(1))} GiB`;
}
