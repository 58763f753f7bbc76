/** The portal: who is logged in, which of its views is shown, and what all of them need to know. */
import { filter, interval, Subscription } from 'rxjs';
import {
  type DesktopView,
  type LoginWays,
  loginEndings,
  type PersonView,
  type StationView,
  type UsageView,
} from '../../core/wire/portal.ts';
import { element } from '../page/element.ts';
import { patch } from '../page/patch.ts';
import { readerReturns$ } from '../page/reader-returns.ts';
import { actOn } from './desktop-actions.ts';
import { Problem, portalApi, sentenceOf } from './load/api.ts';
import { desktopFeed } from './load/desktop-feed.ts';
import { Milestones } from './model/progress.ts';
import { icon } from './page/icons.ts';
import { nameTab } from './page/service-title.ts';
import { AdminView } from './views/admin-view.ts';
import { ApplyView } from './views/apply-view.ts';
import { desktopsView } from './views/desktops-view.ts';
import { loginView } from './views/login-view.ts';
import { PageMessage } from './views/page-message.ts';
import { portalHeader, type ViewName } from './views/portal-header.ts';
import type { ShareDialog } from './views/share-dialog.ts';

/** Seconds between two looks at the clock: times that are told as spans. */
const tickS = 5;

export class PortalApp {
  readonly #root: HTMLElement;
  readonly #header = element('header', { class: 'bar' });
  readonly #message = new PageMessage();
  readonly #view = element('div', { class: 'view' });
  /** Says to who listens what else one sees. */
  readonly #spoken = element('p', { class: 'only-spoken', role: 'status' });
  #person: PersonView | null = null;
  #desktops: readonly DesktopView[] | null = null;
  #stations: readonly StationView[] | null = null;
  #usage: UsageView | null = null;
  #milestones = new Milestones();
  #feed = Subscription.EMPTY;
  #shown: ViewName | null = null;
  #apply: ApplyView | null = null;
  #admin: AdminView | null = null;
  #shareDialog: ShareDialog | null = null;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#view.addEventListener('click', (event) => void this.#click(event));
    addEventListener('hashchange', () => this.#render());
    interval(tickS * 1000)
      .pipe(filter(() => !document.hidden))
      .subscribe(() => this.#render());
  }

  async start(): Promise<void> {
    try {
      this.#enter(await portalApi.session());
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.#leave(error.login, takeLoginEnding());
      else this.#showOutage(error);
    }
  }

  #enter(person: PersonView): void {
    this.#person = person;
    this.#root.replaceChildren(this.#header, this.#message.root, this.#view, this.#spoken);
    this.#message.show('action', null);
    this.#milestones = new Milestones();
    this.#feed = desktopFeed(() => new EventSource(portalApi.eventsUrl), readerReturns$).subscribe((told) => {
      if (told.kind === 'offline') void this.#noteLoss();
      if (told.kind !== 'event') return;
      this.#message.show('connection', null);
      this.#take(told.event);
    });
    this.#render();
    void this.#ask();
  }

  /** Shows the login, and forgets all that was known. */
  #leave(ways: LoginWays | null, message: string | null): void {
    this.#feed.unsubscribe();
    this.#admin?.close();
    this.#admin = this.#apply = this.#person = this.#desktops = this.#stations = this.#usage = this.#shown = null;
    for (const dialog of document.querySelectorAll('dialog')) dialog.close();
    nameTab('Log in');
    this.#root.replaceChildren(
      loginView(ways ?? { local: true, unified: null }, message, (person) => this.#enter(person)),
    );
    this.#root.querySelector('input')?.focus();
  }

  #showOutage(error: unknown): void {
    nameTab('');
    this.#root.replaceChildren(
      element(
        'main',
        { class: 'login' },
        element('h1', {}, 'The portal is unavailable right now'),
        element('p', { class: 'note bad', role: 'alert' }, sentenceOf(error)),
        element('p', { class: 'muted' }, 'Running desktops keep running.'),
        element('button', { type: 'button', class: 'primary wide', onclick: () => void this.start() }, 'Try again'),
      ),
    );
  }

  #take(desktops: readonly DesktopView[]): void {
    const before = this.#desktops;
    this.#desktops = desktops;
    this.#milestones.note(desktops, Date.now() / 1000);
    const becameReady = desktops.filter(
      ({ id, state }) =>
        state === 'ready' && before?.some((each) => each.id === id && each.readyAtS === null && each.state !== 'ready'),
    );
    if (becameReady.length > 0)
      this.#spoken.textContent = becameReady.map(({ title }) => `${title} is ready.`).join(' ');
    if (this.#shareDialog?.isOpen) {
      const shared = desktops.find(({ id }) => id === this.#shareDialog?.desktopId);
      if (shared !== undefined) this.#shareDialog.update(shared);
    }
    this.#render();
    void this.#askUsage();
  }

  async #noteLoss(): Promise<void> {
    // The stream tells no reason: perhaps the session has ended.
    try {
      await portalApi.sessionStill();
    } catch (error) {
      if (this.#endsSession(error) || this.#person === null) return;
      this.#message.show(
        'connection',
        'The connection to the portal is lost; reconnecting. What you see may be out of date. Running desktops keep running.',
      );
    }
  }

  async #ask(): Promise<void> {
    try {
      this.#stations = await portalApi.stations();
      this.#render();
    } catch (error) {
      this.#report(error);
    }
  }

  async #askUsage(): Promise<void> {
    try {
      this.#usage = await portalApi.usage();
      if (this.#apply !== null) this.#apply.usage = this.#usage;
      this.#render();
    } catch (error) {
      this.#report(error);
    }
  }

  async #click(event: Event): Promise<void> {
    const button = (event.target as Element).closest<HTMLButtonElement>('button[data-action]');
    const id = button?.closest<HTMLElement>('[data-desktop]')?.dataset.desktop;
    const desktop = this.#desktops?.find((each) => each.id === id);
    if (!button || desktop === undefined) return;
    try {
      this.#message.show('action', null);
      const dialog = await actOn(desktop, button.dataset.action!, button.dataset.app ?? null, Date.now() / 1000);
      if (dialog !== null) this.#shareDialog = dialog;
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (this.#person === null || this.#endsSession(error)) return;
    this.#message.show('action', sentenceOf(error));
  }

  #endsSession(error: unknown): boolean {
    if (!(error instanceof Problem) || error.status !== 401) return false;
    if (this.#person !== null)
      this.#leave(error.login, 'Your session has ended. Please log in again; your desktops keep running.');
    return true;
  }

  #render(): void {
    const person = this.#person;
    if (person === null) return;
    const name = viewName(person);
    patch(
      this.#header,
      portalHeader(person, name, () => void this.#logOut()),
    );
    if (name !== 'admin') {
      this.#admin?.close();
      this.#admin = null;
    }
    const isNew = name !== this.#shown;
    this.#shown = name;
    if (name === 'admin') this.#showAdmin();
    else if (name === 'apply') this.#showApply();
    else this.#showDesktops(person);
    if (isNew) scrollTo(0, 0);
  }

  #showDesktops(person: PersonView): void {
    const wanted = desktopsView({
      person,
      desktops: this.#desktops,
      usage: this.#usage,
      milestones: this.#milestones,
      nowS: Date.now() / 1000,
    });
    const ready = this.#desktops?.filter(({ state }) => state === 'ready' || state === 'connected').length ?? 0;
    nameTab(ready > 0 ? `${ready} ready` : '');
    const shown = this.#view.firstElementChild;
    if (shown === null) this.#view.append(wanted);
    else patch(shown, wanted);
  }

  #showApply(): void {
    nameTab('New desktop');
    const offered = this.#stations?.filter(({ images }) => images.length > 0) ?? null;
    if (this.#apply === null && offered !== null && offered.length > 0) {
      this.#apply = new ApplyView({
        stations: offered,
        onApplied: (desktop) => {
          // What an event has told of it meanwhile is newer than this answer.
          const known = this.#desktops ?? [];
          if (known.every(({ id }) => id !== desktop.id)) this.#take([...known, desktop]);
          location.hash = '';
        },
      });
      if (this.#usage !== null) this.#apply.usage = this.#usage;
    }
    const content = this.#apply?.root ?? noStations(offered === null);
    if (this.#view.firstElementChild !== content) this.#view.replaceChildren(content);
  }

  #showAdmin(): void {
    nameTab('All desktops');
    if (this.#admin !== null) return;
    this.#admin = new AdminView((error) => this.#report(error));
    this.#view.replaceChildren(this.#admin.root);
  }

  async #logOut(): Promise<void> {
    try {
      await portalApi.logOut();
      await portalApi.session();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.#leave(error.login, 'You are logged out.');
      else this.#report(error);
    }
  }
}

/** By the address; what somebody may not see counts as not asked for. */
function viewName(person: PersonView): ViewName {
  if (location.hash === '#apply') return 'apply';
  return location.hash === '#admin' && person.isAdmin ? 'admin' : 'desktops';
}

function noStations(isComing: boolean): HTMLElement {
  if (isComing) return element('main', {}, element('p', { class: 'muted', role: 'status' }, 'Loading stations …'));
  return element(
    'main',
    {},
    element(
      'section',
      { class: 'empty' },
      icon('people'),
      element('h2', {}, 'You have no access to a station yet'),
      element(
        'p',
        { class: 'muted' },
        'Desktops belong to stations. Ask the staff of the station where you work to give you access.',
      ),
    ),
  );
}

/** What became of the facility's login from which the browser comes back, once; null for anything else. */
function takeLoginEnding(): string | null {
  const [, ending] = /^#login=(\w+)$/.exec(location.hash) ?? [];
  if (ending === undefined || !Object.hasOwn(loginEndings, ending)) return null;
  history.replaceState(null, '', location.pathname);
  return loginEndings[ending as keyof typeof loginEndings];
}
