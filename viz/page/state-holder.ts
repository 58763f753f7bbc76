/** The one state of the page, and who is told when it changes. */
import { animationFrameScheduler, auditTime, Subject } from 'rxjs';
import { formatState, type PageState, parseState } from './page-state.ts';

export type StateListener = (state: PageState, changed: ReadonlySet<keyof PageState>) => void;

/** Milliseconds between two changes of the address at least. */
const addressIntervalMs = 300;

/** Holds the state, tells of changes once a frame, and keeps the address up to date. */
export class StateHolder {
  #state: PageState;
  #changed = new Set<keyof PageState>();
  readonly #sets = new Subject<void>();
  readonly #listeners: StateListener[] = [];

  constructor() {
    this.#state = parseState(location.hash);
    this.#sets.pipe(auditTime(0, animationFrameScheduler)).subscribe(() => this.#tell());
    // Browsers slow down pages that rewrite their address in every frame.
    this.#sets
      .pipe(auditTime(addressIntervalMs))
      .subscribe(() => history.replaceState(null, '', formatState(this.#state) || '#'));
    addEventListener('hashchange', () => this.set(parseState(location.hash)));
  }

  get state(): PageState {
    return this.#state;
  }

  onChange(listener: StateListener): void {
    this.#listeners.push(listener);
  }

  set(change: Partial<PageState>): void {
    for (const name of Object.keys(change) as (keyof PageState)[]) {
      if (change[name] !== this.#state[name]) this.#changed.add(name);
    }
    if (this.#changed.size === 0) return;
    this.#state = { ...this.#state, ...change };
    this.#sets.next();
  }

  #tell(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const listener of this.#listeners) listener(this.#state, changed);
  }
}
