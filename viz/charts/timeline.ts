/** A run over time: use, waiting VMs and refusals under each other, with one cursor. Drag zooms, click goes to a moment. */
import './timeline.css';
import { area, axisLeft, brushX, curveStepAfter, line, pointer, type ScaleLinear, scaleLinear, select } from 'd3';
import type { Steps, TimelineStrip } from '../model/timeline-strips.ts';
import { element } from '../page/element.ts';
import { round } from '../page/quantity-words.ts';
import { timeAxis } from './time-axis.ts';
import { TimeCursor } from './time-cursor.ts';

export interface TimelineEvents {
  onSeek(atS: number): void;
  /** Part of the time that is to be shown; equal = all. */
  onZoom(fromS: number, toS: number): void;
}

const margin = { top: 6, right: 24, bottom: 24, left: 52 };
const stripGap = 12;
/** About what a letter of a title takes. */
const letterWidth = 6.4;

export class Timeline {
  readonly element: HTMLElement;
  readonly #svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
  readonly #events: TimelineEvents;
  #strips: readonly TimelineStrip[] = [];
  /** Moments marked along the lowest strip. */
  #marksS: readonly number[] = [];
  #x: ScaleLinear<number, number> = scaleLinear();
  readonly #cursor = new TimeCursor();
  #cursorS = 0;
  #width = 0;
  #height = 0;

  constructor(label: string, events: TimelineEvents) {
    this.#events = events;
    this.#svg.attr('role', 'img').attr('aria-label', label).attr('class', 'timeline');
    this.element = element('div', { class: 'timeline-box' }, this.#svg.node()!, this.#cursor.element);
    new ResizeObserver(() => this.#resize()).observe(this.element);
  }

  /** Shows these strips over a part of the time, seconds. */
  show(strips: readonly TimelineStrip[], marksS: readonly number[], fromS: number, toS: number): void {
    this.#strips = strips;
    this.#marksS = marksS;
    this.#x = scaleLinear([fromS, toS], [margin.left, Math.max(margin.left + 1, this.#width - margin.right)]);
    this.#draw();
  }

  moveCursor(atS: number): void {
    this.#cursorS = atS;
    const [fromS, toS] = this.#x.domain() as [number, number];
    this.#cursor.moveTo(atS >= fromS && atS <= toS ? this.#x(atS) : null);
  }

  /** The SVG element as it stands, for saving. */
  get svg(): SVGSVGElement {
    return this.#svg.node()!;
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === this.#width && clientHeight === this.#height) return;
    this.#width = clientWidth;
    this.#height = clientHeight;
    this.#x.range([margin.left, Math.max(margin.left + 1, clientWidth - margin.right)]);
    this.#draw();
  }

  #draw(): void {
    const [width, height] = [this.#width, this.#height];
    if (width === 0 || this.#strips.length === 0) return;
    const svg = this.#svg;
    svg.attr('viewBox', `0 0 ${width} ${height}`).attr('width', width).attr('height', height);
    svg.selectAll('*').remove();
    const plot = height - margin.top - margin.bottom;
    // The first strip has the lines that matter most: it gets half of the room.
    const weights = this.#strips.map((_, index) => (index === 0 ? 2 : 1));
    const unit = (plot - stripGap * (weights.length - 1)) / weights.reduce((sum, weight) => sum + weight, 0);
    let top = margin.top;
    this.#strips.forEach((strip, index) => {
      const bottom = top + weights[index]! * unit;
      this.#drawStrip(strip, top, bottom);
      top = bottom + stripGap;
    });
    const bottom = height - margin.bottom;
    svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${bottom})`).call(timeAxis(this.#x));
    const [fromS, toS] = this.#x.domain();
    svg
      .append('path')
      .attr('class', 'marks')
      .attr(
        'd',
        this.#marksS
          .filter((atS) => atS >= fromS! && atS <= toS!)
          .map((atS) => `M${this.#x(atS).toFixed(1)} ${bottom - 7}v7`)
          .join(''),
      );
    this.#addBrush(bottom);
    this.moveCursor(this.#cursorS);
  }

  #drawStrip(strip: TimelineStrip, stripTop: number, bottom: number): void {
    const { isShare, isArea, lines } = strip;
    const [fromS, toS] = this.#x.domain() as [number, number];
    const group = this.#svg.append('g');
    const top = strip.hasLegend === true ? this.#drawLegend(strip, stripTop) : stripTop;
    const most = lines.reduce((largest, { steps }) => Math.max(largest, largestIn(steps, fromS, toS)), 0);
    const y = scaleLinear([0, isShare ? 1 : Math.max(1, most)], [bottom, top]);
    const axis = axisLeft<number>(y).ticks(bottom - top > 60 ? 4 : 2);
    axis.tickFormat((value) =>
      isShare ? `${Math.round(value * 100)} %` : Number.isInteger(value) ? round(value, 0) : '',
    );
    group.append('g').attr('class', 'axis').attr('transform', `translate(${margin.left},0)`).call(axis);
    for (const { label, style, steps } of lines) {
      if (steps.values.length === 0) continue;
      const points = visible(steps, fromS, toS);
      const x = (index: number): number => this.#x(Math.min(toS, Math.max(fromS, steps.atS[index] ?? steps.endS)));
      const value = (index: number): number => y(steps.values[Math.min(index, steps.values.length - 1)]!);
      const path = isArea
        ? area<number>(x, y(0), value).curve(curveStepAfter)(points)
        : line<number>(x, value).curve(curveStepAfter)(points);
      group
        .append('path')
        .attr('class', `${isArea ? 'area' : 'line'} ${style}`)
        .attr('d', path)
        .append('title')
        .text(label);
    }
    if (strip.hasLegend !== true) this.#drawTitle(strip, top + 11);
  }

  /** The strip's title, and where it has several lines, a sample of each. */
  #drawTitle({ title, lines }: TimelineStrip, y: number): void {
    const group = this.#svg.append('g').attr('class', 'strip-title');
    let x = margin.left + 6;
    const write = (text: string): void => {
      group.append('text').attr('x', x).attr('y', y).text(text);
      x += text.length * letterWidth + 12;
    };
    write(title);
    if (lines.length < 2) return;
    for (const { label, style } of lines) {
      group
        .append('path')
        .attr('class', `line ${style}`)
        .attr('d', `M${x} ${y - 4}h22`);
      x += 27;
      write(label);
    }
  }

  /** Title and names of the lines above the plot, in as many rows as they need. @returns where the plot begins */
  #drawLegend({ title, lines }: TimelineStrip, top: number): number {
    const group = this.#svg.append('g');
    const rowHeight = 18;
    const sample = 26;
    const heading = group
      .append('text')
      .attr('class', 'strip-title')
      .attr('x', margin.left)
      .attr('y', top + 11);
    heading.text(title);
    let x = margin.left + heading.node()!.getComputedTextLength() + 18;
    let y = top + 11;
    for (const { label, style } of lines) {
      const text = group.append('text').attr('class', 'legend-label').text(label);
      const width = sample + 6 + text.node()!.getComputedTextLength();
      if (x + width > this.#width - margin.right && x > margin.left) {
        x = margin.left;
        y += rowHeight;
      }
      group
        .append('path')
        .attr('class', `line ${style}`)
        .attr('d', `M${x} ${y - 4}h${sample}`);
      text.attr('x', x + sample + 6).attr('y', y);
      x += width + 16;
    }
    return y + 10;
  }

  #addBrush(bottom: number): void {
    const brush = brushX<unknown>()
      .extent([
        [margin.left, 0],
        [this.#width - margin.right, bottom],
      ])
      .on(
        'end',
        ({ selection, sourceEvent }: { selection: [number, number] | null; sourceEvent: Event | null | undefined }) => {
          if (sourceEvent === null || sourceEvent === undefined) return; // it was not the reader who moved the brush
          if (selection === null) {
            this.#events.onSeek(this.#x.invert(pointer(sourceEvent, this.#svg.node()!)[0]));
            return;
          }
          layer.call(brush.move, null);
          this.#events.onZoom(this.#x.invert(selection[0]), this.#x.invert(selection[1]));
        },
      );
    const layer = this.#svg.append('g').attr('class', 'brush').call(brush);
    layer.on('dblclick', () => this.#events.onZoom(0, 0));
  }
}

/** Places of the points that are seen, and of one on either side. */
function visible({ atS }: Steps, fromS: number, toS: number): number[] {
  const places: number[] = [];
  for (let index = 0; index < atS.length; index++) {
    const isBefore = index + 1 < atS.length && atS[index + 1]! < fromS;
    if (isBefore) continue;
    places.push(index);
    if (atS[index]! > toS) return places;
  }
  places.push(atS.length);
  return places;
}

function largestIn(steps: Steps, fromS: number, toS: number): number {
  let largest = 0;
  for (const index of visible(steps, fromS, toS)) largest = Math.max(largest, steps.values[index] ?? 0);
  return largest;
}
