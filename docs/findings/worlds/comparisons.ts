/** The sweep of the worlds read back: paired differences between policies in each world, judged together. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Measure, measures } from '../../../core/runs/measures.ts';
import { readSweep, type SweepResult } from '../../../sim/sweep/results.ts';
import { type Difference, differenceOf, holm } from '../multiplicity.ts';
import { factors, type Variant } from './screening.ts';
import { type Mode, modes, type World, type WorldsFile } from './worlds.ts';

/** A pair of policies whose difference a claim is about. */
export interface Pair {
  readonly policy: string;
  readonly than: string;
}

/** What one world says of a pair in one mode. */
export interface Judged extends Difference {
  readonly world: World;
  readonly mode: Mode;
  /** After Holm, over all pairs, worlds and modes of the measure: more, less, or not clear. */
  readonly verdict: 'more' | 'less' | 'open';
}

/** How a factor of the screening changes a difference. */
export interface Effect {
  readonly factor: string;
  /** Mean of the elementary effects' sizes, Morris's μ*, points. */
  readonly size: number;
  /** Mean of the effects as factor values rise, points. */
  readonly trend: number;
}

/** A difference over all variants of HEPS. */
export interface Band {
  readonly least: number;
  readonly median: number;
  readonly most: number;
  /** Variants in which it is above 0. */
  readonly above: number;
  readonly variants: number;
  /** In descending order of size. */
  readonly effects: readonly Effect[];
}

export class Comparisons {
  readonly file: WorldsFile;
  readonly #byExperiment = new Map<string, SweepResult[]>();

  /** @throws InputError when the sweep in that folder is not finished */
  constructor(folder: string) {
    this.file = JSON.parse(readFileSync(join(folder, 'worlds.json'), 'utf8')) as WorldsFile;
    for (const result of readSweep(folder)) {
      const known = this.#byExperiment.get(result.experiment!);
      if (known === undefined) this.#byExperiment.set(result.experiment!, [result]);
      else known.push(result);
    }
  }

  /** Every pair in every world and mode, judged as one family. @returns by pair, in their order */
  judge(label: string, pairs: readonly Pair[]): Judged[][] {
    const measure = measureNamed(label);
    const found = pairs.map((pair) =>
      this.file.worlds.flatMap((world) =>
        modes.flatMap((mode) => {
          const played = world.policies[mode] ?? [];
          if (!played.includes(pair.policy) || !played.includes(pair.than)) return [];
          const values = this.#paired(`${world.name}-${mode}`, pair, measure);
          return values === null ? [] : [{ world, mode, ...differenceOf(values) }];
        }),
      ),
    );
    const adjusted = holm(found.flat().map(({ p }) => p));
    let place = 0;
    return found.map((ofPair) =>
      ofPair.map((each) => {
        const isClear = adjusted[place++]! < 0.05;
        return { ...each, verdict: isClear ? (each.mean > 0 ? 'more' : 'less') : 'open' };
      }),
    );
  }

  /** Mean of a measure for a policy in a world; null where nothing was measured. */
  mean(label: string, world: World, mode: Mode, policy: string): Difference | null {
    if (!(world.policies[mode] ?? []).includes(policy)) return null;
    const values = this.#valuesOf(`${world.name}-${mode}`, policy, measureNamed(label));
    return values === null ? null : differenceOf(values);
  }

  /** A pair's difference in one world. @throws RangeError where it was not measured */
  difference(label: string, world: World, mode: Mode, pair: Pair): Difference {
    const values = this.#paired(`${world.name}-${mode}`, pair, measureNamed(label));
    if (values === null) throw new RangeError(`${label} was not measured in ${world.name}`);
    return differenceOf(values);
  }

  /** A pair's difference over the variants of HEPS, and which factors move it. */
  band(label: string, pair: Pair): Band {
    const measure = measureNamed(label);
    const { variants } = this.file;
    const differences = variants.map(
      (_, index) => this.#paired(`variant-${String(index + 1).padStart(2, '0')}`, pair, measure)![0]!,
    );
    const sorted = [...differences].sort((a, b) => a - b);
    const effects = factors.map(({ name }, factor) => {
      const steps = variants.flatMap((variant, index) => {
        if (variant.moved !== factor) return [];
        const change = differences[index]! - differences[index - 1]!;
        return [{ change, isUp: isHigher(variant, variants[index - 1]!, factor) }];
      });
      const size = mean(steps.map(({ change }) => Math.abs(change)));
      return { factor: name, size, trend: mean(steps.map(({ change, isUp }) => (isUp ? change : -change))) };
    });
    return {
      least: sorted[0]!,
      median: sorted[Math.floor(sorted.length / 2)]!,
      most: sorted.at(-1)!,
      above: differences.filter((each) => each > 0).length,
      variants: variants.length,
      effects: effects.sort((a, b) => b.size - a.size),
    };
  }

  #paired(experiment: string, { policy, than }: Pair, measure: Measure): number[] | null {
    const values = this.#valuesOf(experiment, policy, measure);
    const others = this.#valuesOf(experiment, than, measure);
    return values === null || others === null ? null : values.map((value, index) => value - others[index]!);
  }

  /** In the order of the plan, which is the same for every policy: nodes drawn, then seeds. */
  #valuesOf(experiment: string, policy: string, measure: Measure): number[] | null {
    const results = (this.#byExperiment.get(experiment) ?? []).filter((result) => result.policy === policy);
    if (results.length === 0) throw new RangeError(`no runs of ${policy} in ${experiment}`);
    const values = results.map(({ summary }) => measure.read(summary));
    return values.every((value) => value !== null) ? (values as number[]) : null;
  }
}

function isHigher(variant: Variant, before: Variant, factor: number): boolean {
  return variant.values[factor]! > before.values[factor]!;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function measureNamed(label: string): Measure {
  const found = measures.find((measure) => measure.label === label);
  if (found === undefined) throw new RangeError(`no measure ${label}`);
  return found;
}
