/** What the person has, against the limits. */
import type { UsageView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { round } from '../../page/quantity-words.ts';

export function usagePanel(usage: UsageView): HTMLElement {
  const { desktops, mostDesktops, cards, mostCards, cardHours, mostCardHours, windowDays } = usage;
  return element(
    'section',
    { class: 'usage', 'aria-label': 'Your usage' },
    element('h2', {}, 'Your usage'),
    meter('Desktops', desktops, mostDesktops),
    meter('Cards', cards, mostCards),
    meter(`Card-hours, ${windowDays} days`, cardHours, mostCardHours),
  );
}

function meter(name: string, value: number, most: number | null): HTMLElement {
  const shown = round(value, 1);
  return element(
    'div',
    { class: 'meter' },
    element('span', {}, name),
    element('span', { class: 'number' }, most === null ? shown : `${shown} of ${round(most, 1)}`),
    most === null
      ? null
      : element('meter', { min: 0, max: Math.max(most, 1), value, 'aria-label': name, ...highAt(most) }),
  );
}

/** Nothing is left: the bar says so. */
function highAt(most: number): { high: number; optimum: number } {
  return { high: Math.max(most, 1) * 0.999, optimum: 0 };
}
