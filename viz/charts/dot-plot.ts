/** One measure of several groups of runs: a mark and its 95 % interval each, on one scale. */
import {
  create,
  scaleLinear,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3';
import type { Estimate } from '../../core/statistics/estimate.ts';

/** Marks of the groups, as the colours: a reader who sees no colours tells them apart. */
const marks = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolStar, symbolWye, symbolCross];

const width = 220;
const side = 18;
const rowHeight = 13;
const axisHeight = 15;

/** Null where no group has anything to measure. */
export function dotPlot(estimates: readonly (Estimate | null)[]): SVGSVGElement | null {
  const known = estimates.filter((each) => each !== null);
  if (known.length === 0) return null;
  const low = Math.min(...known.map(({ mean, halfWidth }) => mean - (halfWidth ?? 0)));
  const high = Math.max(...known.map(({ mean, halfWidth }) => mean + (halfWidth ?? 0)));
  const spare = high > low ? 0 : Math.max(Math.abs(high) * 0.1, 1);
  const x = scaleLinear([low - spare, high + spare], [side, width - side]).nice(3);
  const height = estimates.length * rowHeight + axisHeight + 4;
  const svg = create<SVGSVGElement>('svg:svg')
    .attr('class', 'dot-plot')
    .attr('viewBox', `0 0 ${width} ${height}`)
    .attr('width', width)
    .attr('height', height)
    .attr('aria-hidden', 'true');
  const ticks = x.ticks(2);
  const tickDigits = decimalsOf(ticks);
  for (const tick of ticks) {
    svg
      .append('line')
      .attr('class', 'grid')
      .attr('x1', x(tick))
      .attr('x2', x(tick))
      .attr('y2', height - axisHeight);
    svg
      .append('text')
      .attr('x', x(tick))
      .attr('y', height - 3)
      .attr('text-anchor', 'middle')
      .text(tick.toFixed(tickDigits));
  }
  estimates.forEach((each, index) => {
    if (each === null) return;
    const y = 2 + (index + 0.5) * rowHeight;
    const series = svg.append('g').attr('class', `series-${index % marks.length}`);
    if (each.halfWidth !== null) {
      const [from, to] = [x(each.mean - each.halfWidth), x(each.mean + each.halfWidth)];
      series
        .append('path')
        .attr('class', 'interval')
        .attr('d', `M${from} ${y}H${to}M${from} ${y - 3}v6M${to} ${y - 3}v6`);
    }
    series
      .append('path')
      .attr('class', 'mark')
      .attr('d', markPath(index, 42))
      .attr('transform', `translate(${x(each.mean)},${y})`);
  });
  return svg.node();
}

/** The mark and a piece of the line of a group, before its name. */
export function seriesKey(series: number): SVGSVGElement {
  const svg = create<SVGSVGElement>('svg:svg')
    .attr('class', `series-key series-${series}`)
    .attr('viewBox', '0 0 30 12')
    .attr('width', 30)
    .attr('height', 12)
    .attr('aria-hidden', 'true');
  svg.append('path').attr('class', `line run-${series}`).attr('d', 'M0 6H30');
  svg.append('path').attr('class', 'mark').attr('d', markPath(series, 48)).attr('transform', 'translate(15,6)');
  return svg.node()!;
}

/** @param area square pixels */
function markPath(series: number, area: number): string {
  return symbol(marks[series % marks.length], area)()!;
}

/** Digits after the point that tell the ticks apart. */
function decimalsOf(ticks: readonly number[]): number {
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 1;
  return Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
}
