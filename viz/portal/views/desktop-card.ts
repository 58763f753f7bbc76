/** One desktop: how it is, what may be done with it. What a button does stands in its `data-action`: see desktop-actions.ts. */
import type { DesktopState, DesktopView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { type Milestones, stepsOf } from '../model/progress.ts';
import { atWords, clockWords, listWords, roughSpan, sizeWords, stateName } from '../model/words.ts';
import { icon } from '../page/icons.ts';
import { progressSteps } from './progress-steps.ts';

const open: readonly DesktopState[] = ['ready', 'connected'];
const onTheWay: readonly DesktopState[] = ['waiting', 'scheduled', 'building', 'starting'];

export function desktopCard(desktop: DesktopView, milestones: Milestones, nowS: number): HTMLElement {
  const { id, title, state, role, owner, stationTitle, imageTitle, system } = desktop;
  const steps = stepsOf(desktop, milestones);
  return element(
    'article',
    { class: 'desktop', 'data-desktop': id, 'data-state': state, 'aria-label': title },
    element(
      'header',
      {},
      element('span', { class: 'system' }, icon(system)),
      element(
        'div',
        {},
        element('div', { class: 'title-row' }, element('h3', {}, title), stateMark(state)),
        element('p', { class: 'muted' }, `${stationTitle} · ${imageTitle}`),
        role === 'owner' ? null : element('p', { class: 'muted' }, `Shared by ${owner} · ${roleWords(role)}`),
      ),
    ),
    element(
      'ul',
      { class: 'sizes', 'aria-label': 'Size' },
      ...sizeWords(desktop).map((words) => element('li', {}, words)),
    ),
    steps.length === 0 ? null : progressSteps(steps, nowS),
    note(desktop, nowS),
    desktop.warning === null ? null : element('p', { class: 'note warn' }, desktop.warning),
    facts(desktop, nowS),
    actions(desktop),
  );
}

export function stateMark(state: DesktopState): HTMLElement {
  return element('span', { class: 'state', 'data-state': state }, stateName(state));
}

export function roleWords(role: DesktopView['role']): string {
  return { owner: 'your own', control: 'you can view and type', view: 'you can view only' }[role];
}

/** Why it waits or failed, and until when. */
function note({ state, reason, expectedAtS, deleteAtS = null }: DesktopView, nowS: number): HTMLElement | null {
  const expected =
    expectedAtS === null || !onTheWay.includes(state)
      ? null
      : expectedAtS <= nowS
        ? 'Expected at any moment.'
        : `Expected ${atWords(expectedAtS, nowS)}, in ${roughSpan(expectedAtS - nowS)}.`;
  if (reason === null && expected === null) return null;
  const kind = state === 'failed' ? 'note bad' : state === 'waiting' || deleteAtS !== null ? 'note warn' : 'note';
  return element('p', { class: kind }, reason, expected === null ? null : element('strong', {}, ` ${expected}`));
}

function facts(desktop: DesktopView, nowS: number): HTMLElement | null {
  const { endsAtS, deleteAtS = null, idleEndAtS, viewers, shares, host, role, state } = desktop;
  const rows: [name: string, value: string][] = [];
  if (deleteAtS !== null) {
    rows.push(['Will be deleted', `${clockWords(deleteAtS, nowS)}, in ${roughSpan(deleteAtS - nowS)}`]);
  } else if (endsAtS !== null && state !== 'failed') {
    rows.push(['Ends', `${clockWords(endsAtS, nowS)}, in ${roughSpan(endsAtS - nowS)}`]);
  }
  if (idleEndAtS !== null) rows.push(['Ends if unused', clockWords(idleEndAtS, nowS)]);
  if (viewers.length > 0) rows.push(['Connected now', listWords(viewers)]);
  if (role === 'owner' && shares.length > 0) {
    rows.push([
      'Shared with',
      listWords(shares.map(({ person, role }) => (role === 'view' ? `${person} (view)` : person))),
    ]);
  }
  if (host !== null) rows.push(['Host', host]);
  if (rows.length === 0) return null;
  return element(
    'dl',
    { class: 'facts' },
    ...rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  );
}

/** What one opens, and below it what changes the desktop. */
function actions(desktop: DesktopView): HTMLElement {
  const rows = [
    { kind: 'openers', buttons: openers(desktop) },
    { kind: 'more', buttons: desktop.role === 'owner' ? changers(desktop) : [] },
  ];
  return element(
    'footer',
    {},
    ...rows.map(({ kind, buttons }) => (buttons.length === 0 ? null : element('div', { class: kind }, ...buttons))),
  );
}

function openers({ id, state, deleteAtS = null, role, apps, title }: DesktopView): HTMLElement[] {
  if (deleteAtS !== null) return role === 'owner' ? [action('extend', 'Extend', title, 'primary')] : [];
  if (state === 'stopped' && role === 'owner') return [action('start', 'Start', title, 'primary')];
  if (!open.includes(state)) return [];
  const connect = element(
    'a',
    { class: 'primary', href: `desktop.html#desktop=${encodeURIComponent(id)}`, target: '_blank', rel: 'noopener' },
    role === 'view' ? 'Watch' : 'Connect',
    icon('open'),
    element('span', { class: 'only-spoken' }, ` ${title}, in a new tab`),
  );
  if (role === 'view') return [connect];
  const appButtons = apps.map((app) =>
    element(
      'button',
      { type: 'button', 'data-action': 'app', 'data-app': app.id },
      app.title,
      icon('open'),
      element('span', { class: 'only-spoken' }, ` of ${title}, in a new tab`),
    ),
  );
  return [connect, ...appButtons];
}

function changers({ state, deleteAtS = null, title }: DesktopView): HTMLElement[] {
  const isOpen = open.includes(state) && deleteAtS === null;
  return [
    (isOpen || state === 'stopped') && deleteAtS === null ? action('extend', 'Extend', title) : null,
    state === 'failed' || state === 'deleting' ? null : action('share', 'Share', title),
    isOpen ? action('restart', 'Restart', title) : null,
    isOpen ? action('stop', 'Stop', title) : null,
    state === 'deleting' ? null : action('delete', onTheWay.includes(state) ? 'Withdraw' : 'Delete', title),
  ].filter((each) => each !== null);
}

function action(name: string, label: string, title: string, kind = 'quiet'): HTMLButtonElement {
  return element(
    'button',
    { type: 'button', class: kind, 'data-action': name },
    label,
    element('span', { class: 'only-spoken' }, ` ${title}`),
  );
}
