// How many cards does a host need? Sweeps one parameter, and draws what comes of it as an SVG.
//   node cards.mjs > cards.svg
import { compare, modelNamed } from 'heps-vcd';

const { pciId, name: model, ...figures } = modelNamed('RTX A6000');
const policies = ['hybrid', 'nova'];
const counts = [1, 2, 3, 4, 5, 6];

/** Three hosts with that many cards each. */
function clusterWith(cards) {
  const hosts = ['a', 'b', 'c'].map((name) => ({
    ...{ name, vcpus: 128, ramMib: 524_288, diskGib: 4000, cpuAllocationRatio: 1 },
    cards: Array.from({ length: cards }, (_, slot) => ({
      ...figures,
      ...{ model, address: `0000:0${slot + 1}:00.0`, sharing: 'passthrough' },
    })),
  }));
  return { name: `${cards}-cards`, hosts };
}

/** One point per number of cards: GPU VMs served as asked, %, mean and half width of each policy. */
const points = [];
for (const cards of counts) {
  const { measures } = await compare({
    cluster: clusterWith(cards),
    workload: 'heps',
    days: 5,
    load: 0.05,
    policies,
    seeds: [1, 2, 3, 4, 5],
    cloud: { onFull: 'queue', backfill: true, patienceS: 4 * 3600 },
  });
  const { estimates } = measures.find(({ measure }) => measure.label === 'GPU VMs served as asked');
  points.push({ cards, estimates });
}

const [width, height, margin] = [480, 300, 40];
const x = (cards) => margin + ((cards - counts[0]) / (counts.at(-1) - counts[0])) * (width - 2 * margin);
const y = (percent) => height - margin - (percent / 100) * (height - 2 * margin);
const colours = ['#1f77b4', '#d62728'];
const round = (value) => value.toFixed(1);

const lines = policies.map((policy, index) => {
  const colour = colours[index];
  const at = points.map(({ cards, estimates }) => ({ cards, ...estimates[index] }));
  const path = at.map(({ cards, mean }) => `${round(x(cards))},${round(y(mean))}`).join(' ');
  const intervals = at.map(({ cards, mean, halfWidth }) => {
    const [low, high] = [Math.max(0, mean - halfWidth), Math.min(100, mean + halfWidth)];
    return `<line x1="${round(x(cards))}" x2="${round(x(cards))}" y1="${round(y(low))}" y2="${round(y(high))}"/>`;
  });
  const label = `<text x="${margin + 8}" y="${margin + 16 * index}" fill="${colour}" stroke="none">${policy}</text>`;
  return `<g stroke="${colour}" fill="none"><polyline points="${path}"/>${intervals.join('')}${label}</g>`;
});
const ticks = [
  ...counts.map((cards) => `<text x="${round(x(cards))}" y="${height - 22}" text-anchor="middle">${cards}</text>`),
  ...[0, 50, 100].map(
    (percent) => `<text x="${margin - 6}" y="${round(y(percent) + 4)}" text-anchor="end">${percent}</text>`,
  ),
];
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="11">
<title>GPU VMs served as asked, by the number of cards per host</title>
<rect width="${width}" height="${height}" fill="white"/>
${ticks.join('\n')}
<text x="${width / 2}" y="${height - 6}" text-anchor="middle">cards per host</text>
<text x="6" y="16">GPU VMs served as asked, %</text>
${lines.join('\n')}
</svg>`);
