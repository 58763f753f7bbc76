/**
 * Which way the vectors of Eq. (3) point: each component as a share of the vector's length, so that size is out of it and the
 * bars of a host that fits perfectly are as long as those of the request.
 */
import { dimensions, type ResourceVector } from '../../core/resources.ts';
import { element } from '../page/element.ts';
import { fittingSvg, svgElement } from '../page/svg-element.ts';

export const dimensionWords: Readonly<Record<keyof ResourceVector, string>> = {
  cards: 'cards',
  cardMemoryMib: 'card memory',
  cardCores: 'card cores',
  vcpus: 'vCPUs',
  ramMib: 'RAM',
};

/** One vector of the picture. */
export interface Direction {
  readonly name: string;
  readonly kind: 'asked' | 'chosen' | 'rival';
  readonly vector: ResourceVector;
  /** Its length. */
  readonly norm: number;
}

const barHeight = 9;
/** The runner-up's bars are thinner, so that colour is not all that tells them apart. */
const thinBarHeight = 5;
const lineHeight = 18;
const left = 92;
const right = 40;

export function similarityBars(directions: readonly Direction[]): HTMLElement {
  const box = element('div', { class: 'similarity-bars' });
  fittingSvg(box, (width) => draw(width, directions));
  return box;
}

function draw(width: number, directions: readonly Direction[]): SVGSVGElement {
  const label = `Directions of the request and of what is idle, by ${dimensions.map((each) => dimensionWords[each]).join(', ')}`;
  const svg = svgElement('svg', {
    'data-chart': 'similarity',
    role: 'img',
    'aria-label': label,
    class: 'similarity-chart',
  });
  let y = 0;
  for (const { name, kind } of directions) {
    svg.append(
      svgElement('rect', { class: `direction ${kind}`, x: 1, y: y + 4, width: 20, height: thickness(kind) }),
      svgElement('text', { class: 'direction-name', x: 28, y: y + 13 }, name),
    );
    y += lineHeight;
  }
  y += 8;
  const scale = width - left - right;
  for (const dimension of dimensions) {
    const middle = y + (directions.length * (barHeight + 2)) / 2;
    svg.append(
      svgElement(
        'text',
        { class: 'dimension', x: left - 8, y: middle + 4, 'text-anchor': 'end' },
        dimensionWords[dimension],
      ),
    );
    for (const { kind, vector, norm } of directions) {
      const share = norm === 0 ? 0 : vector[dimension] / norm;
      const long = Math.max(1, share * scale);
      svg.append(
        svgElement('rect', { class: `direction ${kind}`, x: left, y: y + 0.5, width: long, height: thickness(kind) }),
        svgElement('text', { class: 'direction-share', x: left + long + 5, y: y + 9 }, share.toFixed(2)),
      );
      y += barHeight + 2;
    }
    y += 9;
  }
  svg.append(
    svgElement('line', {
      class: 'direction-axis',
      x1: left,
      x2: left,
      y1: directions.length * lineHeight + 4,
      y2: y - 6,
    }),
  );
  svg.setAttribute('viewBox', `0 0 ${width} ${y}`);
  svg.setAttribute('width', String(width));
  svg.setAttribute('height', String(y));
  return svg;
}

function thickness(kind: Direction['kind']): number {
  return kind === 'rival' ? thinBarHeight : barHeight;
}
