/** What lies over the picture while there is none: why, and what one can do. */
import { interval, Subscription, startWith } from 'rxjs';
import { element } from '../../page/element.ts';
import type { LinkState } from './link.ts';

export interface VeilOptions {
  /** Whether this origin has the portal to go back to. */
  readonly hasPortal: boolean;
  readonly onConnect: () => void;
}

export class Veil {
  readonly root = element('section', { class: 'veil', 'aria-label': 'Connection', 'aria-live': 'polite' });
  readonly #options: VeilOptions;
  #counting = Subscription.EMPTY;

  constructor(options: VeilOptions) {
    this.#options = options;
  }

  show(state: LinkState): void {
    this.#counting.unsubscribe();
    this.root.hidden = state.kind === 'connected';
    this.root.dataset.kind = state.kind;
    if (state.kind === 'connected') return;
    this.root.replaceChildren(element('div', { class: 'veil-card' }, ...this.#content(state)));
  }

  #content(state: Exclude<LinkState, { kind: 'connected' }>): (Node | null)[] {
    if (state.kind === 'connecting') {
      return [
        element('div', { class: 'pulse' }),
        element('h1', {}, 'Connecting …'),
        element('p', {}, 'The desktop will appear in this tab.'),
      ];
    }
    if (state.kind === 'broken') {
      const wait = element('p', { class: 'muted', 'aria-live': 'off' });
      const count = (): void => {
        wait.textContent =
          state.nextTryMs === null
            ? 'Next try when you return to this tab.'
            : `Next try in ${Math.max(0, Math.ceil((state.nextTryMs - performance.now()) / 1000))} s.`;
      };
      this.#counting = interval(250).pipe(startWith(0)).subscribe(count);
      return [
        element('div', { class: 'pulse' }),
        element('h1', {}, 'Reconnecting …'),
        element('p', {}, state.sentence),
        wait,
        element('div', { class: 'answers' }, button('Try now', 'primary', this.#options.onConnect), this.#back()),
      ];
    }
    return [
      element('h1', {}, 'Not connected'),
      element('p', {}, state.sentence),
      element(
        'div',
        { class: 'answers' },
        state.mayReturn && this.#options.hasPortal ? button('Connect again', 'primary', this.#options.onConnect) : null,
        this.#back(),
      ),
    ];
  }

  #back(): HTMLElement | null {
    return this.#options.hasPortal ? element('a', { class: 'button', href: './' }, 'Back to the portal') : null;
  }
}

function button(label: string, kind: string, onClick: () => void): HTMLButtonElement {
  return element('button', { type: 'button', class: kind, onclick: onClick }, label);
}
