/** Who else may see a desktop, and take it back. */
import type { DesktopView, ShareView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { portalApi, sentenceOf } from '../load/api.ts';
import { showDialog } from './dialogs.ts';

export class ShareDialog {
  readonly desktopId: string;
  readonly #dialog: HTMLDialogElement;
  readonly #list = element('ul', { class: 'shares', 'aria-label': 'Shared with' });
  readonly #problem = element('p', { class: 'problem', role: 'alert' });

  constructor(desktop: DesktopView) {
    this.desktopId = desktop.id;
    const person = element('input', {
      id: 'share-person',
      autocomplete: 'off',
      autocapitalize: 'none',
      required: true,
    });
    const role = element(
      'select',
      { id: 'share-role' },
      element('option', { value: 'view' }, 'can view only'),
      element('option', { value: 'control' }, 'can view and type'),
    );
    const form = element(
      'form',
      {
        class: 'share-form',
        onsubmit: (event) => {
          event.preventDefault();
          void this.#try(async () => {
            await portalApi.share(desktop.id, person.value.trim(), role.value === 'control' ? 'control' : 'view');
            person.value = '';
          });
        },
      },
      element('div', {}, element('label', { for: 'share-person' }, 'Colleague’s login name'), person),
      element('div', {}, element('label', { for: 'share-role' }, 'What they can do'), role),
      element('button', { class: 'primary' }, 'Share'),
    );
    this.#dialog = showDialog(
      `Share “${desktop.title}”`,
      element(
        'p',
        { class: 'muted' },
        'Your colleague will find it in the portal under “Shared with me”. You can stop sharing at any time; the connection then ends at once.',
      ),
      form,
      this.#problem,
      this.#list,
      element(
        'div',
        { class: 'answers' },
        element('button', { type: 'button', onclick: () => this.#dialog.close() }, 'Done'),
      ),
    );
    this.update(desktop);
  }

  get isOpen(): boolean {
    return this.#dialog.open;
  }

  update({ shares, viewers }: DesktopView): void {
    this.#list.replaceChildren(
      ...(shares.length === 0
        ? [element('li', { class: 'muted' }, 'Nobody else can see it.')]
        : shares.map((share) => this.#row(share, viewers.includes(share.person)))),
    );
  }

  #row({ person, role }: ShareView, isConnected: boolean): HTMLElement {
    return element(
      'li',
      {},
      element('strong', {}, person),
      element('span', { class: 'muted' }, role === 'view' ? 'can view only' : 'can view and type'),
      isConnected ? element('span', { class: 'state', 'data-state': 'connected' }, 'connected now') : null,
      element(
        'button',
        {
          type: 'button',
          class: 'quiet',
          'aria-label': `Stop sharing with ${person}`,
          onclick: () => void this.#try(() => portalApi.unshare(this.desktopId, person)),
        },
        'Stop sharing',
      ),
    );
  }

  async #try(act: () => Promise<void>): Promise<void> {
    this.#problem.textContent = '';
    try {
      await act();
    } catch (error) {
      this.#problem.textContent = sentenceOf(error);
    }
  }
}
