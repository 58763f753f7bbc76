/** How the desktop fits the window, and how good its picture is. */

import { element } from '../../page/element.ts';
import { choiceCards } from '../views/choice-cards.ts';
import { type Fit, fits, type PictureSettings, type Quality, qualities } from './picture-settings.ts';

export class PicturePanel {
  readonly root: HTMLElement;
  #settings: PictureSettings;

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
      element('h2', {}, 'Quality'),
      choices('Quality', qualities, settings.quality, (quality: Quality) => set({ quality })),
    );
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
