/** Draws what a VM costs over the hosts of its cluster, a line for each share of refused requests, as an SVG. */
import { line, scaleLog, schemeTableau10 } from 'd3';

/** One line of the plot. */
export interface CostLine {
  readonly name: string;
  /** CPU time a VM in clusters of so many hosts, ascending. */
  readonly points: readonly { readonly hosts: number; readonly costUs: number }[];
}

const [width, height] = [640, 360];
const margin = { left: 56, right: 150, top: 16, bottom: 44 };

/** @param lines all over the same numbers of hosts */
export function costPlot(lines: readonly CostLine[]): string {
  const hosts = lines[0]!.points.map((point) => point.hosts);
  const costs = lines.flatMap(({ points }) => points.map(({ costUs }) => costUs));
  const x = scaleLog([hosts[0]!, hosts.at(-1)!], [margin.left, width - margin.right]);
  const y = scaleLog([Math.min(1, ...costs), Math.max(10, ...costs)], [height - margin.bottom, margin.top]);
  const path = line<CostLine['points'][number]>(
    (point) => Math.round(x(point.hosts)),
    (point) => Math.round(y(point.costUs)),
  );
  const ticks = [0.5, 1, 2, 5, 10, 20, 50, 100, 200].filter(
    (costUs) => costUs >= y.domain()[0]! && costUs <= y.domain()[1]!,
  );
  const bottom = height - margin.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    '<title>CPU time a VM over hosts, by the share of requests meant to be refused</title>',
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...ticks.map((costUs) => {
      const at = Math.round(y(costUs));
      return `<path d="M${margin.left} ${at}H${width - margin.right}" stroke="#ddd"/><text x="${margin.left - 6}" y="${at + 4}" text-anchor="end">${costUs}</text>`;
    }),
    ...hosts.map(
      (count) => `<text x="${Math.round(x(count))}" y="${bottom + 18}" text-anchor="middle">${count}</text>`,
    ),
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 8}" text-anchor="middle">hosts</text>`,
    `<text transform="translate(16 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">CPU time a VM, µs</text>`,
    ...lines.map(({ name, points }, index) => {
      const colour = schemeTableau10[index % schemeTableau10.length]!;
      const legendAt = margin.top + 12 + 20 * index;
      const legendX = width - margin.right + 16;
      return (
        `<path d="${path(points)}" fill="none" stroke="${colour}" stroke-width="2"/>` +
        `<path d="M${legendX} ${legendAt - 4}h18" stroke="${colour}" stroke-width="2"/><text x="${legendX + 24}" y="${legendAt}">${name}</text>`
      );
    }),
    '</svg>\n',
  ].join('\n');
}
