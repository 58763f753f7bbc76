/** Tells motion, for which video is made, from single changes, from what was drawn lately. */
import { type Area, pixelsOf, union } from './area.ts';

/** Milliseconds that are looked back, in which so many slots have to see large changes. */
const windowMs = 250;
const slotMs = 40;
const leastSlots = 3;
/** Share of the screen below which changes are cheaper as they are: typing, a clock, a progress bar. */
const leastShare = 0.02;

export class Motion {
  #changes: { readonly atMs: number; readonly area: Area }[] = [];

  add(atMs: number, area: Area): void {
    this.#changes.push({ atMs, area });
  }

  /** Whether a change is so large that it may be the first picture of a motion. */
  isLarge(area: Area, screen: Area): boolean {
    return pixelsOf(area) >= leastShare * pixelsOf(screen);
  }

  /** @returns the area that moves; null: nothing does */
  moving(nowMs: number, screen: Area): Area | null {
    this.#changes = this.#changes.filter(({ atMs }) => nowMs - atMs <= windowMs);
    const large = this.#changes.filter(({ area }) => this.isLarge(area, screen));
    const slots = new Set(large.map(({ atMs }) => Math.floor(atMs / slotMs)));
    if (slots.size < leastSlots) return null;
    return large.map(({ area }) => area).reduce(union);
  }
}
