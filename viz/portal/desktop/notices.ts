/** What the portal says about the desktop while one works in it: its end is near, who else looks. */
import { catchError, EMPTY, exhaustMap, filter, from, Subject, switchMap, timer } from 'rxjs';
import type { DesktopView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { askToExtend } from '../desktop-actions.ts';
import { portalApi } from '../load/api.ts';
import { listWords } from '../model/words.ts';

/** Seconds between two looks. */
const intervalS = 20;

export class Notices {
  readonly root = element('div', { class: 'notices', role: 'status' });
  /** Warnings that were put away. */
  readonly #seen = new Set<string>();
  readonly #connected = new Subject<boolean>();

  constructor(desktopId: string) {
    const looks = timer(0, intervalS * 1000).pipe(
      filter((looked) => looked === 0 || !document.hidden),
      // The stream itself tells when something has ended; a warning that cannot be had now comes with the next look.
      exhaustMap(() => from(portalApi.desktop(desktopId)).pipe(catchError(() => EMPTY))),
    );
    this.#connected
      .pipe(switchMap((isConnected) => (isConnected ? looks : EMPTY)))
      .subscribe((desktop) => this.#show(desktop));
  }

  /** Looks now and again while it is connected. */
  follow(isConnected: boolean): void {
    this.root.replaceChildren();
    this.#connected.next(isConnected);
  }

  #show(desktop: DesktopView): void {
    const { warning, viewers, owner, role } = desktop;
    const shared = viewers.length > 1 || role !== 'owner';
    this.root.replaceChildren(
      ...(warning === null || this.#seen.has(warning) ? [] : [this.#warning(warning, desktop)]),
      ...(shared
        ? [
            element(
              'p',
              { class: 'watching' },
              role === 'owner' ? `Connected: ${listWords(viewers)}` : `${owner}’s desktop`,
            ),
          ]
        : []),
    );
  }

  #warning(sentence: string, desktop: DesktopView): HTMLElement {
    const shown = element(
      'p',
      { class: 'note warn' },
      sentence,
      desktop.role === 'owner'
        ? element(
            'button',
            { type: 'button', class: 'primary', onclick: () => askToExtend(desktop, Date.now() / 1000) },
            'Extend',
          )
        : null,
      element('a', { class: 'quiet', href: './', target: '_blank', rel: 'noopener' }, 'Go to the portal'),
      element(
        'button',
        {
          type: 'button',
          class: 'quiet',
          onclick: () => {
            this.#seen.add(sentence);
            shown.remove();
          },
        },
        'Close',
      ),
    );
    return shown;
  }
}
