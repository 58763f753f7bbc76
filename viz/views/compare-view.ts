/** Two or more runs against each other: the verdict, the figures, the hosts and lines on one clock, and the VMs that differ. */

import { seriesKey } from '../charts/dot-plot.ts';
import { type Run, titlesOf } from '../model/run.ts';
import {
  compareGroups,
  firstChoice,
  groupRuns,
  mostShown,
  type RunGroup,
  remarksOn,
  seriesOf,
} from '../model/run-groups.ts';
import { verdictsOn } from '../model/verdicts.ts';
import { element } from '../page/element.ts';
import type { PageState } from '../page/page-state.ts';
import type { StateHolder } from '../page/state-holder.ts';
import { CompareLines } from './compare-lines.ts';
import { CompareMaps } from './compare-maps.ts';
import { compareTable } from './compare-table.ts';
import { DifferenceView } from './difference-view.ts';
import './compare-view.css';

export class CompareView {
  readonly element = element('div', { class: 'compare-view' });
  readonly #holder: StateHolder;
  readonly #choice = element('fieldset', { class: 'run-choice' });
  readonly #maps: CompareMaps;
  readonly #lines: CompareLines;
  readonly #difference: DifferenceView;
  #runs: readonly Run[] = [];
  #groups: readonly RunGroup[] = [];
  /** Places of the runs that are shown as maps and lines, ascending. */
  #chosen: readonly number[] = [];

  constructor(holder: StateHolder) {
    this.#holder = holder;
    this.#maps = new CompareMaps(holder);
    this.#lines = new CompareLines(holder);
    this.#difference = new DifferenceView(holder);
  }

  setRuns(opened: readonly Run[]): void {
    const titles = titlesOf(opened);
    this.#runs = opened.map((run, index) => ({ ...run, title: titles[index]! }));
    if (this.#runs.length < 2) {
      this.element.replaceChildren(secondRunNeeded());
      return;
    }
    this.#groups = groupRuns(this.#runs);
    this.#chosen = this.#choiceOf(this.#holder.state);
    const comparisons = compareGroups(this.#groups, this.#runs);
    this.#difference.setRuns(this.#runs);
    this.element.replaceChildren(
      element(
        'section',
        { class: 'panel' },
        element('h1', { class: 'verdict' }, verdictsOn(this.#groups, this.#runs, comparisons).join(' ')),
        ...remarksOn(this.#groups, this.#runs).map((text) => element('p', { class: 'compare-remark' }, text)),
        compareTable(this.#groups, comparisons),
      ),
      element(
        'section',
        { class: 'panel' },
        element('h2', {}, 'Hosts at one moment'),
        this.#choice,
        this.#maps.element,
      ),
      this.#lines.element,
      this.#difference.element,
    );
    this.#showChosen();
  }

  /** To be called when the state has changed while the view is shown; with nothing changed when the theme has. */
  update(state: PageState, changed: ReadonlySet<keyof PageState>): void {
    if (this.#runs.length < 2) return;
    if (changed.has('shown') && this.#choiceOf(state).join() !== this.#chosen.join()) {
      this.#chosen = this.#choiceOf(state);
      this.#showChosen();
    }
    if (changed.size !== 1 || !changed.has('atS')) this.#showSpan(state);
    this.#maps.update(state);
    this.#lines.update(state);
    this.#difference.update(state);
  }

  #showSpan({ fromS, toS }: PageState): void {
    const isZoomed = toS > fromS;
    const beginS = Math.min(...this.#runs.map((run) => run.beginS));
    const endS = Math.max(...this.#runs.map((run) => run.endS));
    const span = isZoomed ? ([fromS, toS] as const) : ([beginS, endS] as const);
    this.#lines.showSpan(...span, isZoomed);
    this.#difference.showSpan(...span);
  }

  #showChosen(): void {
    const series = seriesOf(this.#chosen, this.#groups);
    const shown = this.#chosen.map((place) => ({ run: this.#runs[place]!, place, series: series.get(place)! }));
    this.#drawChoice(series);
    this.#maps.setRuns(shown);
    this.#lines.setRuns(shown);
    this.#showSpan(this.#holder.state);
    this.#maps.update(this.#holder.state);
    this.#lines.update(this.#holder.state);
  }

  /** Checkboxes, where there is something to choose; one to six runs. */
  #drawChoice(series: ReadonlyMap<number, number>): void {
    this.#choice.hidden = this.#runs.length < 3;
    const isFull = this.#chosen.length >= mostShown;
    const boxes = this.#groups.map(({ runs }) =>
      element(
        'div',
        {},
        ...runs.map((place) => {
          const isChosen = this.#chosen.includes(place);
          const isFixed = isChosen ? this.#chosen.length === 1 : isFull;
          const box = element('input', {
            type: 'checkbox',
            checked: isChosen,
            disabled: isFixed,
            onchange: () => this.#choose(place),
          });
          return element(
            'label',
            {},
            box,
            ' ',
            isChosen ? seriesKey(series.get(place)!) : null,
            ' ',
            this.#runs[place]!.title,
          );
        }),
      ),
    );
    this.#choice.replaceChildren(
      element('legend', {}, `Runs shown here and over time, at most ${mostShown}`),
      ...boxes,
    );
  }

  /** Those that the address names, as far as they are there; else the first run of each group. */
  #choiceOf({ shown }: PageState): readonly number[] {
    const named = shown === '' ? [] : shown.split('-').map(Number);
    const known = [...new Set(named)].filter((place) => this.#runs[place] !== undefined).slice(0, mostShown);
    return (known.length > 0 ? known : firstChoice(this.#groups)).sort((a, b) => a - b);
  }

  #choose(place: number): void {
    const isShown = this.#chosen.includes(place);
    const chosen = isShown ? this.#chosen.filter((each) => each !== place) : [...this.#chosen, place];
    this.#chosen = [...chosen].sort((a, b) => a - b);
    this.#holder.set({ shown: this.#chosen.join('-') });
    this.#showChosen();
    this.#choice.querySelectorAll('input')[this.#groups.flatMap(({ runs }) => runs).indexOf(place)]?.focus();
  }
}

function secondRunNeeded(): HTMLElement {
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, 'A second run is needed'),
    element('p', {}, 'Drop another run file onto this page, or open two from the start:'),
    element('pre', {}, element('code', {}, 'npx heps view A.run.json B.run.json')),
    element(
      'p',
      { class: 'muted' },
      'Runs that saw the same requests compare best: the same workload, load, days and seed, under another policy.',
    ),
  );
}
