/** Says how fresh the live view is: quietly while it is live, unmistakably when what is shown is old. */

import type { LiveStatus } from '../load/live-source.ts';
import { button, element } from '../page/element.ts';
import { formatSpan } from '../page/quantity-words.ts';

export class LiveBanner {
  readonly element: HTMLElement;
  /** Changes only when the connection comes or goes, so that a screen reader speaks then and not every second. */
  readonly #spoken = element('strong', { role: 'status', 'aria-live': 'polite' });
  readonly #counting = element('span');
  readonly #message = element('span', { class: 'live-message' });
  readonly #retry: HTMLButtonElement;

  constructor(onRetry: () => void) {
    this.#retry = button('Try now', 'Connect now', onRetry);
    this.element = element(
      'div',
      { class: 'live-banner' },
      element('i', { class: 'live-sign', 'aria-hidden': 'true' }),
      element('p', {}, this.#spoken, this.#counting, this.#message),
      this.#retry,
    );
  }

  /** @param heardMs when anything of the server was heard last; null: never */
  show({ kind, sinceMs, nextTryMs, message }: LiveStatus, heardMs: number | null, nowMs: number): void {
    const isFirst = heardMs === null && kind === 'connecting' && message === '';
    this.element.dataset.kind = kind === 'live' ? 'live' : isFirst ? 'connecting' : 'offline';
    setText(this.#spoken, kind === 'live' ? 'Live' : isFirst ? 'Connecting' : 'Not connected');
    const age = heardMs === null ? '' : formatSpan((nowMs - heardMs) / 1000);
    if (kind === 'live') setText(this.#counting, ` · ${age} old`);
    else if (isFirst) setText(this.#counting, ' …');
    else {
      const tryText =
        nextTryMs === null ? 'trying now' : `trying again in ${formatSpan(Math.ceil((nextTryMs - nowMs) / 1000))}`;
      const seen = heardMs === null ? 'nothing to show yet' : `what you see is ${age} old`;
      setText(this.#counting, ` for ${formatSpan((nowMs - sinceMs) / 1000)}; ${tryText}; ${seen}`);
    }
    setText(this.#message, message === '' ? '' : `${message[0]!.toUpperCase()}${message.slice(1)}.`);
    this.#retry.hidden = kind !== 'offline';
  }
}

/** Leaves the page alone where nothing has changed. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
