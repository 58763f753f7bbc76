/** How far a new desktop has come, as the steps of the page. */
import type { DesktopState, DesktopView } from '../../../core/wire/portal.ts';

export interface Step {
  readonly name: string;
  /** `waiting`: it cannot begin yet; `failed`: it ended here. */
  readonly status: 'done' | 'current' | 'waiting' | 'failed' | 'ahead';
  /** When it began, where this is known. Unix seconds. */
  readonly atS: number | null;
}

const steps: readonly { readonly name: string; readonly state: DesktopState }[] = [
  { name: 'Applied', state: 'waiting' },
  { name: 'Scheduled', state: 'scheduled' },
  { name: 'Building', state: 'building' },
  { name: 'Starting', state: 'starting' },
  { name: 'Ready', state: 'ready' },
];

/** When each desktop was first seen in each state, as far as this page was open: the API tells only of the first and the last. */
export class Milestones {
  readonly #seen = new Map<string, Map<DesktopState, number>>();
  #isFirst = true;

  /** Notes what a new list shows. What the first one shows began at a time that nobody knows. */
  note(desktops: readonly DesktopView[], nowS: number): void {
    for (const { id, state } of desktops) {
      const seen = this.#seen.get(id) ?? new Map<DesktopState, number>();
      this.#seen.set(id, seen);
      if (!seen.has(state)) seen.set(state, this.#isFirst ? Number.NaN : nowS);
    }
    this.#isFirst = false;
  }

  /** Null when it was not seen to begin. */
  seenAtS(id: string, state: DesktopState): number | null {
    const atS = this.#seen.get(id)?.get(state);
    return atS === undefined || Number.isNaN(atS) ? null : atS;
  }

  /** The last of the states on the way that it was seen in; null when none was. */
  lastOnTheWay(id: string): DesktopState | null {
    const seen = this.#seen.get(id);
    return steps.findLast(({ state }) => seen?.has(state))?.state ?? null;
  }
}

/** The steps of one that is on its way, or failed on it; empty once it has been ready. */
export function stepsOf(desktop: DesktopView, milestones: Milestones): Step[] {
  const { id, state, createdAtS, readyAtS } = desktop;
  const hasFailed = state === 'failed';
  if (readyAtS !== null) return [];
  const reached = hasFailed ? milestones.lastOnTheWay(id) : state;
  const at = steps.findIndex((step) => step.state === reached);
  if (at < 0) return [];
  // Who waits has applied, and waits for the next step.
  const current = state === 'waiting' || (hasFailed && at === 0) ? 1 : at;
  return steps.map((step, index) => ({
    name: step.name,
    status: statusAt(index, current, state),
    atS: index === 0 ? createdAtS : index <= current ? milestones.seenAtS(id, step.state) : null,
  }));
}

function statusAt(index: number, current: number, state: DesktopState): Step['status'] {
  if (index < current) return 'done';
  if (index > current) return 'ahead';
  if (state === 'failed') return 'failed';
  return state === 'waiting' ? 'waiting' : 'current';
}
