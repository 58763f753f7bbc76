/** A choice of one among some, each with room to say what it is. */
import './choice-cards.css';
import { element } from '../../page/element.ts';

export interface Choice {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly icon?: Node;
  readonly tags?: readonly string[];
}

/** @param name of the radio buttons, unique on the page @param chosen the id of the one that is chosen at first */
export function choiceCards(
  name: string,
  choices: readonly Choice[],
  chosen: string,
  onChoose: (id: string) => void,
): HTMLElement {
  return element(
    'div',
    { class: 'choices', role: 'radiogroup', 'aria-label': name },
    ...choices.map(({ id, title, text, icon, tags }) =>
      element(
        'label',
        { class: 'choice' },
        element('input', { type: 'radio', name, value: id, checked: id === chosen, onchange: () => onChoose(id) }),
        element(
          'span',
          { class: 'choice-text' },
          element('strong', {}, icon ?? null, title),
          element('span', { class: 'muted' }, text),
          tags === undefined
            ? null
            : element('span', { class: 'tags' }, ...tags.map((tag) => element('span', { class: 'tag' }, tag))),
        ),
      ),
    ),
  );
}
