/** All desktops, for administrators: find one, stop it, look at its console, read what happened. */
import './admin-view.css';
import {
  catchError,
  EMPTY,
  filter,
  from,
  interval,
  merge,
  type Observable,
  Subject,
  type Subscription,
  startWith,
  switchMap,
} from 'rxjs';
import { type AuditView, type DesktopState, type DesktopView, desktopStates } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { patch } from '../../page/patch.ts';
import { plural } from '../../page/quantity-words.ts';
import { portalApi } from '../load/api.ts';
import { clockWords, dateTimeWords, listWords, sizeWords, stateName } from '../model/words.ts';
import { stateMark } from './desktop-card.ts';
import { askInDialog } from './dialogs.ts';

/** Seconds between two looks at all desktops, while the page is seen. */
const refreshS = 5;
/** While there is a machine to stop, or to look at the console of. */
const machineStates: readonly DesktopState[] = ['building', 'starting', 'ready', 'connected'];
/** Rows of the audit trail. */
const auditLimit = 200;

export class AdminView {
  readonly root: HTMLElement;
  readonly #onProblem: (error: unknown) => void;
  readonly #search = element('input', {
    id: 'admin-search',
    type: 'search',
    placeholder: 'title, person, station, host',
    oninput: () => this.refresh(),
  });
  readonly #state = element(
    'select',
    { id: 'admin-state', onchange: () => this.refresh() },
    element('option', { value: '' }, 'any state'),
    ...desktopStates.map((state) => element('option', { value: state }, stateName(state))),
  );
  readonly #table = element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'All desktops' });
  readonly #count = element('span', { class: 'muted', role: 'status' });
  readonly #audit = element('section', { class: 'audit panel', 'aria-label': 'Audit trail' });
  readonly #asks = new Subject<void>();
  readonly #asking: Subscription;
  #desktops: readonly DesktopView[] = [];

  constructor(onProblem: (error: unknown) => void) {
    this.#onProblem = onProblem;
    this.root = element(
      'main',
      { class: 'admin' },
      element('div', { class: 'heading' }, element('h1', {}, element('strong', {}, 'All desktops')), this.#count),
      element(
        'div',
        { class: 'filters' },
        element('label', { for: 'admin-search' }, 'Find'),
        this.#search,
        element('label', { for: 'admin-state' }, 'State'),
        this.#state,
        element('button', { type: 'button', onclick: () => void this.#showAudit({}) }, 'Full audit trail'),
      ),
      this.#table,
      this.#audit,
    );
    this.#audit.hidden = true;
    this.#table.addEventListener('click', (event) => this.#click(event));
    // A late answer to an earlier question is not shown.
    this.#asking = merge(this.#asks, interval(refreshS * 1000).pipe(filter(() => !document.hidden)))
      .pipe(
        startWith(undefined),
        switchMap(() => this.#answer()),
      )
      .subscribe((desktops) => this.#show(desktops));
  }

  close(): void {
    this.#asking.unsubscribe();
  }

  refresh(): void {
    this.#asks.next();
  }

  /** The desktops asked for; nothing where there is a problem, which is told. */
  #answer(): Observable<readonly DesktopView[]> {
    return from(portalApi.adminDesktops(this.#search.value.trim(), this.#state.value as DesktopState | '')).pipe(
      catchError((error: unknown) => {
        this.#onProblem(error);
        return EMPTY;
      }),
    );
  }

  #show(desktops: readonly DesktopView[]): void {
    this.#desktops = desktops;
    this.#count.textContent = plural(desktops.length, 'desktop');
    const wanted = element('div', {}, desktopTable(desktops, Date.now() / 1000));
    if (this.#table.firstElementChild === null) this.#table.append(wanted);
    else patch(this.#table.firstElementChild, wanted);
  }

  #click(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>('[data-admin]');
    const id = button?.closest<HTMLElement>('[data-desktop]')?.dataset.desktop;
    const desktop = this.#desktops.find((each) => each.id === id);
    if (button === null || desktop === undefined) return;
    if (button.dataset.admin === 'audit') void this.#showAudit({ desktop: desktop.id }, desktop.title);
    else if (button.dataset.admin === 'person') void this.#showAudit({ person: desktop.owner }, desktop.owner);
    else this.#askFirst(desktop, button.dataset.admin === 'stop' ? 'stop' : 'delete');
  }

  #askFirst(desktop: DesktopView, verb: 'stop' | 'delete'): void {
    const { id, title, owner, viewers } = desktop;
    const meaning =
      verb === 'stop'
        ? 'Its programs end at once, without asking its owner; its disk is kept.'
        : 'The desktop and everything on its own disk will be gone for good.';
    const connected = viewers.length === 0 ? 'Nobody is connected.' : `Connected now: ${listWords(viewers)}.`;
    askInDialog(
      `${verb === 'stop' ? 'Stop' : 'Delete'} “${title}” of ${owner}?`,
      [element('p', {}, `${meaning} ${connected}`)],
      {
        label: verb === 'stop' ? 'Stop it' : 'Delete it',
        kind: 'danger',
        act: async () => {
          await (verb === 'stop' ? portalApi.adminStop(id) : portalApi.adminRemove(id));
          this.refresh();
        },
      },
    );
  }

  async #showAudit(of: { desktop?: string; person?: string }, name?: string): Promise<void> {
    try {
      const rows = await portalApi.audit({ ...of, limit: auditLimit });
      this.#audit.hidden = false;
      this.#audit.replaceChildren(
        element(
          'div',
          { class: 'heading-row' },
          element('h2', {}, name === undefined ? 'Audit trail' : `Audit trail: ${name}`),
          element(
            'div',
            { class: 'more' },
            element('a', { class: 'quiet', href: portalApi.auditFileUrl(of), download: 'audit.csv' }, 'Save as CSV'),
            element('button', { type: 'button', onclick: () => (this.#audit.hidden = true) }, 'Close'),
          ),
        ),
        element(
          'div',
          { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Rows of the audit trail' },
          auditTable(rows),
        ),
      );
      this.#audit.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      this.#onProblem(error);
    }
  }
}

function desktopTable(desktops: readonly DesktopView[], nowS: number): HTMLElement {
  if (desktops.length === 0) return element('p', { class: 'muted' }, 'No desktop matches.');
  const names = ['Desktop', 'Person', 'State', 'Size', 'Host', 'Ends', 'Connected', 'Actions'];
  return element(
    'table',
    { class: 'figures' },
    element('thead', {}, element('tr', {}, ...names.map((name) => element('th', { scope: 'col' }, name)))),
    element('tbody', {}, ...desktops.map((desktop) => desktopRow(desktop, nowS))),
  );
}

function desktopRow(desktop: DesktopView, nowS: number): HTMLElement {
  const { id, title, owner, stationTitle, imageTitle, state, reason, host, endsAtS, viewers } = desktop;
  const runs = machineStates.includes(state);
  const act = (name: string, label: string): HTMLElement =>
    element(
      'button',
      { type: 'button', class: 'quiet', 'data-admin': name },
      label,
      element('span', { class: 'only-spoken' }, ` ${title}`),
    );
  return element(
    'tr',
    { 'data-desktop': id },
    element(
      'td',
      {},
      element('strong', {}, title),
      element('div', { class: 'muted' }, `${stationTitle} · ${imageTitle}`),
    ),
    element(
      'td',
      {},
      element(
        'button',
        { type: 'button', class: 'link', 'data-admin': 'person', title: `Audit trail of ${owner}` },
        owner,
      ),
    ),
    element('td', {}, stateMark(state), reason === null ? null : element('div', { class: 'muted reason' }, reason)),
    element('td', {}, sizeWords(desktop).join(', ')),
    element('td', {}, host ?? '–'),
    element('td', {}, endsAtS === null ? '–' : clockWords(endsAtS, nowS)),
    element('td', {}, viewers.length === 0 ? '–' : listWords(viewers)),
    element(
      'td',
      {},
      element(
        'div',
        { class: 'more' },
        runs
          ? element(
              'a',
              {
                class: 'quiet',
                href: `desktop.html#console=${encodeURIComponent(id)}`,
                target: '_blank',
                rel: 'noopener',
              },
              'Console',
              element('span', { class: 'only-spoken' }, ` of ${title}, in a new tab`),
            )
          : null,
        act('audit', 'Audit'),
        runs ? act('stop', 'Stop') : null,
        state === 'deleted' ? null : act('delete', 'Delete'),
      ),
    ),
  );
}

function auditTable(rows: readonly AuditView[]): HTMLElement {
  if (rows.length === 0) return element('p', { class: 'muted' }, 'Nothing has been recorded.');
  const names = ['When', 'Person', 'What', 'Detail', 'From'];
  return element(
    'table',
    { class: 'figures' },
    element('thead', {}, element('tr', {}, ...names.map((name) => element('th', { scope: 'col' }, name)))),
    element(
      'tbody',
      {},
      ...rows.map(({ atS, person, action, detail, address }) =>
        element(
          'tr',
          {},
          element('td', {}, element('time', { datetime: new Date(atS * 1000).toISOString() }, dateTimeWords(atS))),
          ...[person, action, detail, address].map((value) => element('td', {}, value ?? '–')),
        ),
      ),
    ),
  );
}
