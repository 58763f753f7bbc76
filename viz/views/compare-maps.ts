/** The hosts of several runs side by side, at one moment. */
import { ClusterMap } from '../charts/cluster-map.ts';
import { seriesKey } from '../charts/dot-plot.ts';
import { type Categories, modelCategoriesOf } from '../model/categories.ts';
import { type HostKind, hostKindsOf } from '../model/host-kinds.ts';
import type { HostMix } from '../model/mix.ts';
import { mixOf } from '../model/mix.ts';
import { MomentReader } from '../model/moment.ts';
import type { Run } from '../model/run.ts';
import { sharedCategoriesOf } from '../model/shared-categories.ts';
import { button, element } from '../page/element.ts';
import type { Colouring, PageState } from '../page/page-state.ts';
import { count, formatMib, round } from '../page/quantity-words.ts';
import { saveButtons } from '../page/save.ts';
import type { StateHolder } from '../page/state-holder.ts';
import { currentTheme, type Theme } from '../page/theme.ts';
import { colourSelect } from './colour-select.ts';
import { legend } from './legend.ts';

/** A run that is shown: its place among the open ones, and its colour and mark. */
export interface ShownRun {
  readonly run: Run;
  readonly place: number;
  readonly series: number;
}

interface SmallMap {
  readonly run: Run;
  readonly place: number;
  readonly reader: MomentReader;
  readonly kinds: readonly HostKind[];
  readonly modelCategories: Uint8Array;
  /** Used again in every frame. */
  mix: HostMix | null;
  readonly map: ClusterMap;
  readonly status: HTMLElement;
  readonly host: HTMLElement;
}

export class CompareMaps {
  readonly element: HTMLElement;
  readonly #grid = element('div', { class: 'compare-maps' });
  readonly #colour: HTMLSelectElement;
  readonly #legend = element('div', { class: 'legend-box' });
  readonly #holder: StateHolder;
  readonly #tip = element('div', { class: 'compare-tip', hidden: true });
  #maps: readonly SmallMap[] = [];
  /** One for each map, for the colouring that the legend shows. */
  #categories: readonly (Categories | null)[] = [];
  #legendOf: { colour: Colouring; theme: Theme; only: string } | undefined;
  /** What the pointer is on. */
  #hovered: { map: SmallMap; host: number } | undefined;

  constructor(holder: StateHolder) {
    this.#holder = holder;
    this.#colour = colourSelect(holder);
    const controls = element(
      'div',
      { class: 'compare-controls' },
      element('label', {}, 'Colour by ', this.#colour),
      this.#legend,
    );
    this.element = element('div', {}, controls, this.#grid);
  }

  setRuns(shown: readonly ShownRun[]): void {
    this.#hovered = undefined;
    this.#legendOf = undefined;
    this.#tip.hidden = true;
    this.#maps = shown.flatMap(({ run, place }) => (run.placements === null ? [] : [this.#mapOf(run, place)]));
    let next = 0;
    this.#grid.replaceChildren(
      ...shown.map(({ run, series }) => {
        const title = element('h3', {}, seriesKey(series), ' ', run.title);
        if (run.placements === null) return element('section', { class: 'compare-map' }, title, withoutDecisions());
        const { map, status, host } = this.#maps[next++]!;
        const save = saveButtons(`hosts of ${run.title}`, () => map.toSvg(`${run.title}: ${status.textContent}`));
        const row = element('div', { class: 'heading-row' }, title, save);
        return element('section', { class: 'compare-map' }, row, status, map.element, host);
      }),
      this.#tip,
    );
  }

  update({ atS, colour, only, host: selectedName }: PageState): void {
    const theme = currentTheme();
    const { colour: shownColour, theme: shownTheme, only: shownOnly } = this.#legendOf ?? {};
    if (shownColour !== colour) this.#setColour(colour);
    if (shownColour !== colour || shownTheme !== theme || shownOnly !== only) this.#showLegend(colour, only, theme);
    this.#legendOf = { colour, theme, only };
    for (const [index, small] of this.#maps.entries()) {
      const { run, reader, kinds, map, modelCategories } = small;
      reader.read(atS);
      const categories = this.#categories[index]!;
      small.mix = categories === null ? null : mixOf(run, reader, categories, small.mix);
      const selected = selectedName === '' ? -1 : run.cluster.specs.findIndex(({ name }) => name === selectedName);
      map.show({
        cluster: run.cluster,
        kinds,
        moment: reader.moment,
        theme,
        mix: small.mix,
        modelCategories: colour === 'model' ? modelCategories : null,
        only: only === '' ? -1 : this.#names(colour, small).indexOf(only),
        selected,
      });
      const status = statusOf(small, atS);
      small.status.textContent = status;
      map.describe(`${run.title}: ${status}`);
      this.#showHost(small, selected);
    }
    if (this.#hovered !== undefined) this.#tip.textContent = describeHost(this.#hovered.map, this.#hovered.host);
  }

  #setColour(colour: Colouring): void {
    this.#colour.value = colour;
    this.#categories = sharedCategoriesOf(
      this.#maps.map(({ run }) => run),
      colour,
    );
  }

  #showLegend(colour: Colouring, only: string, theme: Theme): void {
    const runs = this.#maps.map(({ run }) => run);
    const content = {
      theme,
      names: colour === 'use' || this.#maps.length === 0 ? null : this.#names(colour, this.#maps[0]!),
      only,
      hasCards: runs.some(({ cluster }) => cluster.models.length > 0),
      canFail: runs.some(({ file }) => (file.faults?.atS.length ?? 0) > 0),
      canBeStale: runs.some(({ file }) => file.inputs.cloud.srmIntervalS > 0),
    };
    this.#legend.replaceChildren(legend(content, (name) => this.#holder.set({ only: name })));
  }

  #names(colour: Colouring, small: SmallMap): readonly string[] {
    if (colour === 'model') return modelCategoriesOf(small.run.cluster).names;
    return this.#categories[this.#maps.indexOf(small)]?.names ?? [];
  }

  #mapOf(run: Run, place: number): SmallMap {
    const small: SmallMap = {
      run,
      place,
      reader: new MomentReader(run, run.placements!),
      kinds: hostKindsOf(run.cluster.specs),
      modelCategories: modelCategoriesOf(run.cluster).ofModel,
      mix: null,
      map: new ClusterMap(
        run.title,
        {
          onHover: (host, x, y) => this.#hover(small, host, x, y),
          onSelect: (host) => this.#holder.set({ host: host < 0 ? '' : run.cluster.specs[host]!.name }),
        },
        32,
      ),
      status: element('p', { class: 'status' }),
      host: element('p', { class: 'host muted' }),
    };
    small.map.element.dataset.chart = `hosts-${place + 1}`;
    return small;
  }

  #hover(map: SmallMap, host: number, x: number, y: number): void {
    this.#tip.hidden = host < 0;
    this.#hovered = host < 0 ? undefined : { map, host };
    if (host < 0) return;
    this.#tip.textContent = describeHost(map, host);
    const { offsetWidth, offsetHeight } = this.#tip;
    this.#tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - offsetWidth - 8))}px`;
    this.#tip.style.top = `${y + 18 + offsetHeight > innerHeight ? y - offsetHeight - 10 : y + 18}px`;
  }

  /** The selected host's figures under the map: one host can be compared across runs. */
  #showHost(small: SmallMap, host: number): void {
    if (host < 0) {
      if (small.host.childElementCount > 0 || small.host.textContent === '') {
        small.host.replaceChildren('Select a host to compare it.');
      }
      return;
    }
    const text = describeHost(small, host);
    const shown = small.host.firstElementChild;
    if (shown !== null && small.host.dataset.host === String(host)) {
      shown.textContent = text;
      return;
    }
    small.host.dataset.host = String(host);
    const { name } = small.run.cluster.specs[host]!;
    const open = (): void => this.#holder.set({ view: 'cluster', run: small.place, host: name });
    small.host.replaceChildren(
      element('span', {}, text),
      ' ',
      button(`Open ${name} in ${small.run.title}`, 'Open this host in the run view', open, 'open'),
    );
  }
}

function withoutDecisions(): HTMLElement {
  return element('p', { class: 'muted' }, 'Written with --summary-only: figures and lines, but no hosts and no VMs.');
}

/** `1,204 VMs · 3 wait · vCPUs 61 % · cards 78 %`. */
function statusOf({ run, reader }: SmallMap, atS: number): string {
  const { moment, running } = reader;
  const waiting = reader.waitingAt(atS);
  const share = (used: ArrayLike<number>, size: ArrayLike<number>): number => (100 * sum(used)) / sum(size);
  const cards = moment.cardUse.length;
  return [
    `${count(running.length)} VMs`,
    `${count(waiting)} ${waiting === 1 ? 'waits' : 'wait'}`,
    `vCPUs ${share(moment.vcpusUsed, run.cluster.vcpus).toFixed(0)} %`,
    ...(cards > 0 ? [`cards ${((100 * sum(moment.cardUse)) / cards).toFixed(0)} %`] : []),
  ].join(' · ');
}

function describeHost({ run: { cluster }, reader: { moment } }: SmallMap, host: number): string {
  const { name, cards } = cluster.specs[host]!;
  const vms = moment.vms[host]!;
  const first = cluster.cardStart[host]!;
  const held = cards.filter((_, card) => moment.cardUse[first + card]! > 0).length;
  return [
    name,
    ...(moment.up[host] === 0 ? ['down'] : []),
    `${vms} ${vms === 1 ? 'VM' : 'VMs'}`,
    `${round(moment.vcpusUsed[host]!, 3)} of ${cluster.vcpus[host]!} vCPUs`,
    `${formatMib(moment.ramUsedMib[host]!)} of ${formatMib(cluster.ramMib[host]!)} RAM`,
    ...(cards.length > 0
      ? [`${held} of ${cards.length} cards (${[...new Set(cards.map(({ model }) => model))].join(', ')})`]
      : []),
  ].join(' · ');
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total;
}
