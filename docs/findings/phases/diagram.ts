/** The phase diagram as SVG: which policy serves most, coloured, and beside it how far `demand-aware` is from that. */
import { DOMImplementation, XMLSerializer } from '@xmldom/xmldom';
import { type BaseType, interpolatePuOr, type Selection, scaleBand, scaleDiverging, scaleOrdinal, select } from 'd3';
import { type PhaseResult, rivals } from './phase-results.ts';
import { namesSmall, smallHosts } from './workload.ts';

type Group = Selection<BaseType, unknown, null, undefined>;

const cell = 74;
const side = cell * namesSmall.length;
const margin = { left: 96, top: 64, between: 60, bottom: 96, right: 24 };
const width = margin.left + 2 * side + margin.between + margin.right;
const height = margin.top + side + margin.bottom;

/** Okabe and Ito's colours, which the colour-blind tell apart. */
const colour = scaleOrdinal<string, string>(rivals, ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#cc79a7']);
const x = scaleBand<number>(namesSmall, [0, side]).padding(0.04);
const y = scaleBand<number>(smallHosts, [side, 0]).padding(0.04);
/** Full colours lie beyond what is shown, so that figures can be read on all. */
const gain = scaleDiverging<string>([-2.5, 0, 2.5], (share) => interpolatePuOr(1 - share));

/** The text of an SVG file. */
export function phaseDiagram(results: readonly PhaseResult[]): string {
  const document = new DOMImplementation().createDocument('http://www.w3.org/2000/svg', 'svg');
  const root = select(document.documentElement as unknown as BaseType)
    .attr('viewBox', `0 0 ${width} ${height}`)
    .attr('font-family', 'system-ui, sans-serif')
    .attr('font-size', '13');
  root.append('title').text('Which policy serves most, by who is picky and how scarce what they want is');
  root.append('rect').attr('width', width).attr('height', height).attr('fill', '#ffffff');
  const panel = (left: number, title: string): Group => {
    const group = root.append('g').attr('transform', `translate(${left},${margin.top})`);
    text(group, side / 2, -28, title).attr('font-weight', 'bold');
    for (const value of namesSmall) text(group, x(value)! + x.bandwidth() / 2, side + 18, percent(value));
    text(group, side / 2, side + 40, 'of the picky, those who name the small model');
    return group;
  };
  const winners = panel(margin.left, 'serves most of the five');
  const learner = panel(margin.left + side + margin.between, 'demand-aware minus that, points');
  for (const value of smallHosts) {
    text(winners, -8, y(value)! + y.bandwidth() / 2 + 4, percent(value)).attr('text-anchor', 'end');
  }
  text(winners, 0, 0, 'of the hosts, those with small cards').attr(
    'transform',
    `translate(-66,${side / 2}) rotate(-90)`,
  );
  for (const { phase, means, best, asGood, learner: difference } of results) {
    const left = x(phase.namesSmall)!;
    const top = y(phase.smallHosts)!;
    const box = (group: Group, fill: string): void => {
      group
        .append('rect')
        .attr('x', left)
        .attr('y', top)
        .attr('width', x.bandwidth())
        .attr('height', y.bandwidth())
        .attr('fill', fill);
    };
    const middle = left + x.bandwidth() / 2;
    box(winners, colour(best));
    text(winners, middle, top + 30, best).attr('font-size', '11');
    text(winners, middle, top + 46, `${means[best]!.toFixed(1)} %`).attr('font-size', '11');
    if (asGood.length > 1) text(winners, middle, top + 61, `or ${asGood.length - 1} more`).attr('font-size', '10');
    box(learner, gain(difference.mean));
    text(learner, middle, top + 34, signed(difference.mean));
    text(learner, middle, top + 50, `± ${(difference.halfWidth ?? 0).toFixed(2)}`).attr('font-size', '11');
  }
  const legend = root.append('g').attr('transform', `translate(${margin.left},${margin.top + side + 62})`);
  rivals.forEach((policy, index) => {
    legend
      .append('rect')
      .attr('x', index * 110)
      .attr('width', 14)
      .attr('height', 14)
      .attr('fill', colour(policy));
    text(legend, index * 110 + 20, 12, policy).attr('text-anchor', 'start');
  });
  return `${new XMLSerializer().serializeToString(document)}\n`;
}

function text(group: Group, left: number, top: number, words: string) {
  return group
    .append('text')
    .attr('x', left)
    .attr('y', top)
    .attr('text-anchor', 'middle')
    .attr('fill', '#1a1a1a')
    .text(words);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
