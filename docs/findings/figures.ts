/** Figures of a finished sweep as text: means with 95 % intervals, differences paired by seed. */
import { type Measure, measures } from '../../core/runs/measures.ts';
import { type Estimate, estimate } from '../../core/statistics/estimate.ts';
import { groupResults, readSweep, type SweepGroup } from '../../sim/sweep/results.ts';
import { type Difference, differenceOf } from './multiplicity.ts';

/** Which runs of an experiment, by the options that tell them apart. */
export type Where = Readonly<Record<string, string | number | boolean>>;

export class Figures {
  readonly #groups: readonly SweepGroup[];

  /** @throws InputError when the sweep in that folder is not finished */
  constructor(folder: string) {
    this.#groups = groupResults(readSweep(folder));
  }

  /** Replications of one point. @throws RangeError when none or several are meant */
  group(experiment: string, where: Where): SweepGroup {
    const found = this.#groups.filter(
      (group) =>
        group.experiment === experiment &&
        Object.entries(where).every(
          ([name, value]) => (name === 'policy' ? group.policy : group.options[name]) === value,
        ),
    );
    if (found.length !== 1) {
      throw new RangeError(`${experiment} ${JSON.stringify(where)} must mean one point, got ${found.length}`);
    }
    return found[0]!;
  }

  /** `96.97 ± 0.37`; `–` where nothing was measured. */
  mean(label: string, experiment: string, where: Where): string {
    const measure = measureNamed(label);
    const values = valuesOf(this.group(experiment, where), measure);
    return values === null ? '–' : text(estimate(values), measure.digits);
  }

  /** `+1.52 ± 0.08`: the first minus the second, seed by seed. */
  difference(label: string, experiment: string, where: Where, than: Where, thanExperiment = experiment): string {
    const found = this.differenceOf(label, experiment, where, than, thanExperiment);
    return found === null ? '–' : signed(found, measureNamed(label).digits);
  }

  /** The same in numbers; null where nothing was measured. */
  differenceOf(
    label: string,
    experiment: string,
    where: Where,
    than: Where,
    thanExperiment = experiment,
  ): Difference | null {
    const measure = measureNamed(label);
    const values = valuesOf(this.group(experiment, where), measure);
    const others = valuesOf(this.group(thanExperiment, than), measure);
    if (values === null || others === null) return null;
    if (values.length !== others.length)
      throw new RangeError(`${experiment} and ${thanExperiment} must have the same seeds`);
    return differenceOf(values.map((value, index) => value - others[index]!));
  }
}

/** `+1.52 ± 0.08`. */
export function signed({ mean, halfWidth }: Estimate, digits = 2): string {
  return `${mean < 0 ? '−' : '+'}${text({ mean: Math.abs(mean), halfWidth }, digits)}`;
}

/** Which way a difference is, at 95 %: for sentences that must say what the figures say. */
export function directionOf({ mean, halfWidth }: Estimate): 'more' | 'fewer' | 'open' {
  if (halfWidth === null || Math.abs(mean) <= halfWidth) return 'open';
  return mean > 0 ? 'more' : 'fewer';
}

/** How long a VM waits, those that gave up counted with the patience that they had: 4 h in all plans of the findings. */
export const restrictedWait: Measure = {
  label: 'wait, those who gave up counted',
  unit: 'h',
  digits: 3,
  better: 'less',
  read({ waitS, all: { placed, gaveUp } }) {
    if (placed + gaveUp === 0) return null;
    return ((waitS.mean ?? 0) * placed + 4 * 3600 * gaveUp) / (placed + gaveUp) / 3600;
  },
};

function measureNamed(label: string): Measure {
  const found = [...measures, restrictedWait].find((measure) => measure.label === label);
  if (found === undefined) throw new RangeError(`no measure ${label}`);
  return found;
}

function valuesOf({ summaries }: SweepGroup, measure: Measure): number[] | null {
  const values = summaries.map((summary) => measure.read(summary));
  return values.every((value) => value !== null) ? (values as number[]) : null;
}

function text({ mean, halfWidth }: Estimate, digits: number): string {
  const width = halfWidth === null ? '' : ` ± ${halfWidth.toFixed(digits)}`;
  return `${mean.toFixed(digits)}${mean.toFixed(digits) === (0).toFixed(digits) && width.endsWith((0).toFixed(digits)) ? '' : width}`;
}

/** A table in Markdown; the first columns, one unless said otherwise, to the left, the others to the right. */
export function markdownTable(rows: readonly (readonly string[])[], left = 1): string {
  const [header, ...body] = rows;
  const rule = header!.map((_, index) => (index < left ? '---' : '---:'));
  return [header!, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
