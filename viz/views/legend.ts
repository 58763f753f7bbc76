/** Says what the colours and signs of the cluster map mean; a category can be made to stand out. */
import { type Colour, cssColour } from '../page/colour.ts';
import { element } from '../page/element.ts';
import type { Theme } from '../page/theme.ts';

export interface LegendContent {
  readonly theme: Theme;
  /** Categories in order of their colours; null: colours show use. */
  readonly names: readonly string[] | null;
  /** The one that stands out; '' = none. */
  readonly only: string;
  /** Signs that may occur. */
  readonly hasCards: boolean;
  readonly canFail: boolean;
  readonly canBeStale: boolean;
}

export function legend(content: LegendContent, onOnly: (name: string) => void): HTMLElement {
  const { theme, names, only, hasCards, canFail, canBeStale } = content;
  const colours =
    names === null
      ? [element('span', { class: 'key' }, 'empty ', ramp(theme.use), ' full')]
      : names.map((name, place) =>
          element(
            'button',
            {
              type: 'button',
              class: 'chip',
              'aria-pressed': name === only ? 'true' : 'false',
              title: name === only ? 'Highlight none' : `Highlight ${name}`,
              onclick: () => onOnly(name === only ? '' : name),
            },
            swatch(theme.categories[place]!),
            name,
          ),
        );
  return element(
    'div',
    { class: 'legend' },
    ...colours,
    element('span', { class: 'key muted' }, hasCards ? 'bars: vCPUs, RAM · cells: cards' : 'bars: vCPUs, RAM'),
    canFail && element('span', { class: 'key muted' }, element('i', { class: 'sign down' }), 'host down'),
    canFail &&
      hasCards &&
      element('span', { class: 'key muted' }, element('i', { class: 'sign failed' }, '✕'), 'card failed'),
    canBeStale &&
      element('span', { class: 'key muted' }, element('i', { class: 'sign stale' }), 'SRM record out of date'),
  );
}

function ramp(colours: readonly Colour[]): HTMLElement {
  const stops = [0, 25, 50, 75, 100].map((step) => cssColour(colours[step]!)).join(', ');
  return element('i', { class: 'ramp', style: `background: linear-gradient(90deg, ${stops})` });
}

function swatch(colour: Colour): HTMLElement {
  return element('i', { class: 'swatch', style: `background: ${cssColour(colour)}` });
}
