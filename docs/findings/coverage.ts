/**
 * How often the 95 % intervals of single runs hold on the HEPS workload, where no answer is known: held against the mean over all seeds, whose own
 * error is small beside them. `npm run findings:coverage -- 200` prints the table of docs/statistics.md.
 */
import { measures } from '../../core/runs/measures.ts';
import { estimate } from '../../core/statistics/estimate.ts';
import { simulate } from '../../sim/index.ts';

const seeds = Number(process.argv[2] ?? 200);
const warmUpDays = 14;
const worlds = [
  { title: '30 days, rejecting', days: 30, onFull: 'reject' },
  { title: '90 days, queueing', days: 90, onFull: 'queue' },
] as const;

interface Seen {
  readonly value: number;
  readonly halfWidth: number | null;
}

console.log(
  `| figure | run | intervals, of ${seeds} runs | held | half width, against ± of so many independent runs |`,
);
console.log('| --- | --- | --- | --- | --- |');
for (const { title, days, onFull } of worlds) {
  const byLabel = new Map<string, Seen[]>();
  for (let seed = 1; seed <= seeds; seed++) {
    const { summary, intervals } = await simulate({
      cluster: 'heps-250',
      workload: 'heps',
      days: days + warmUpDays,
      load: 1,
      warmUp: warmUpDays * 86_400,
      cloud: { onFull },
      seed,
      summaryOnly: true,
    });
    for (const { label, read } of measures) {
      const value = read(summary);
      if (value === null) continue;
      const halfWidth = intervals.find((each) => each.label === label)?.halfWidth ?? null;
      const seen = byLabel.get(label) ?? [];
      byLabel.set(label, seen);
      seen.push({ value, halfWidth });
    }
  }
  for (const [label, seen] of byLabel) {
    const known = seen.filter((each): each is { value: number; halfWidth: number } => each.halfWidth !== null);
    const { mean: truth, halfWidth } = estimate(seen.map(({ value }) => value));
    if (known.length === 0 || halfWidth === null || halfWidth === 0) continue;
    const held = known.filter((each) => Math.abs(each.value - truth) <= each.halfWidth).length;
    const width = known.reduce((sum, each) => sum + each.halfWidth, 0) / known.length;
    const ratio = (width / (halfWidth * Math.sqrt(seen.length))).toFixed(2);
    console.log(`| ${label} | ${title} | ${known.length} | ${((100 * held) / known.length).toFixed(1)} % | ${ratio} |`);
  }
}
