/** How filters narrow all hosts down to those that fit: a bar for each, and why the others are out. */

import type { FilterStep } from '../model/filter-steps.ts';
import { describeFilter, describeRejection } from '../model/rejection-words.ts';
import { element } from '../page/element.ts';
import { plural, round } from '../page/quantity-words.ts';
import { fittingSvg, svgElement } from '../page/svg-element.ts';

const barHeight = 14;
const titleHeight = 20;
const reasonHeight = 17;
const gap = 12;
/** From this width on, pixels, there is room for the names that filters have in code. */
const widthForNames = 520;

/** @param hosts before the first filter */
export function funnel(hosts: number, steps: readonly FilterStep[]): HTMLElement {
  const box = element('div', { class: 'funnel' });
  fittingSvg(box, (width) => draw(width, hosts, steps));
  return box;
}

function draw(width: number, hosts: number, steps: readonly FilterStep[]): SVGSVGElement {
  const label = `${plural(hosts, 'host')}; ${steps.map(({ filter, left }) => `after ${filter} ${left}`).join('; ')}`;
  const svg = svgElement('svg', { 'data-chart': 'funnel', role: 'img', 'aria-label': label, class: 'funnel-chart' });
  const wide = (count: number): number => (hosts === 0 ? 0 : (count / hosts) * width);
  let y = 0;
  const line = (style: string, x: number, text: string, anchor = 'start'): void => {
    svg.append(svgElement('text', { class: style, x, y: y + 14, 'text-anchor': anchor }, text));
  };
  const bar = (before: number, left: number): void => {
    svg.append(svgElement('rect', { class: 'funnel-track', x: 0, y, width, height: barHeight, rx: 2 }));
    const out = { class: 'funnel-removed', x: wide(left), y, width: wide(before - left), height: barHeight };
    if (before > left) svg.append(svgElement('rect', out));
    const shown = left > 0 ? Math.max(2, wide(left)) : 0;
    svg.append(svgElement('rect', { class: 'funnel-left', x: 0, y, width: shown, height: barHeight, rx: 2 }));
    y += barHeight;
  };
  line('funnel-title', 0, 'All hosts');
  line('funnel-count', width, round(hosts, 0), 'end');
  y += titleHeight;
  bar(hosts, hosts);
  let before = hosts;
  for (const { filter, removed, left, reasons } of steps) {
    y += gap;
    line('funnel-title', 0, describeFilter(filter));
    if (width >= widthForNames) line('funnel-note', width / 2, filter);
    line('funnel-count', width, `${round(left, 0)} left`, 'end');
    y += titleHeight;
    bar(before, left);
    y += 3;
    const notes = removed === 0 ? ['0 removed'] : reasons.map(({ reason, count }) => describeRejection(reason, count));
    for (const note of notes) {
      line('funnel-note', 0, note);
      y += reasonHeight;
    }
    before = left;
  }
  svg.setAttribute('viewBox', `0 0 ${width} ${y + 4}`);
  svg.setAttribute('width', String(width));
  svg.setAttribute('height', String(y + 4));
  return svg;
}
