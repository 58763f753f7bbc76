/** Keys that the browser keeps for itself, keys to hold, and the keyboard of a touch screen. */
import type RFB from '@novnc/novnc';
import { element } from '../../page/element.ts';
import { backspace, enter, heldKeys, type Key, keysymOf, plainKeys } from './keys.ts';

export class KeysPanel {
  readonly root: HTMLElement;
  readonly #rfb: () => RFB | null;
  /** Where a touch screen's keyboard types into: it is emptied at once, and what came is sent. */
  readonly #typed = element('textarea', {
    class: 'typed',
    rows: 1,
    'aria-label': 'Type here with the on-screen keyboard',
    placeholder: 'Touch screen: tap here to type',
    autocapitalize: 'off',
    autocomplete: 'off',
    spellcheck: 'false',
  });

  /** @param rfb of the present connection; null while there is none */
  constructor(rfb: () => RFB | null) {
    this.#rfb = rfb;
    this.#typed.addEventListener('beforeinput', (event) => this.#type(event));
    this.#typed.addEventListener('compositionend', ({ data }) => this.#sendText(data));
    this.#typed.addEventListener('input', (event) => {
      if (!(event as InputEvent).isComposing) this.#typed.value = '';
    });
    this.root = element(
      'div',
      { class: 'keys' },
      element(
        'div',
        { class: 'more' },
        element('button', { type: 'button', onclick: () => this.#rfb()?.sendCtrlAltDel() }, 'Ctrl+Alt+Del'),
        ...heldKeys.map((key) => this.#holdButton(key)),
      ),
      element('div', { class: 'key-grid' }, ...plainKeys.map((key) => this.#keyButton(key))),
      element('div', { class: 'typed-row' }, this.#typed),
      element(
        'p',
        { class: 'hint' },
        'Your own keyboard layout works: each key is sent as its character together with its position. If a character comes out wrong, choose the same layout in the desktop. Full screen lets more keys through. Ctrl+Alt+Shift brings you to these tools, Esc takes you back.',
      ),
    );
  }

  /** Lets go of what is held, as after a new connection. */
  release(): void {
    for (const button of this.root.querySelectorAll('[aria-pressed="true"]'))
      button.setAttribute('aria-pressed', 'false');
  }

  #holdButton({ label, keysym, code }: Key): HTMLButtonElement {
    const button = element(
      'button',
      {
        type: 'button',
        'aria-pressed': 'false',
        title: `Hold ${label} until pressed again`,
        onclick: () => {
          const isHeld = button.getAttribute('aria-pressed') !== 'true';
          button.setAttribute('aria-pressed', String(isHeld));
          this.#rfb()?.sendKey(keysym, code, isHeld);
        },
      },
      label,
    );
    return button;
  }

  #keyButton({ label, keysym, code }: Key): HTMLButtonElement {
    return element('button', { type: 'button', onclick: () => this.#rfb()?.sendKey(keysym, code) }, label);
  }

  #type(event: InputEvent): void {
    if (event.isComposing || event.inputType === 'insertCompositionText') return;
    event.preventDefault();
    if (event.inputType.startsWith('deleteContent')) this.#rfb()?.sendKey(backspace, 'Backspace');
    else if (event.inputType === 'insertLineBreak') this.#rfb()?.sendKey(enter, 'Enter');
    else this.#sendText(event.data ?? '');
  }

  /** By what it prints alone: a touch screen's keys sit nowhere. */
  #sendText(text: string): void {
    for (const character of text) this.#rfb()?.sendKey(keysymOf(character), null);
  }
}
