/** A cloud as it is now: follows its stream, draws at most once a frame, and says so when what it shows is old. */
import {
  animationFrameScheduler,
  auditTime,
  interval,
  merge,
  Subject,
  startWith,
  switchMap,
  tap,
  throttleTime,
} from 'rxjs';
import { LiveState } from '../../core/wire/live-state.ts';
import type { LiveChange, LiveSnapshot } from '../../core/wire/live-stream.ts';
import { ClusterMap } from '../charts/cluster-map.ts';
import { followLive } from '../load/live-connection.ts';
import type { LiveHandlers, LiveStatus } from '../load/live-source.ts';
import { type ModelCategories, modelCategoriesOf } from '../model/categories.ts';
import { type HostKind, hostKindsOf } from '../model/host-kinds.ts';
import { LiveColours } from '../model/live-colours.ts';
import { eventOfRefusal, eventsOf, type LiveEvent } from '../model/live-events.ts';
import { LiveMoment, totalsOf } from '../model/live-moment.ts';
import type { ClusterMoment } from '../model/moment.ts';
import { element } from '../page/element.ts';
import type { PageState } from '../page/page-state.ts';
import { patch } from '../page/patch.ts';
import { count, formatSpan } from '../page/quantity-words.ts';
import { saveButtons } from '../page/save.ts';
import type { StateHolder } from '../page/state-holder.ts';
import { currentTheme } from '../page/theme.ts';
import { colourSelect } from './colour-select.ts';
import { legend } from './legend.ts';
import { LiveBanner } from './live-banner.ts';
import { LiveFigures } from './live-figures.ts';
import { liveHostPanel } from './live-host-panel.ts';
import { eventList, faultList, waitingList } from './live-lists.ts';
import './live-view.css';

const mostEvents = 50;
/** Figures and lists change no more often than this, so that they can be read. */
const listIntervalMs = 250;

/** A connection's state with all that is made from it. */
interface Shown {
  readonly state: LiveState;
  readonly moment: LiveMoment;
  readonly kinds: readonly HostKind[];
  readonly hostNamed: ReadonlyMap<string, number>;
  readonly models: ModelCategories;
  colours: LiveColours | null;
}

export class LiveView {
  readonly element: HTMLElement;
  readonly #holder: StateHolder;
  readonly #banner = new LiveBanner(() => this.#retries.next());
  readonly #figures = new LiveFigures();
  readonly #map: ClusterMap;
  readonly #colour: HTMLSelectElement;
  readonly #legend = element('div', { class: 'legend-box' });
  readonly #under = element('p', { class: 'muted' });
  readonly #side = element('div', { class: 'live-side' });
  readonly #body: HTMLElement;
  /** The reader asks to connect now. */
  readonly #retries = new Subject<void>();
  /** Something to draw has changed. */
  readonly #changes = new Subject<void>();
  /** The map has been drawn. */
  readonly #draws = new Subject<void>();
  /** What is shown is another thing: the lists follow with the next draw, whenever they changed last. */
  readonly #switches = new Subject<void>();
  #status: LiveStatus | null = null;
  #shown: Shown | null = null;
  #events: LiveEvent[] = [];
  /** The server's time when it was heard last, Unix seconds, and ours then, milliseconds. */
  #heard: { atS: number; atMs: number } | null = null;
  #hovered = -1;

  constructor(holder: StateHolder) {
    this.#holder = holder;
    this.#map = new ClusterMap('The hosts of the cloud', {
      onHover: (host) => this.#hover(host),
      onSelect: (host) => this.#select(host),
    });
    this.#colour = colourSelect(holder);
    this.#body = element(
      'div',
      { class: 'live-body', hidden: true },
      element(
        'section',
        { class: 'panel live-map', 'aria-label': 'Cloud' },
        element(
          'div',
          { class: 'toolbar' },
          element('label', {}, 'Colour by ', this.#colour),
          this.#legend,
          saveButtons('cloud', () => this.#map.toSvg(this.#under.textContent)),
        ),
        this.#map.element,
        this.#under,
      ),
      this.#side,
    );
    const title = element('h1', { class: 'only-spoken' }, 'The live cloud');
    this.element = element(
      'div',
      { class: 'live-view' },
      title,
      this.#banner.element,
      this.#figures.element,
      this.#body,
    );
    this.#figures.element.hidden = true;
    this.#changes.pipe(auditTime(0, animationFrameScheduler)).subscribe(() => this.#draw());
    const unhurried = throttleTime<void>(listIntervalMs, undefined, { leading: true, trailing: true });
    this.#switches
      .pipe(
        startWith(undefined),
        switchMap(() => this.#draws.pipe(unhurried)),
      )
      .subscribe(() => this.#showLists());
  }

  /** Follows the stream at that address from now on; called once. */
  connect(url: string): void {
    const handlers: LiveHandlers = {
      onSnapshot: (snapshot) => this.#open(snapshot),
      onChange: (change) => this.#apply(change),
      onTime: (atS) => {
        this.#heard = { atS, atMs: Date.now() };
      },
    };
    const statuses = followLive(url, handlers, this.#retries).pipe(
      tap((status) => {
        this.#status = status;
      }),
    );
    // Things age while nothing comes.
    merge(statuses, interval(1000)).subscribe(() => this.#showStatus());
  }

  /** Takes over what has changed of the page's state. */
  update(_state: PageState, changed: ReadonlySet<keyof PageState>): void {
    if (changed.has('colour')) this.#recolour([]);
    this.#switches.next();
    this.#changes.next();
  }

  #open(snapshot: LiveSnapshot): void {
    const state = new LiveState(snapshot);
    const before = this.#shown;
    const isFirst = before === null;
    const kinds = hostKindsOf(state.cluster.specs);
    const isSame = before !== null && JSON.stringify(kinds) === JSON.stringify(before.kinds);
    this.#shown = {
      state,
      moment: new LiveMoment(state),
      kinds: isSame ? before.kinds : kinds,
      hostNamed: new Map(state.cluster.specs.map(({ name }, host) => [name, host])),
      models: modelCategoriesOf(state.cluster),
      colours: null,
    };
    this.#recolour(before?.colours?.names ?? []);
    this.#tellOfGap(isFirst, snapshot);
    this.#body.hidden = false;
    this.#figures.element.hidden = false;
    this.#switches.next();
    this.#changes.next();
  }

  /** What the events of a connection begin with. */
  #tellOfGap(isFirst: boolean, { atS, turnedAway }: LiveSnapshot): void {
    if (isFirst) {
      this.#addEvents(turnedAway.map(eventOfRefusal));
      return;
    }
    const lostS = atS - this.#heard!.atS;
    const detail = `reconnected: what happened in the ${formatSpan(lostS)} before is not listed`;
    // Host numbers of the connection before may mean other hosts now.
    this.#events = this.#events.map((event) => ({ ...event, host: -1 }));
    this.#addEvents([{ atS, kind: 'gap', vm: '', host: -1, detail }]);
  }

  #apply(change: LiveChange): void {
    const { state } = this.#shown!;
    const events = eventsOf(state, change);
    state.apply(change);
    this.#addEvents(events);
    this.#changes.next();
  }

  #addEvents(events: readonly LiveEvent[]): void {
    this.#events = [...this.#events, ...events].slice(-mostEvents);
  }

  /** @param names whose colours stay as they were */
  #recolour(names: readonly string[]): void {
    const { colour } = this.#holder.state;
    this.#colour.value = colour;
    if (this.#shown === null) return;
    const isByVm = colour !== 'use' && colour !== 'model';
    this.#shown.colours = isByVm ? new LiveColours(this.#shown.state, colour, names) : null;
  }

  #showStatus(): void {
    this.#banner.show(this.#status!, this.#heard?.atMs ?? null, Date.now());
    this.element.dataset.kind = this.#banner.element.dataset.kind!;
    this.#changes.next();
  }

  /** The server's time; stands still while not connected, since nothing is known of later. Unix seconds. */
  #nowS(): number {
    const { kind, sinceMs } = this.#status!;
    const { atS, atMs } = this.#heard!;
    const untilMs = kind === 'live' ? Date.now() : sinceMs;
    return atS + Math.max(0, untilMs - atMs) / 1000;
  }

  #draw(): void {
    if (this.#shown === null || this.#heard === null || !this.element.isConnected) return;
    const { state, moment, kinds, models, colours } = this.#shown;
    this.#refresh(this.#shown);
    const page = this.#holder.state;
    const names = this.#colourNames(this.#shown);
    this.#map.show({
      cluster: state.cluster,
      kinds,
      moment: moment.moment,
      theme: currentTheme(),
      mix: colours?.mix ?? null,
      modelCategories: page.colour === 'model' ? models.ofModel : null,
      only: page.only === '' ? -1 : (names ?? []).indexOf(page.only),
      selected: this.#selected(),
    });
    this.#draws.next();
  }

  #refresh({ state, moment, colours }: Shown): void {
    moment.refresh(this.#nowS());
    colours?.refresh();
    state.changedHosts.clear();
  }

  /** In order of their colours; null while colours show use. */
  #colourNames({ models, colours }: Shown): readonly string[] | null {
    return this.#holder.state.colour === 'model' ? models.names : (colours?.names ?? null);
  }

  /** Brings the texts around the map up to date. */
  #showLists(): void {
    const shown = this.#shown!;
    this.#refresh(shown);
    const { state } = shown;
    const { moment } = shown.moment;
    const nowS = this.#nowS();
    const names = this.#colourNames(shown);
    this.#figures.show(totalsOf(state, moment));
    const host = this.#selected();
    const isCurrent = this.#status!.kind === 'live';
    const onHost = (name: string): void => this.#holder.set({ host: name });
    const onOnly = (only: string): void => this.#holder.set({ only });
    const { only } = this.#holder.state;
    const signs = { hasCards: state.cluster.models.length > 0, canFail: true, canBeStale: state.srmIntervalS > 0 };
    patch(
      this.#legend,
      element('div', { class: 'legend-box' }, legend({ theme: currentTheme(), names, only, ...signs }, onOnly)),
    );
    const events = this.#side.querySelector('.live-events');
    const isRead = events?.matches(':hover') === true && matchMedia('(hover: hover)').matches;
    patch(
      this.#side,
      element(
        'div',
        { class: 'live-side' },
        host < 0
          ? element('section', { class: 'panel muted' }, 'Click a host on the map to see its cards and VMs.')
          : liveHostPanel(state, moment, host, { nowS, isCurrent }, () => this.#holder.set({ host: '' })),
        faultList(state, moment, nowS, onHost),
        waitingList(state, nowS),
        events !== null && isRead ? events.cloneNode(true) : eventList(state, this.#events, onHost),
      ),
    );
    this.#describe(state, moment);
  }

  /** Under the map: the host pointed at, else the cloud. */
  #describe({ cluster, policy, vms }: LiveState, moment: ClusterMoment): void {
    const { specs, models, cardHealthy } = cluster;
    const cards = models.length === 0 ? 'no cards' : `${count(cardHealthy.length)} cards`;
    const all = `${count(specs.length)} hosts, ${cards}; policy ${policy}`;
    this.#map.describe(`The hosts of the cloud: ${all}; ${count(vms.size)} VMs`);
    const host = this.#hovered;
    if (specs[host] === undefined) {
      this.#under.textContent = all;
      return;
    }
    const ramGib = Math.round(moment.ramUsedMib[host]! / 1024);
    this.#under.textContent = [
      specs[host].name,
      ...(moment.up[host] === 0 ? ['down'] : []),
      ...(moment.stale[host] === 1 ? ['SRM record too old'] : []),
      `${moment.vms[host]} VMs`,
      `${Math.round(moment.vcpusUsed[host]! * 10) / 10} of ${cluster.vcpus[host]} vCPUs`,
      `${ramGib} of ${Math.round(cluster.ramMib[host]! / 1024)} GiB`,
    ].join(' · ');
  }

  #hover(host: number): void {
    if (this.#hovered === host || this.#shown === null) return;
    this.#hovered = host;
    this.#describe(this.#shown.state, this.#shown.moment.moment);
  }

  #select(host: number): void {
    this.#holder.set({ host: this.#shown?.state.cluster.specs[host]?.name ?? '' });
  }

  /** Index of the selected host; -1 for none. */
  #selected(): number {
    const { host } = this.#holder.state;
    return host === '' || this.#shown === null ? -1 : (this.#shown.hostNamed.get(host) ?? -1);
  }
}
