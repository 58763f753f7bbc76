/** Beside the map while nothing is selected: the run's figures, and who was turned away or waits around the moment. */
import { formatTime } from '../../core/runs/explanation.ts';
import { formatFigure } from '../../core/runs/figure-text.ts';
import { measures, titleOf } from '../../core/runs/measures.ts';
import type { MomentReader } from '../model/moment.ts';
import type { Placements, Run } from '../model/run.ts';
import { element } from '../page/element.ts';
import { count } from '../page/quantity-words.ts';
import { askedAt, askedFor, decidedAt, outcome, vmTable } from './vm-table.ts';

const shownVms = 8;

export function overviewPanel(run: Run, reader: MomentReader, atS: number, onVm: (row: number) => void): HTMLElement {
  const placements = run.placements!;
  const waiting = reader.waitingRows(atS, shownVms);
  const waitingCount = reader.waitingAt(atS);
  const refusals = lastBefore(placements, atS);
  return element(
    'section',
    { class: 'overview' },
    ...figuresOf(run),
    element('h2', {}, `Waiting now: ${count(waitingCount)}`),
    waiting.length > 0 && vmTable(placements, waiting, [askedFor, askedAt], onVm),
    waitingCount > waiting.length &&
      element('p', { class: 'muted' }, `and ${count(waitingCount - waiting.length)} more`),
    element('h2', {}, refusals.length === 0 ? 'No VM turned away so far' : 'Last turned away'),
    refusals.length > 0 && vmTable(placements, refusals, [askedFor, outcome, decidedAt], onVm),
    element('p', { class: 'muted' }, 'Click a host or a VM to see its details.'),
  );
}

/** All that there is of a run without placements. */
export function figuresPanel(run: Run): HTMLElement {
  return element('section', { class: 'overview' }, ...figuresOf(run));
}

function figuresOf(run: Run): HTMLElement[] {
  const from = run.beginS === 0 ? '' : `, from ${formatTime(run.beginS)}`;
  return [
    element('h2', {}, `The whole run${from}`),
    element('table', { class: 'figures' }, element('tbody', {}, ...figureRows(run))),
  ];
}

function figureRows({ file }: Run): HTMLElement[] {
  return measures.flatMap((measure) => {
    const value = measure.read(file.summary);
    if (value === null || value === 0) return [];
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, titleOf(measure)),
      element(
        'td',
        { class: 'number' },
        Number.isInteger(value) && measure.unit === '' ? count(value) : formatFigure(measure, value),
      ),
    );
  });
}

/** The last rows that were turned away by then, the latest first. */
function lastBefore({ turnedAway, decidedS }: Placements, atS: number): number[] {
  const end = turnedAway.findLastIndex((row) => decidedS[row]! <= atS) + 1;
  return turnedAway.slice(Math.max(0, end - shownVms), end).reverse();
}
