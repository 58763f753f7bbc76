/** How much a person, or the members of a group together, may have. */

export interface SharedLimits {
  /** Desktops at a time; null: no limit. So for the others. */
  readonly mostDesktops: number | null;
  readonly mostCards: number | null;
  /** Hours for which cards are held, times their number, in the last days. */
  readonly mostCardHours: number | null;
}

export const noLimits: SharedLimits = { mostDesktops: null, mostCards: null, mostCardHours: null };

/** What somebody has. */
export interface Use {
  readonly desktops: number;
  readonly cards: number;
  readonly cardHours: number;
}

/** A desktop, as far as limits go. */
export interface CountedDesktop {
  readonly owner: string;
  readonly cards: number;
  /** Whether it is there or may come. */
  readonly isAlive: boolean;
  /** When it held its cards; null: not yet, or still. */
  readonly heldFromS: number | null;
  readonly heldUntilS: number | null;
}

/** @param fromS beginning of the days over which card-hours are counted */
export function useOf(desktops: Iterable<CountedDesktop>, fromS: number, nowS: number): Use {
  let alive = 0;
  let cards = 0;
  let cardSeconds = 0;
  for (const { cards: own, isAlive, heldFromS, heldUntilS } of desktops) {
    if (isAlive) alive++;
    if (heldFromS === null) continue;
    if (heldUntilS === null) cards += own;
    cardSeconds += own * Math.max(0, Math.min(heldUntilS ?? nowS, nowS) - Math.max(heldFromS, fromS));
  }
  return { desktops: alive, cards, cardHours: cardSeconds / 3600 };
}

/** Whose limit it is that does not allow what is asked, in words; null when all do. `who`: `you`, or a group. */
export function objectionOf(
  who: { readonly group: string } | null,
  limits: SharedLimits,
  use: Use,
  asked: { readonly desktops: number; readonly cards: number },
): string | null {
  const { mostDesktops, mostCards, mostCardHours } = limits;
  const name = who === null ? 'You may' : `The group ${who.group} may together`;
  if (mostDesktops !== null && asked.desktops > 0 && use.desktops + asked.desktops > mostDesktops) {
    return `${name} have ${counted(mostDesktops, 'desktop')} at a time, and ${verb(use.desktops)} there already.`;
  }
  if (asked.cards === 0) return null;
  if (mostCards !== null && use.cards + asked.cards > mostCards) {
    return `${name} hold ${counted(mostCards, 'card')} at a time, and ${verb(use.cards)} in use.`;
  }
  if (mostCardHours !== null && use.cardHours >= mostCardHours) {
    return `${name} use ${counted(mostCardHours, 'card-hour')}, and they are used up.`;
  }
  return null;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function verb(count: number): string {
  return count === 0 ? 'none is' : count === 1 ? '1 is' : `${count} are`;
}
