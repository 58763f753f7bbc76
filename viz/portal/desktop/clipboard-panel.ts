/** The clipboard between the desktop and this computer, as far as the station allows it. */

import { Subscription, timer } from 'rxjs';
import type { ClipboardPolicy } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { count } from '../../page/quantity-words.ts';

/** Where the gateway alone knows the policy: it drops what is too long. */
const unknownPolicy: ClipboardPolicy = { mostIn: 65_536, mostOut: 65_536 };

/** Seconds after which a text that the desktop said it has is said not to come. */
const textPatienceS = 4;

/** The clipboard of the desktop. */
export interface DesktopClipboard {
  /** Whether it takes any Unicode; otherwise Latin-1. */
  takesAnyText(): boolean;
  put(text: string): void;
}

export class ClipboardPanel {
  readonly root: HTMLElement;
  readonly #desktop: DesktopClipboard;
  readonly #fromDesktop = element('textarea', { id: 'clipboard-out', rows: 3, readonly: true });
  readonly #toDesktop = element('textarea', { id: 'clipboard-in', rows: 3 });
  readonly #outPart: HTMLElement;
  readonly #inPart: HTMLElement;
  readonly #said = element('p', { class: 'hint', role: 'status' });
  #policy = unknownPolicy;
  /** What went in last, so that the same text is not sent at each glance at the tab. */
  #sent: string | null = null;
  #expecting = Subscription.EMPTY;

  constructor(desktop: DesktopClipboard) {
    this.#desktop = desktop;
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

  /** Of a new connection. Null: not known here. */
  set policy(policy: ClipboardPolicy | null) {
    this.#policy = policy ?? unknownPolicy;
    // The page held it for the desktop, which asks when somebody pastes: with the connection it is gone.
    this.#sent = null;
    this.#expecting.unsubscribe();
    this.#outPart.hidden = this.#policy.mostOut === 0;
    this.#inPart.hidden = this.#policy.mostIn === 0;
    if (this.#policy.mostIn === 0 && this.#policy.mostOut === 0)
      this.#say('This station does not allow copying to or from the desktop.');
  }

  /** Nothing of the desktop is to be read any more. */
  clear(): void {
    this.#expecting.unsubscribe();
    this.#fromDesktop.value = '';
    this.#toDesktop.value = '';
    this.#say('');
  }

  /** Something was copied in the desktop, and is on its way. */
  expect(): void {
    this.#expecting.unsubscribe();
    this.#expecting = timer(textPatienceS * 1000).subscribe(() =>
      this.#say(
        `What you copied in the desktop did not arrive here: the program did not hand it over, or it is too long. This station allows at most ${count(this.#policy.mostOut)} characters. Copy less at a time, or use a file.`,
      ),
    );
  }

  /** Something that was copied in the desktop has come. */
  receive(text: string): void {
    this.#expecting.unsubscribe();
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

  #sendIn(typed: string): void {
    const { mostIn } = this.#policy;
    // Half of a character, as some programs copy it, could not be sent at all.
    const text = typed.replaceAll(/\p{Surrogate}/gu, '\ufffd');
    const refusal =
      text === ''
        ? 'There is nothing to send.'
        : text.length > mostIn
          ? `Too long: ${count(text.length)} characters; this station allows at most ${count(mostIn)}.`
          : this.#desktop.takesAnyText()
            ? null
            : latin1Refusal(text);
    if (refusal !== null) {
      this.#say(refusal);
      return;
    }
    this.#sent = typed;
    this.#desktop.put(text);
    this.#say('In the desktop’s clipboard now: paste it there with Ctrl+V.');
  }

  /** Once the person has allowed it, what was copied elsewhere is there to paste when they come back to this tab. */
  async #followWindow(): Promise<void> {
    if (this.#policy.mostIn === 0 || !(await mayReadClipboard())) return;
    try {
      const text = await navigator.clipboard.readText();
      if (text !== '' && text !== this.#sent && text.length <= this.#policy.mostIn) this.#sendIn(text);
    } catch {
      this.#say('The browser does not let this page read what you copied.');
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

/** Null for a text that a desktop without Unicode can take. */
function latin1Refusal(text: string): string | null {
  const others = [...new Set([...text].filter((character) => character.codePointAt(0)! > 0xff))];
  if (others.length === 0) return null;
  const shown = others.slice(0, 5).join(' ');
  return `Not sent: the streaming server of this desktop takes Western European letters only, which leaves out ${shown}${others.length > 5 ? ' …' : ''}. Use a file.`;
}
