/** What the page shows, as its address holds it: a link shows the same moment to somebody else. */

export const views = ['cluster', 'compare', 'live'] as const;
export const colourings = ['use', 'station', 'project', 'flavor', 'model'] as const;
export type Colouring = (typeof colourings)[number];

export interface PageState {
  readonly view: (typeof views)[number];
  /** Place of the run among those that are open. */
  readonly run: number;
  /** The run it is compared with in the difference view. */
  readonly other: number;
  /** Places of the runs that are compared as maps and lines, joined by `-`; '' = the first of each policy. */
  readonly shown: string;
  /** Place of the measure whose lines are compared. */
  readonly line: number;
  /** Seconds from the start of the workload. */
  readonly atS: number;
  readonly colour: Colouring;
  /** The one station, project, flavor or model that stands out; '' = all alike. */
  readonly only: string;
  /** Name of the selected host; '' = none. */
  readonly host: string;
  /** Id of the VM whose decision is open; '' = none. */
  readonly vm: string;
  /** Which of its submissions; 0 = the last. */
  readonly attempt: number;
  /** 1: the moment at which it asked first and had to wait. */
  readonly waiting: 0 | 1;
  /** Shown part of the time axis, seconds; equal = all of it. */
  readonly fromS: number;
  readonly toS: number;
  /** Simulated seconds in one second while playing; 0 = as fast as shows the whole run in a minute. */
  readonly speed: number;
}

export const initialState: PageState = {
  view: 'cluster',
  run: 0,
  other: 1,
  shown: '',
  line: 0,
  atS: -1,
  colour: 'use',
  only: '',
  host: '',
  vm: '',
  attempt: 0,
  waiting: 0,
  fromS: 0,
  toS: 0,
  speed: 0,
};

/** The state of an address such as `#view=compare&atS=86400`; what is missing or makes no sense is as at first. */
export function parseState(hash: string): PageState {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const state: Record<string, string | number> = { ...initialState };
  for (const [name, initial] of Object.entries(initialState)) {
    const text = fields.get(name);
    if (text === null) continue;
    if (typeof initial === 'string') state[name] = text;
    else if (text.trim() !== '' && Number.isFinite(Number(text))) state[name] = Number(text);
  }
  if (!isOneOf(views, state.view)) state.view = initialState.view;
  if (!isOneOf(colourings, state.colour)) state.colour = initialState.colour;
  state.waiting = state.waiting === 1 ? 1 : 0;
  for (const name of ['run', 'other', 'attempt', 'line'] as const) {
    if (!Number.isInteger(state[name]) || (state[name] as number) < 0) {
      state[name] = initialState[name];
    }
  }
  return state as unknown as PageState;
}

/** The address of a state: only what differs from the first. */
export function formatState(state: PageState): string {
  const fields = new URLSearchParams();
  for (const [name, initial] of Object.entries(initialState)) {
    const value = state[name as keyof PageState];
    if (value !== initial) fields.set(name, String(value));
  }
  return fields.size === 0 ? '' : `#${fields}`;
}

function isOneOf(allowed: readonly string[], value: unknown): boolean {
  return allowed.includes(value as string);
}
