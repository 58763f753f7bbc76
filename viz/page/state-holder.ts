/** The one state of the page, and who is told when it changes. */
import { formatState, type PageState, parseState } from './page-state.ts';

export type StateListener = (state: PageState, changed: ReadonlySet<keyof PageState>) => void;

/** Holds the state, tells of changes once a frame, and keeps the address up to date. */
export class StateHolder {
  #state: PageState;
  #changed = new Set<keyof PageState>();
  #frame = 0;
  #addressTimer = 0;
  readonly #listeners: StateListener[] = [];

  constructor() {
    this.#state = parseState(location.hash);
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
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#tell());
  }

  #tell(): void {
    this.#frame = 0;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const listener of this.#listeners) listener(this.#state, changed);
    // Browsers slow down pages that rewrite their address in every frame.
    if (this.#addressTimer === 0) {
      this.#addressTimer = window.setTimeout(() => {
        this.#addressTimer = 0;
        history.replaceState(null, '', formatState(this.#state) || '#');
      }, 300);
    }
  }
}
