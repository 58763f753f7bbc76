/** The person's desktops, and what else they may have. */
import './desktops-view.css';
import type { DesktopView, PersonView, UsageView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import type { Milestones } from '../model/progress.ts';
import { clockWords } from '../model/words.ts';
import { icon } from '../page/icons.ts';
import { desktopCard } from './desktop-card.ts';
import { usagePanel } from './usage-panel.ts';

export interface DesktopsShown {
  readonly person: PersonView;
  /** Null until they have come. */
  readonly desktops: readonly DesktopView[] | null;
  readonly usage: UsageView | null;
  readonly milestones: Milestones;
  readonly nowS: number;
}

export function desktopsView({ person, desktops, usage, milestones, nowS }: DesktopsShown): HTMLElement {
  const alive = desktops?.filter(({ state }) => state !== 'deleted') ?? null;
  const ended = desktops?.filter(({ state, owner }) => state === 'deleted' && owner === person.name) ?? [];
  const own = alive?.filter(({ owner }) => owner === person.name) ?? [];
  const shared = alive?.filter(({ owner }) => owner !== person.name) ?? [];
  const cards = (list: readonly DesktopView[]): HTMLElement =>
    element('div', { class: 'cards' }, ...list.map((desktop) => desktopCard(desktop, milestones, nowS)));
  return element(
    'main',
    { class: 'desktops' },
    element(
      'div',
      { class: 'heading' },
      element('h1', {}, element('strong', {}, 'My desktops')),
      element('a', { class: own.length === 0 ? 'button' : 'primary', href: '#apply' }, icon('plus'), 'New desktop'),
    ),
    element(
      'div',
      { class: 'columns' },
      element(
        'div',
        { class: 'lists' },
        alive === null ? element('p', { class: 'muted', role: 'status' }, 'Loading your desktops …') : null,
        alive !== null && own.length === 0 ? emptyState(shared.length > 0) : null,
        own.length > 0 ? element('h2', { class: 'only-spoken' }, 'My own') : null,
        own.length > 0 ? cards(own) : null,
        shared.length > 0 ? element('h2', {}, 'Shared with me') : null,
        shared.length > 0 ? cards(shared) : null,
        ended.length > 0 ? element('h2', {}, 'Ended') : null,
        ended.length > 0 ? endedList(ended, nowS) : null,
      ),
      usage === null ? null : element('aside', {}, usagePanel(usage)),
    ),
  );
}

/** What became of desktops that she did not delete herself. */
function endedList(ended: readonly DesktopView[], nowS: number): HTMLElement {
  return element(
    'ul',
    { class: 'ended' },
    ...ended.map(({ title, stationTitle, endedAtS, reason }) =>
      element(
        'li',
        {},
        element('strong', {}, title),
        element('span', { class: 'muted' }, ` ${stationTitle}. `),
        endedAtS == null ? 'Deleted' : `Deleted ${clockWords(endedAtS, nowS)}`,
        reason === null ? '.' : `: ${reason}`,
      ),
    ),
  );
}

function emptyState(hasShared: boolean): HTMLElement {
  return element(
    'section',
    { class: 'empty' },
    icon('linux'),
    element('h2', {}, hasShared ? 'You have no desktop of your own' : 'You have no desktop yet'),
    element(
      'p',
      { class: 'muted' },
      'Choose your station and its software, say how large the machine should be, and it will be ready in a few minutes. Your data is already there.',
    ),
    element('a', { class: 'primary', href: '#apply' }, icon('plus'), 'Apply for a desktop'),
  );
}
