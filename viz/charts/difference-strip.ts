/** When two runs served different VMs: bars above the line for the first, below it for the second. */
import { create, type ScaleLinear, scaleLinear, select } from 'd3';
import { element } from '../page/element.ts';
import { timeAxis } from './time-axis.ts';
import { TimeCursor } from './time-cursor.ts';

/** One of the two sides: when each of its VMs was submitted, seconds, ascending. */
export interface StripSide {
  readonly text: string;
  readonly submitS: readonly number[];
}

/** Called with the span of a bar, seconds. */
export type SpanListener = (fromS: number, toS: number) => void;

const margin = { top: 18, right: 22, bottom: 38, left: 64 };
const barWidth = 5;
const height = 170;

export class DifferenceStrip {
  readonly element: HTMLElement;
  readonly #onPick: SpanListener;
  #sides: readonly [StripSide, StripSide] | undefined;
  #fromS = 0;
  #toS = 1;
  #atS = 0;
  #width = 0;
  #x: ScaleLinear<number, number> = scaleLinear();
  readonly #cursor = new TimeCursor();

  constructor(onPick: SpanListener) {
    this.#onPick = onPick;
    this.element = element('div', { class: 'difference-strip' }, this.#cursor.element);
    new ResizeObserver(() => {
      if (this.element.clientWidth !== this.#width) this.#draw();
    }).observe(this.element);
  }

  show(sides: readonly [StripSide, StripSide], fromS: number, toS: number): void {
    this.#sides = sides;
    this.#fromS = fromS;
    this.#toS = toS;
    this.#draw();
  }

  moveCursor(atS: number): void {
    this.#atS = atS;
    const isSeen = atS >= this.#fromS && atS <= this.#toS;
    this.#cursor.moveTo(isSeen ? this.#x(atS) : null);
  }

  #draw(): void {
    this.#width = this.element.clientWidth;
    if (this.#sides === undefined || this.#width === 0) return;
    const x = scaleLinear([this.#fromS, this.#toS], [margin.left, this.#width - margin.right]);
    this.#x = x;
    const middle = (margin.top + height - margin.bottom) / 2;
    const spanS = ((this.#toS - this.#fromS) * barWidth) / (this.#width - margin.left - margin.right);
    const counted = this.#sides.map(({ submitS }) => countBySpan(submitS, this.#fromS, this.#toS, spanS));
    const most = Math.max(1, ...counted.flatMap((counts) => [...counts.values()]));
    const length = scaleLinear([0, most], [0, middle - margin.top]);
    const svg = create<SVGSVGElement>('svg:svg')
      .attr('viewBox', `0 0 ${this.#width} ${height}`)
      .attr('width', this.#width)
      .attr('height', height)
      .attr('data-chart', 'difference-over-time')
      .attr('role', 'img')
      .attr('aria-label', `When: ${this.#sides[0].text} above, ${this.#sides[1].text} below`);
    counted.forEach((counts, side) => {
      const { text } = this.#sides![side]!;
      for (const [span, count] of counts) {
        const [fromS, toS] = [this.#fromS + span * spanS, this.#fromS + (span + 1) * spanS];
        svg
          .append('rect')
          .attr('class', `bar ${side === 0 ? 'first' : 'second'}`)
          .attr('x', x(fromS))
          .attr('y', side === 0 ? middle - length(count) : middle)
          .attr('width', barWidth - 1)
          .attr('height', length(count))
          .on('click', () => this.#onPick(fromS, toS))
          .append('title')
          .text(`${count} ${text}; click to list`);
      }
      svg
        .append('text')
        .attr('class', side === 0 ? 'first-text' : 'second-text')
        .attr('x', margin.left)
        .attr('y', side === 0 ? 12 : height - margin.bottom + 12)
        .text(`${text}: ${[...counts.values()].reduce((sum, count) => sum + count, 0).toLocaleString('en')}`);
    });
    for (const [y, text] of [
      [margin.top, most],
      [middle, 0],
      [height - margin.bottom, most],
    ] as const) {
      svg
        .append('text')
        .attr('class', 'scale')
        .attr('x', margin.left - 8)
        .attr('y', y + 4)
        .attr('text-anchor', 'end')
        .text(text);
    }
    svg
      .append('line')
      .attr('class', 'middle')
      .attr('x1', margin.left)
      .attr('x2', this.#width - margin.right)
      .attr('y1', middle)
      .attr('y2', middle);
    svg
      .append('g')
      .attr('class', 'axis')
      .attr('transform', `translate(0,${height - margin.bottom + 16})`)
      .call(timeAxis(x));
    select(this.element).selectAll('svg').remove();
    this.element.append(svg.node()!);
    this.moveCursor(this.#atS);
  }
}

/** Number of times in each span that has some, by the place of the span. */
function countBySpan(timesS: readonly number[], fromS: number, toS: number, spanS: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const timeS of timesS) {
    if (timeS < fromS || timeS > toS) continue;
    const span = Math.floor((timeS - fromS) / spanS);
    counts.set(span, (counts.get(span) ?? 0) + 1);
  }
  return counts;
}
