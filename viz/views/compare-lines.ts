/** One quantity of several runs over time. */
import { Timeline } from '../charts/timeline.ts';
import { comparedStrip, lineChoices } from '../model/run-lines.ts';
import { element } from '../page/element.ts';
import type { PageState } from '../page/page-state.ts';
import type { StateHolder } from '../page/state-holder.ts';
import type { ShownRun } from './compare-maps.ts';

export class CompareLines {
  readonly element: HTMLElement;
  readonly #timeline: Timeline;
  readonly #choice: HTMLSelectElement;
  /** Place of the measure in `lineChoices`. */
  #line = 0;
  readonly #all: HTMLButtonElement;
  #shown: readonly ShownRun[] = [];
  #span: readonly [number, number] = [0, 0];

  constructor(holder: StateHolder) {
    this.#timeline = new Timeline('The runs over time', {
      onSeek: (atS) => holder.set({ atS }),
      onZoom: (fromS, toS) => holder.set({ fromS, toS }),
    });
    this.#timeline.svg.dataset.chart = 'runs-over-time';
    this.#choice = element(
      'select',
      { onchange: () => holder.set({ line: Number(this.#choice.value) }) },
      ...lineChoices.map(({ title }, index) => element('option', { value: index }, title)),
    );
    this.#all = element('button', { type: 'button', onclick: () => holder.set({ fromS: 0, toS: 0 }) }, 'Whole time');
    this.element = element(
      'section',
      { class: 'panel compare-lines' },
      element('h2', {}, 'Over time'),
      element(
        'div',
        { class: 'compare-controls' },
        element('label', {}, 'Show ', this.#choice),
        this.#all,
        element('span', { class: 'muted' }, 'Click to go to a moment, drag to zoom.'),
      ),
      this.#timeline.element,
    );
  }

  setRuns(shown: readonly ShownRun[]): void {
    this.#shown = shown;
    this.#draw();
  }

  /** Shows that part of the time, seconds. */
  showSpan(fromS: number, toS: number, isZoomed: boolean): void {
    this.#all.hidden = !isZoomed;
    if (fromS === this.#span[0] && toS === this.#span[1]) return;
    this.#span = [fromS, toS];
    this.#draw();
  }

  update({ atS, line }: PageState): void {
    if (line !== this.#line) {
      this.#line = line;
      this.#draw();
    }
    this.#timeline.moveCursor(atS);
  }

  #draw(): void {
    const [fromS, toS] = this.#span;
    if (toS <= fromS) return;
    this.#choice.value = String(this.#line);
    const runs = this.#shown.map(({ run }) => run);
    const styles = this.#shown.map(({ series }) => `run-${series}`);
    this.#timeline.show([comparedStrip(lineChoices[this.#line] ?? lineChoices[0]!, runs, styles)], [], fromS, toS);
  }
}
