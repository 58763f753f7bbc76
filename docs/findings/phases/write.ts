/** Writes docs/phases.md and its picture from the runs of the phase diagram: `node build/docs/findings/phases/write.js [FOLDER [PAGE]]`. */
import { writeOutput } from '../../../files/output-file.ts';
import { markdownTable, signed } from '../figures.ts';
import { phaseDiagram } from './diagram.ts';
import { comparedInPhases, phaseResults, rivals } from './phase-results.ts';

const [folder = 'sweeps/findings-phases', page = 'docs/phases.md'] = process.argv.slice(2);
const results = phaseResults(folder);
const percent = (share: number): string => `${Math.round(100 * share)} %`;
const mostBehind = 0.5;

const counts = rivals
  .map((policy) => [policy, results.filter(({ best }) => best === policy).length] as const)
  .filter(([, count]) => count > 0)
  .sort((a, b) => b[1] - a[1])
  .map(([policy, count]) => `\`${policy}\` in ${count}`);
const behind = results.filter(({ learner }) => learner.mean < -mostBehind);
const [lowest, highest] = [Math.min, Math.max].map((of) => of(...results.map(({ learner }) => learner.mean)));
const inPoints = (value: number): string => signed({ mean: value, halfWidth: null });
/** How far a policy is behind the best of the five where it is furthest. */
const worst = comparedInPhases.map((policy) => {
  const gaps = results.map(({ means, best }) => means[policy]! - means[best]!);
  return [
    `\`${policy}\``,
    inPoints(Math.min(...gaps)),
    inPoints(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length),
  ];
});

const rows = results.map(({ phase, means, best, asGood, learner }) => [
  percent(phase.smallHosts),
  percent(phase.namesSmall),
  ...comparedInPhases.map((policy) => means[policy]!.toFixed(2)),
  [best, ...asGood.filter((policy) => policy !== best)].map((policy) => `\`${policy}\``).join(', '),
  signed(learner),
]);

const text = `# Who is picky, and how scarce what they want is

Which policy serves most is decided by who asks for what. Here that is two numbers, in generated workloads ([generator](findings/phases/workload.ts)). Forty hosts with two cards each
(T4, or A40 of 46 068 MiB), 90 % of the cards asked for on average, Poisson arrivals, lifetimes exponential around a day, two weeks after two days of warm-up, four
seeds; VMs that find no card are refused. Of ten VMs three are picky: they name the T4, or need 40 000 MiB, which only the A40 has; the others take any
card. Across: who is picky. Up: how many hosts have small cards, so that at the top the large ones are scarce, at the bottom the small ones.

![Two squares of 25 fields: the policy that serves most by who is picky and how scarce that is, and how far demand-aware is from it](pictures/phases.svg)

\`\`\`sh
npm run findings:phases   # the runs, this page and the picture
\`\`\`

The best of the five: ${counts.join(', ')} of ${results.length} fields. *Or n more*: so many others are not shown to serve fewer (95 %, paired by seed, not adjusted for 25 fields).
\`demand-aware\`, which was made before this diagram and not changed after it, lies between ${inPoints(lowest!)} and ${inPoints(highest!)} points of the best of the five
${behind.length === 0 ? `and is nowhere more than ${mostBehind} behind it` : `and is more than ${mostBehind} behind it in ${behind.length} fields`}. How far behind the best each is:

${markdownTable([['points of VMs served', 'where it is worst', 'mean of all fields'], ...worst])}

## All fields

${markdownTable([['hosts with small cards', 'picky who name small', ...comparedInPhases.map((policy) => `\`${policy}\``), 'best of the five, or as good', '`demand-aware` − best'], ...rows], 2)}
`;

writeOutput(page, text);
// Beside the page that is written, as the page names it.
writeOutput(page.replace(/[^/]*$/, 'pictures/phases.svg'), phaseDiagram(results));
console.log(page);
