/** How the desktop fits the window, and how good its picture is. */

import { element } from '../../page/element.ts';
import { choiceCards } from '../views/choice-cards.ts';
import { type Fit, fits, type PictureSettings, type Quality, qualities } from './picture-settings.ts';

export class PicturePanel {
  readonly root: HTMLElement;
  #settings: PictureSettings;
  readonly #hint = element(
    'p',
    { class: 'hint' },
    'The desktop has the size of its owner’s window. Here it is drawn smaller or larger, or you scroll.',
  );

  constructor(settings: PictureSettings, onChange: (settings: PictureSettings) => void) {
    this.#settings = settings;
    const set = (change: Partial<PictureSettings>): void => {
      this.#settings = { ...this.#settings, ...change };
      onChange(this.#settings);
    };
    this.root = element(
      'div',
      {},
      element('h2', {}, 'Size'),
      choices('Size', fits, settings.fit, (fit: Fit) => set({ fit })),
      this.#hint,
      element('h2', {}, 'Quality'),
      choices('Quality', qualities, settings.quality, (quality: Quality) => set({ quality })),
    );
  }

  /** Whether this window may set the size of the desktop. */
  set setsSize(setsSize: boolean) {
    this.#hint.hidden = setsSize;
    const follow = this.root.querySelector<HTMLInputElement>('input[value="window"]')!;
    const other = this.root.querySelector<HTMLInputElement>('input[value="scale"]')!;
    follow.closest<HTMLElement>('.choice')!.hidden = !setsSize;
    // What is chosen stays the person's choice for her own desktops; here it comes to the same as scaling.
    const isFollowing = this.#settings.fit === 'window';
    follow.checked = setsSize && isFollowing;
    if (!setsSize && isFollowing) other.checked = true;
    else if (setsSize && !isFollowing) other.checked = this.#settings.fit === 'scale';
  }
}

function choices<Id extends string>(
  name: string,
  of: Readonly<Record<Id, { readonly label: string; readonly text: string }>>,
  chosen: Id,
  onChoose: (id: Id) => void,
): HTMLElement {
  const list = (Object.keys(of) as Id[]).map((id) => ({ id, title: of[id].label, text: of[id].text }));
  return choiceCards(name, list, chosen, (id) => onChoose(id as Id));
}
