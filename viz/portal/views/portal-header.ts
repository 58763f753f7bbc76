/** The bar at the top of the portal: where one is, who one is. */
import type { PersonView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { switchTheme } from '../../page/theme-choice.ts';
import { icon } from '../page/icons.ts';
import { serviceTitle } from '../page/service-title.ts';

export type ViewName = 'desktops' | 'apply' | 'admin';

export function portalHeader(person: PersonView, view: ViewName, onLogOut: () => void): HTMLElement {
  const link = (name: ViewName, hash: string, label: string): HTMLElement =>
    element('a', { href: hash, ...(name === view ? { 'aria-current': 'page' } : {}) }, label);
  return element(
    'header',
    { class: 'bar' },
    element('span', { class: 'brand' }, icon('linux'), serviceTitle),
    element(
      'nav',
      { 'aria-label': 'Views' },
      link('desktops', '#', 'My desktops'),
      link('apply', '#apply', 'New desktop'),
      person.isAdmin ? link('admin', '#admin', 'All desktops') : null,
    ),
    element('span', { class: 'spacer' }),
    element('span', { class: 'person', title: person.name }, person.displayName),
    element(
      'button',
      {
        type: 'button',
        class: 'quiet square',
        'aria-label': 'Light or dark',
        title: 'Light or dark',
        onclick: switchTheme,
      },
      icon('theme'),
    ),
    element('button', { type: 'button', class: 'quiet', onclick: onLogOut }, 'Log out'),
  );
}
