/** One run: its hosts at a moment, its course over time, and whatever host or decision the reader looks at. */
import './run-view.css';
import { auditTime, Subject } from 'rxjs';
import { ClusterMap } from '../charts/cluster-map.ts';
import { Timeline } from '../charts/timeline.ts';
import { type Categories, categoriesOf, type ModelCategories, modelCategoriesOf } from '../model/categories.ts';
import { type HostKind, hostKindsOf } from '../model/host-kinds.ts';
import { stripsOf } from '../model/lines.ts';
import type { HostMix } from '../model/mix.ts';
import { mixOf } from '../model/mix.ts';
import { MomentReader } from '../model/moment.ts';
import { type Run, rowOfVm } from '../model/run.ts';
import { element } from '../page/element.ts';
import type { PageState } from '../page/page-state.ts';
import { patch } from '../page/patch.ts';
import { saveButtons, standaloneSvg } from '../page/save.ts';
import type { StateHolder } from '../page/state-holder.ts';
import { currentTheme } from '../page/theme.ts';
import { colourSelect } from './colour-select.ts';
import { DecisionView } from './decision-view.ts';
import { headlineOf, momentText } from './figures.ts';
import { hostPanel } from './host-panel.ts';
import { legend } from './legend.ts';
import { figuresPanel, overviewPanel } from './overview-panel.ts';

/** While the clock runs, lists beside the map change no more often than this. */
const panelIntervalMs = 250;
/** Where the details stand under the map and not beside it; as in theme.css. */
const oneColumn = '(max-width: 999px)';

export class RunView {
  readonly element: HTMLElement;
  readonly #holder: StateHolder;
  readonly #map: ClusterMap;
  readonly #timeline: Timeline;
  readonly #decision: DecisionView;
  readonly #headline = element('div', { class: 'headline' });
  readonly #status = element('p', { class: 'status' });
  readonly #legend = element('div', { class: 'legend-box' });
  readonly #side = element('aside', { class: 'side', 'aria-label': 'Details' });
  readonly #tip = element('div', { class: 'tip', hidden: true });
  readonly #colour: HTMLSelectElement;
  readonly #toolbar: HTMLElement;
  #run: Run | undefined;
  #kinds: readonly HostKind[] = [];
  #reader: MomentReader | undefined;
  /** What VMs are coloured by; null while colours show use or models. */
  #categories: Categories | null = null;
  /** What cards are coloured by; null while colours show something else. */
  #models: ModelCategories | null = null;
  #mix: HostMix | null = null;
  /** The clock moved, and nothing else changed. */
  readonly #ticks = new Subject<void>();
  /** The VM or host that was selected last. */
  #subject = '';
  /** What the decision view shows. */
  #shown: { run: Run | undefined; row: number; waiting: 0 | 1 } = { run: undefined, row: -1, waiting: 0 };

  constructor(holder: StateHolder) {
    this.#holder = holder;
    this.#decision = new DecisionView({
      onHost: (host) => holder.set({ host, vm: '' }),
      onMoment: (atS) => holder.set({ atS }),
      onTry: (waiting) => holder.set({ waiting }),
      onClose: () => holder.set({ vm: '' }),
    });
    this.#map = new ClusterMap('The hosts of the cluster', {
      onHover: (host, x, y) => this.#showTip(host, x, y),
      onSelect: (host) => holder.set({ host: host < 0 ? '' : this.#run!.cluster.specs[host]!.name, vm: '' }),
    });
    this.#timeline = new Timeline('Use, waiting VMs and refusals over time', {
      onSeek: (atS) => holder.set({ atS }),
      onZoom: (fromS, toS) => holder.set({ fromS, toS }),
    });
    this.#colour = colourSelect(holder);
    this.#toolbar = element(
      'div',
      { class: 'toolbar' },
      element('label', {}, 'Colour by ', this.#colour),
      this.#legend,
      saveButtons('cluster', () => this.#map.toSvg(this.#status.textContent)),
    );
    this.element = element(
      'div',
      { class: 'run-view' },
      this.#headline,
      element(
        'section',
        { class: 'panel map-panel', 'aria-label': 'Cluster' },
        this.#toolbar,
        this.#map.element,
        this.#status,
      ),
      element(
        'section',
        { class: 'panel time-panel', 'aria-label': 'Time' },
        this.#timeline.element,
        saveButtons('timeline', () => standaloneSvg(this.#timeline.svg, this.#run!.title)),
      ),
      this.#side,
      this.#tip,
    );
    this.#ticks.pipe(auditTime(panelIntervalMs)).subscribe(() => this.#showPanel());
  }

  /** Shows a run, or what has changed of the state since. */
  update(run: Run, state: PageState, changed: ReadonlySet<keyof PageState>): void {
    const isOther = run !== this.#run;
    if (isOther) this.#open(run);
    const { placements } = run;
    if (isOther || changed.has('colour')) {
      this.#colour.value = state.colour;
      this.#categories = categoriesOf(run, state.colour);
      this.#models = state.colour === 'model' ? modelCategoriesOf(run.cluster) : null;
    }
    if (isOther || changed.has('fromS') || changed.has('toS')) this.#showTimeline(run, state);
    this.#timeline.moveCursor(state.atS);
    if (this.#reader === undefined || placements === null) {
      this.#side.replaceChildren(figuresPanel(run));
      this.#status.textContent = 'This run was written with --summary-only: it has figures, but no placements to show.';
      return;
    }
    if (isOther || changed.has('atS')) this.#reader.read(state.atS);
    this.#showMap(run, this.#reader, state);
    this.#status.textContent = momentText(run, this.#reader, state.atS);
    if (isOther || changed.has('colour') || changed.has('only')) this.#showLegend(run, state);
    if (changed.size === 1 && changed.has('atS')) this.#ticks.next();
    else this.#showPanel();
  }

  #open(run: Run): void {
    this.#run = run;
    this.#kinds = hostKindsOf(run.cluster.specs);
    this.#reader = run.placements === null ? undefined : new MomentReader(run, run.placements);
    this.#headline.replaceChildren(...headlineOf(run));
    this.#map.element.hidden = run.placements === null;
    this.#toolbar.hidden = run.placements === null;
  }

  /** In order of their colours. */
  get #names(): readonly string[] {
    return this.#models?.names ?? this.#categories?.names ?? [];
  }

  #showMap(run: Run, reader: MomentReader, state: PageState): void {
    const { cluster } = run;
    this.#mix = this.#categories === null ? null : mixOf(run, reader, this.#categories, this.#mix);
    this.#map.show({
      cluster,
      kinds: this.#kinds,
      moment: reader.moment,
      theme: currentTheme(),
      mix: this.#mix,
      modelCategories: this.#models?.ofModel ?? null,
      only: state.only === '' ? -1 : this.#names.indexOf(state.only),
      selected: this.#selectedHost(run, state),
    });
  }

  /** The selected host, or the one that holds the selected VM; -1 = none. */
  #selectedHost({ cluster, placements }: Run, { host, vm, attempt }: PageState): number {
    if (vm !== '') return placements?.host[rowOfVm(placements, vm, attempt)] ?? -1;
    return host === '' ? -1 : cluster.specs.findIndex(({ name }) => name === host);
  }

  #showTimeline(run: Run, state: PageState): void {
    const isAll = state.toS <= state.fromS;
    const [fromS, toS] = isAll
      ? [run.beginS, run.endS]
      : [Math.max(run.beginS, state.fromS), Math.min(run.endS, state.toS)];
    const { placements } = run;
    const refusals = placements?.turnedAway.map((row) => placements.decidedS[row]!) ?? [];
    const inView = refusals.filter((atS) => atS >= fromS && atS <= toS);
    this.#timeline.show(stripsOf(run, fromS, toS), inView.length > 2000 ? [] : inView, fromS, toS);
  }

  #showLegend(run: Run, state: PageState): void {
    const { cloud } = run.file.inputs;
    const content = {
      theme: currentTheme(),
      names: state.colour === 'use' ? null : this.#names,
      only: state.only,
      hasCards: run.cluster.models.length > 0,
      canFail: (run.file.faults?.atS.length ?? 0) > 0,
      canBeStale: cloud.srmIntervalS > 0,
    };
    this.#legend.replaceChildren(legend(content, (only) => this.#holder.set({ only })));
  }

  #showPanel(): void {
    const run = this.#run!;
    const reader = this.#reader;
    const { placements } = run;
    if (reader === undefined || placements === null) return;
    const { state } = this.#holder;
    this.#map.describe(this.#status.textContent);
    const events = {
      onVm: (row: number) =>
        this.#holder.set({
          vm: placements.decisions.id[row]!,
          attempt: placements.decisions.attempt[row]!,
          waiting: 0,
        }),
      onClose: () => this.#holder.set({ host: '', vm: '' }),
    };
    const host = run.cluster.specs.findIndex(({ name }) => name === state.host);
    const row = state.vm === '' ? -1 : rowOfVm(placements, state.vm, state.attempt);
    const subject = row >= 0 ? state.vm : state.host;
    if (subject !== this.#subject) {
      this.#subject = subject;
      if (subject !== '' && matchMedia(oneColumn).matches) this.#side.scrollIntoView({ block: 'start' });
    }
    if (row >= 0) this.#showDecision(run, row, state.waiting);
    else if (host >= 0) this.#showInSide(hostPanel(run, reader, host, events));
    else this.#showInSide(overviewPanel(run, reader, state.atS, events.onVm));
  }

  /** Touches only what differs, so that a reader's click or scrolling survives while the clock runs. */
  #showInSide(panel: HTMLElement): void {
    const shown = this.#side.firstElementChild;
    if (shown?.className === panel.className) patch(shown, panel);
    else this.#side.replaceChildren(panel);
  }

  /** The decision does not depend on the clock: it is worked out once, however long the clock runs beside it. */
  #showDecision(run: Run, row: number, waiting: 0 | 1): void {
    const { run: shownRun, row: shownRow, waiting: shownTry } = this.#shown;
    const isShown = run === shownRun && row === shownRow && waiting === shownTry;
    if (isShown && this.#side.firstElementChild === this.#decision.element) return;
    this.#shown = { run, row, waiting };
    this.#decision.show(run, row, waiting);
    this.#side.replaceChildren(this.#decision.element);
    this.#side.scrollTop = 0;
  }

  #showTip(host: number, x: number, y: number): void {
    this.#tip.hidden = host < 0;
    if (host < 0) return;
    const { cluster } = this.#run!;
    const { moment } = this.#reader!;
    const spec = cluster.specs[host]!;
    const [first, end] = [cluster.cardStart[host]!, cluster.cardStart[host + 1]!];
    const held = moment.cardUse.subarray(first, end).reduce((sum, use) => sum + use, 0);
    const failed = moment.cardHealthy.subarray(first, end).filter((isHealthy) => isHealthy === 0).length;
    const lines = [
      `${moment.vms[host]} VMs · ${Math.round(moment.vcpusUsed[host]! * 10) / 10} of ${cluster.vcpus[host]} vCPUs · ${Math.round(moment.ramUsedMib[host]! / 1024)} of ${Math.round(cluster.ramMib[host]! / 1024)} GiB`,
      ...(spec.cards.length > 0
        ? [`${Math.round(held * 100) / 100} of ${spec.cards.length} cards held (${spec.cards[0]!.model})`]
        : []),
      ...(failed > 0 ? [`${failed} ${failed === 1 ? 'card has' : 'cards have'} failed`] : []),
      ...(moment.up[host] === 0 ? ['down'] : []),
      ...(moment.stale[host] === 1 ? ['the scheduler’s SRM record is out of date'] : []),
    ];
    this.#tip.replaceChildren(element('strong', {}, spec.name), ...lines.map((text) => element('div', {}, text)));
    const { innerWidth, innerHeight } = window;
    this.#tip.style.left = `${Math.min(x + 14, innerWidth - this.#tip.offsetWidth - 8)}px`;
    this.#tip.style.top = `${y + 18 + this.#tip.offsetHeight > innerHeight ? y - this.#tip.offsetHeight - 10 : y + 18}px`;
  }
}

/** The moment at which a run is shown first: when most of its vCPUs were in use. */
export function busiestS({ file, beginS }: Run): number {
  const { vcpuShare, intervalS } = file.series;
  let busiest = 0;
  vcpuShare.forEach((share, index) => {
    if (share > vcpuShare[busiest]!) busiest = index;
  });
  return beginS + (busiest + 0.5) * intervalS;
}
