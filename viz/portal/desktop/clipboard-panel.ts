/** The clipboard between the desktop and this computer, as far as the station allows it. */
import type { ClipboardPolicy } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { count } from '../../page/quantity-words.ts';

/** Where the gateway alone knows the policy: it drops what is too long. */
const unknownPolicy: ClipboardPolicy = { mostIn: 65_536, mostOut: 65_536 };

export class ClipboardPanel {
  readonly root: HTMLElement;
  readonly #send: (text: string) => void;
  readonly #fromDesktop = element('textarea', { id: 'clipboard-out', rows: 3, readonly: true });
  readonly #toDesktop = element('textarea', { id: 'clipboard-in', rows: 3 });
  readonly #outPart: HTMLElement;
  readonly #inPart: HTMLElement;
  readonly #said = element('p', { class: 'hint', role: 'status' });
  #policy = unknownPolicy;
  /** What went in last, so that the same text is not sent at each glance at the tab. */
  #sent: string | null = null;

  /** @param send puts a text into the desktop's clipboard */
  constructor(send: (text: string) => void) {
    this.#send = send;
    this.#outPart = element(
      'div',
      { class: 'clipboard-part' },
      element('label', { for: 'clipboard-out' }, 'Copied in the desktop'),
      this.#fromDesktop,
      element('button', { type: 'button', onclick: () => void this.#copyOut() }, 'Copy to this computer'),
    );
    this.#inPart = element(
      'div',
      { class: 'clipboard-part' },
      element('label', { for: 'clipboard-in' }, 'To the desktop’s clipboard'),
      this.#toDesktop,
      element(
        'div',
        { class: 'more' },
        element('button', { type: 'button', onclick: () => this.#sendIn(this.#toDesktop.value) }, 'Send'),
        element(
          'button',
          { type: 'button', onclick: () => void this.#pasteIn() },
          'Send what this computer has copied',
        ),
      ),
    );
    this.root = element('div', {}, this.#outPart, this.#inPart, this.#said);
    addEventListener('focus', () => void this.#followWindow());
  }

  /** Null: not known here. */
  set policy(policy: ClipboardPolicy | null) {
    this.#policy = policy ?? unknownPolicy;
    this.#outPart.hidden = this.#policy.mostOut === 0;
    this.#inPart.hidden = this.#policy.mostIn === 0;
    if (this.#policy.mostIn === 0 && this.#policy.mostOut === 0)
      this.#say('This station does not allow copying to or from the desktop.');
  }

  /** Something was copied in the desktop. */
  receive(text: string): void {
    const { mostOut } = this.#policy;
    if (mostOut === 0) return;
    if (text.length > mostOut) {
      this.#say(`You copied ${count(text.length)} characters; this station allows at most ${count(mostOut)}.`);
      return;
    }
    this.#fromDesktop.value = text;
    this.#sent = text;
    // Allowed where the browser asks nothing; otherwise it waits here for the button.
    void this.#copyOut();
  }

  async #copyOut(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#fromDesktop.value);
      this.#say('Copied to this computer.');
    } catch {
      this.#say(
        'The browser does not let this page copy on its own: press the button, or select the text and press Ctrl+C.',
      );
    }
  }

  async #pasteIn(): Promise<void> {
    try {
      this.#sendIn(await navigator.clipboard.readText());
    } catch {
      this.#say('The browser does not let this page read what you copied: paste it into the box and press Send.');
      this.#toDesktop.focus();
    }
  }

  #sendIn(text: string): void {
    const { mostIn } = this.#policy;
    if (text === '' || text.length > mostIn) {
      this.#say(
        text === ''
          ? 'There is nothing to send.'
          : `Too long: ${count(text.length)} characters; this station allows at most ${count(mostIn)}.`,
      );
      return;
    }
    this.#sent = text;
    this.#send(text);
    this.#say('Sent: paste it in the desktop with Ctrl+V.');
  }

  /** Once the person has allowed it, what was copied elsewhere is there to paste when they come back to this tab. */
  async #followWindow(): Promise<void> {
    if (this.#policy.mostIn === 0 || !(await mayReadClipboard())) return;
    try {
      const text = await navigator.clipboard.readText();
      if (text !== '' && text !== this.#sent && text.length <= this.#policy.mostIn) this.#sendIn(text);
    } catch (error) {
      this.#say(`The browser does not let this page read what you copied. (${String(error)})`);
    }
  }

  #say(sentence: string): void {
    this.#said.textContent = sentence;
  }
}

/** Only where it was granted before: a question of the browser's out of the blue would frighten. */
async function mayReadClipboard(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: 'clipboard-read' as PermissionName })).state === 'granted';
  } catch {
    // Firefox and Safari know no such permission.
    return false;
  }
}
