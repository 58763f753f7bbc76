/** How many VMs only the first and only the second run served, by kind: bars to the left and to the right. */
import { create, scaleLinear } from 'd3';
import type { CountedKind, DifferenceClass } from '../model/difference.ts';

/** Below this many pixels names stand above their bars. */
const wideFrom = 620;
const nameWidth = 130;
const restWidth = 170;
const countWidth = 46;
const barHeight = 16;
const headingHeight = 22;

export interface BarTexts {
  /** What the bars to the left and right mean. */
  readonly first: string;
  readonly second: string;
}

/** @param onPick the kind of a bar, and which of the two */
export function divergingBars(
  kinds: readonly CountedKind[],
  texts: BarTexts,
  width: number,
  onPick: (name: string, side: DifferenceClass) => void,
): SVGSVGElement {
  const isWide = width >= wideFrom;
  const rowHeight = isWide ? barHeight + 8 : barHeight + 26;
  const [left, right] = isWide ? [nameWidth, width - restWidth] : [0, width];
  const middle = (left + right) / 2;
  const most = Math.max(1, ...kinds.map(({ counts }) => Math.max(counts.first, counts.second)));
  const length = scaleLinear([0, most], [0, (right - left) / 2 - countWidth]);
  const height = headingHeight + kinds.length * rowHeight + 4;
  const svg = create<SVGSVGElement>('svg:svg')
    .attr('class', 'diverging-bars')
    .attr('viewBox', `0 0 ${width} ${height}`)
    .attr('width', width)
    .attr('height', height)
    .attr('role', 'img')
    .attr('aria-label', `VMs by kind: ${texts.first} to the left, ${texts.second} to the right`);
  svg
    .append('text')
    .attr('class', 'first-text')
    .attr('x', middle - 8)
    .attr('y', 13)
    .attr('text-anchor', 'end')
    .text(`◀ ${texts.first}`);
  svg
    .append('text')
    .attr('class', 'second-text')
    .attr('x', middle + 8)
    .attr('y', 13)
    .text(`${texts.second} ▶`);
  kinds.forEach(({ name, counts }, index) => {
    const top = headingHeight + index * rowHeight;
    const y = isWide ? top + 4 : top + 22;
    const baseline = y + barHeight - 4;
    svg
      .append('text')
      .attr('class', index < 3 ? 'kind total' : 'kind')
      .attr('x', 0)
      .attr('y', isWide ? baseline : top + 15)
      .text(isWide ? shortened(name, 20) : name);
    svg
      .append('text')
      .attr('class', 'rest')
      .attr('x', width)
      .attr('y', isWide ? baseline : top + 15)
      .attr('text-anchor', 'end')
      .text(`both ${count(counts.both)} · neither ${count(counts.neither)}`);
    for (const [side, sign] of [
      ['first', -1],
      ['second', 1],
    ] as const) {
      const value = counts[side];
      const bar = length(value);
      svg
        .append('rect')
        .attr('class', `bar ${side}`)
        .attr('x', sign < 0 ? middle - bar : middle)
        .attr('y', y)
        .attr('width', bar)
        .attr('height', barHeight)
        .on('click', () => onPick(name, side))
        .append('title')
        .text(`${name}: ${count(value)} ${texts[side]}`);
      svg
        .append('text')
        .attr('class', 'count')
        .attr('x', middle + sign * (bar + 5))
        .attr('y', baseline)
        .attr('text-anchor', sign < 0 ? 'end' : 'start')
        .text(count(value));
    }
  });
  svg
    .append('line')
    .attr('class', 'middle')
    .attr('x1', middle)
    .attr('x2', middle)
    .attr('y1', headingHeight)
    .attr('y2', height);
  return svg.node()!;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
