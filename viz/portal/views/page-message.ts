/** What went wrong, above every view: one sentence about what was tried, one about the connection. */
import { element } from '../../page/element.ts';

export class PageMessage {
  readonly root = element('div', { class: 'page-message', role: 'alert' });

  /** @param about what a later sentence replaces: a lost connection is told until it is found again @param sentence null: all is well */
  show(about: 'action' | 'connection', sentence: string | null): void {
    this.root.querySelector(`[data-about="${about}"]`)?.remove();
    if (sentence === null) return;
    const close = element(
      'button',
      { type: 'button', class: 'quiet', onclick: () => this.show(about, null) },
      'Close',
      element('span', { class: 'only-spoken' }, ' the message'),
    );
    this.root.append(
      element('p', { class: 'note bad', 'data-about': about }, sentence, about === 'action' ? close : null),
    );
  }
}
