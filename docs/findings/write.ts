/** Writes docs/findings.md from the runs of the worlds: every figure in it comes from their run files, and every sentence says on which worlds it holds. */
import { writeOutput } from '../../files/output-file.ts';
import { directionOf, Figures, markdownTable, restrictedWait, signed, type Where } from './figures.ts';
import { type Difference, isEquivalent } from './multiplicity.ts';
import { WorldSections } from './world-sections.ts';
import { Comparisons } from './worlds/comparisons.ts';

/** The sweep's folder, and the page to write: `node build/docs/findings/write.js [FOLDER [PAGE]]`. */
const [folder = 'sweeps/findings-worlds', page = 'docs/findings.md'] = process.argv.slice(2);

const served = 'served as asked';
const servedGpu = 'GPU VMs served as asked';
const cardHours = 'card-hours served as asked';
const cardScore = 'S_card of the cards given, mean';
/** A difference that is this small is called none: points of VMs served as asked. */
const margin = 0.25;

const figures = new Figures(folder);
const sections = new WorldSections(new Comparisons(folder));
const heps = 'heps-rejecting';

const difference = (experiment: string, where: Where, than: Where, thanExperiment = experiment): Difference =>
  figures.differenceOf(served, experiment, where, than, thanExperiment)!;

/** least-card and its halves against hybrid, and what both halves add beyond their sum. */
function halves(): string {
  const rows = (['gpu-choice-alone', 'cpu-packing-alone'] as const).map((policy) => [
    policy === 'gpu-choice-alone' ? 'its choice of cards alone' : 'its packing of CPU VMs alone',
    ...[served, servedGpu].map((label) =>
      figures.difference(label, 'halves-rejecting', { policy }, { policy: 'hybrid' }, heps),
    ),
  ]);
  const both = [served, servedGpu].map((label) =>
    figures.difference(label, heps, { policy: 'least-card' }, { policy: 'hybrid' }),
  );
  return markdownTable([
    ['difference to `hybrid`, HEPS, rejecting', served, servedGpu],
    ...rows,
    ['both: `least-card`', ...both],
  ]);
}

function halvesSentence(): string {
  const [cards, packing] = ['gpu-choice-alone', 'cpu-packing-alone'].map(
    (policy) => difference('halves-rejecting', { policy }, { policy: 'hybrid' }, heps).mean,
  );
  const both = difference(heps, { policy: 'least-card' }, { policy: 'hybrid' }).mean;
  const more = both - cards! - packing!;
  const words =
    more > 0.5 ? 'Together they gain more than their sum' : more < -0.5 ? 'They take from each other' : 'They add up';
  return `${words}: the halves alone come to ${(cards! + packing!).toFixed(2)} points, both together to ${both.toFixed(2)}.`;
}

const unaskedWords = { zero: '0 for what is not asked for (default)', least: 'the least that may serve' } as const;

function similarity(): string {
  const rows = (['zero', 'least'] as const).map((unasked) => [unaskedWords[unasked], signed(similarityAlone(unasked))]);
  return markdownTable([['S_card alone minus S_card × similarity, HEPS, rejecting', served], ...rows]);
}

function similarityAlone(unasked: 'zero' | 'least'): Difference {
  return difference('similarity-rejecting', { unasked, 'gpu-score': 'card' }, { unasked, 'gpu-score': 'both' });
}

function similaritySentence(): string {
  const parts = (['zero', 'least'] as const).map((unasked) => {
    const found = similarityAlone(unasked);
    const direction = directionOf(found);
    const words = direction === 'open' ? 'no difference is shown' : `${direction} VMs are served without it`;
    const equal = isEquivalent(found, margin)
      ? `, shown to be within ±${margin}`
      : `, not shown to be within ±${margin}`;
    return `with ${unaskedWords[unasked]}, ${words} (${signed(found)}${equal})`;
  });
  return `What the similarity does to VMs served beside S_card, on HEPS, rejecting: ${parts.join('; ')}.`;
}

function waits(): string {
  const rows = ['hybrid', 'least-card', 'demand-aware', 'random', 'nova', 'nova-aliases'].map((policy) => [
    `\`${policy}\``,
    ...['wait, mean', restrictedWait.label, served].map((label) => figures.mean(label, 'heps-queueing', { policy })),
  ]);
  return markdownTable([
    [
      'HEPS, queueing',
      'wait of those served, mean, h',
      'wait, those who gave up counted as 4 h, mean, h',
      'served as asked, %',
    ],
    ...rows,
  ]);
}

function cost(): string {
  const [least, paper] = ['least-card', 'hybrid'].map((policy) => figures.mean(cardScore, heps, { policy }));
  return `The cards that GPU VMs get have a mean S_card of ${least} under \`least-card\` and ${paper} under \`hybrid\` (HEPS, rejecting; 1 would be the best card in each respect).`;
}

const text = `# Findings

What the simulator says about the paper's scheduler, and in which worlds. *Rejecting*: a VM that finds no host is refused, as OpenStack does. *Queueing*: it
waits, others may overtake it, and it gives up after four hours. Means ± 95 % intervals (Student over the replications), differences paired by replication, in
points of all VMs (or GPU VMs), or card-hours. *More* and *fewer* are said only where Holm's test over all worlds, modes and pairs of one measure
says so at 5 %; in tables those are bold. *No clear difference* is not a proof of none: that is said only where the interval lies within ±${margin} points.

\`\`\`sh
HEPS_FINDINGS_DATA=~/traces npm run findings   # all runs and this page; stopped, it goes on where it was
\`\`\`

The plan is made by [docs/findings/worlds](findings/worlds/make.ts); \`sweeps/findings-worlds/table.csv\` has every run. Public data is looked for by name and
SHA-256 in the folder that \`HEPS_FINDINGS_DATA\` names ([which](../sim/reproduce/data-files.ts)); worlds without their data are left out, and named here. Every
sentence below is made from the runs. What is particular to HEPS (loads, records, reserves, shared cards) is in [findings-heps.md](findings-heps.md).

## Worlds

${sections.worlds()}

HEPS is a model of a plan, not a recording ([traces/README.md](../traces/README.md)); the openb and Alibaba worlds are recordings of other people's work. None is
anybody's real desktops.

## 1. Against stock OpenStack

Stock OpenStack is two baselines: \`nova\`, one alias for all cards, and \`nova-aliases\`, an alias for each size of card
([scheduler.md](scheduler.md#stock-openstack-nova-and-nova-aliases)).

- ${sections.verdict('hybrid', 'nova')}
- ${sections.verdict('hybrid', 'nova-aliases')}
- ${sections.verdict('hybrid', 'nova-aliases', servedGpu)}
- ${sections.verdict('hybrid', 'nova-aliases', cardHours)}
- ${sections.verdict('least-card', 'nova-aliases')}

## 2. Which cards to give first

- ${sections.verdict('least-card', 'hybrid')}
- ${sections.verdict('least-card', 'hybrid', servedGpu)}
- ${sections.verdict('random', 'hybrid')}
- ${sections.verdict('random', 'hybrid', servedGpu)}
- ${sections.verdict('first-fit', 'hybrid')}
- ${sections.verdict('fgd', 'hybrid')}
- ${cost()}

A likely reason, which these runs do not test and [generated workloads](phases.md) do: on HEPS the sought-after cards are the large ones, and who gives them away first (hybrid, by S_card) refuses others
later; on openb tasks name models of small cards, and \`least-card\` hands those out first.

${halves()}

${halvesSentence()}

### Learning which cards are sought after

\`demand-aware\` ([how](scheduler.md#a-variant-demand-aware)) weighs what it keeps free by what was asked for lately, so it needs no guess about who is picky. It was
made on HEPS, rejecting, seeds 1 and 2, and on openb, 16 nodes, drawings 1 to 3; all other worlds were held out, and what it would do there was written down
before the runs: [predictions and what came](findings/demand-aware.md).

${sections.againstBest('demand-aware')}

${sections.againstBestSentence('demand-aware')} The best of the five is known only afterwards; no one of them is the best everywhere.

Generated workloads, by who is picky and how scarce what they want is, say which policy serves most where: [phases](phases.md).

- ${sections.verdict('demand-aware', 'hybrid')}
- ${sections.verdict('demand-aware', 'least-card')}

## 3. Variants of HEPS

Each parameter below was moved through its range, one at a time from random starts (Morris screening); all variants together show how far the model of HEPS
carries. The size of a factor is the mean size of what a step (two thirds of the range) changes; in brackets, which way as the factor rises.

${sections.screening()}

\`least-card\` against \`hybrid\`: ${sections.bandWords('least-card', 'hybrid')}. \`hybrid\` against \`nova-aliases\`: ${sections.bandWords('hybrid', 'nova-aliases')}. \`demand-aware\` against \`least-card\`: ${sections.bandWords('demand-aware', 'least-card')}.

## 4. The similarity beside S_card

${similarity()}

${similaritySentence()} How tight the chosen hosts are depends on what R holds: [scheduler.md](scheduler.md#what-is-not-asked-for).

## 5. Waiting

A mean over those who were served leaves out the ones who left, and so favours whoever loses more of them.

${waits()}

## All differences

${[served, servedGpu, cardHours].map((label) => `### ${label}\n\n${sections.differences(label)}`).join('\n\n')}

## Means

### served as asked, %

${sections.means(served)}

### GPU VMs served as asked, %

${sections.means(servedGpu)}
`;

writeOutput(page, text);
console.log(page);
