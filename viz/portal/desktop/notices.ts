/** What the portal says about the desktop while one works in it: its end is near, who else looks. */
import type { DesktopView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { portalApi } from '../load/api.ts';
import { listWords } from '../model/words.ts';

/** Seconds between two looks. */
const intervalS = 20;

export class Notices {
  readonly root = element('div', { class: 'notices', role: 'status' });
  readonly #desktopId: string;
  /** Warnings that were put away. */
  readonly #seen = new Set<string>();
  #timer = 0;

  constructor(desktopId: string) {
    this.#desktopId = desktopId;
  }

  /** Looks now and again while it is connected. */
  follow(isConnected: boolean): void {
    clearInterval(this.#timer);
    this.root.replaceChildren();
    if (!isConnected) return;
    void this.#look();
    this.#timer = window.setInterval(() => {
      if (!document.hidden) void this.#look();
    }, intervalS * 1000);
  }

  async #look(): Promise<void> {
    let desktop: DesktopView;
    try {
      desktop = await portalApi.desktop(this.#desktopId);
    } catch {
      // The stream itself tells when something has ended; a warning that cannot be had now comes with the next look.
      return;
    }
    const { warning, viewers, owner, role } = desktop;
    const shared = viewers.length > 1 || role !== 'owner';
    this.root.replaceChildren(
      ...(warning === null || this.#seen.has(warning) ? [] : [this.#warning(warning)]),
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

  #warning(sentence: string): HTMLElement {
    const shown = element(
      'p',
      { class: 'note warn' },
      sentence,
      element('a', { class: 'quiet', href: './', target: '_blank', rel: 'noopener' }, 'To the portal'),
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
