/** Sentences and tables on several worlds, made from what the runs show: a sentence names the worlds on which it holds and those on which it does not. */
import { markdownTable, signed } from './figures.ts';
import type { Band, Comparisons, Judged, Pair } from './worlds/comparisons.ts';
import { factors } from './worlds/screening.ts';
import { hepsPolicies, modes } from './worlds/worlds.ts';

const served = 'served as asked';
const servedGpu = 'GPU VMs served as asked';
const cardHours = 'card-hours served as asked';

/** The claims, each a pair of policies. */
export const claims: readonly Pair[] = [
  { policy: 'hybrid', than: 'nova' },
  { policy: 'hybrid', than: 'nova-aliases' },
  { policy: 'least-card', than: 'hybrid' },
  { policy: 'random', than: 'hybrid' },
  { policy: 'first-fit', than: 'hybrid' },
  { policy: 'fgd', than: 'hybrid' },
  { policy: 'least-card', than: 'nova-aliases' },
  { policy: 'demand-aware', than: 'hybrid' },
  { policy: 'demand-aware', than: 'least-card' },
];

/** Those that a policy must not fall behind which claims to serve everywhere. */
const rivals = ['hybrid', 'least-card', 'fgd', 'first-fit', 'nova-aliases'];
/** By how much at most, points of VMs served as asked; stated before the runs (demand-aware.md). */
const mostBehind = 0.5;

/** Everything that is said of several worlds. */
export class WorldSections {
  readonly #comparisons: Comparisons;
  readonly #judged: Readonly<Record<string, readonly Judged[][]>>;

  constructor(comparisons: Comparisons) {
    this.#comparisons = comparisons;
    const measures = [served, servedGpu, cardHours];
    this.#judged = Object.fromEntries(measures.map((label) => [label, comparisons.judge(label, claims)]));
  }

  /** What each world is. */
  worlds(): string {
    const { worlds, skipped } = this.#comparisons.file;
    const rows = worlds.map(({ title, description, replications }) => [title, description, `${replications}`]);
    const absent = skipped.map(({ title, why }) => `- Not played: ${title}. ${why}.`);
    return [markdownTable([['world', 'what it is', 'replications'], ...rows], 2), ...absent].join('\n\n');
  }

  /** `least-card serves more VMs than hybrid on: …; fewer on: …; no clear difference on: ….` */
  verdict(policy: string, than: string, label: string = served): string {
    const index = claims.findIndex((claim) => claim.policy === policy && claim.than === than);
    const all = this.#judged[label]![index]!;
    const what = label === served ? 'VMs' : label === servedGpu ? 'GPU VMs' : 'card-hours';
    const list = (verdict: Judged['verdict']): string =>
      all
        .filter((each) => each.verdict === verdict)
        .map((each) => this.#named(each, label))
        .join('; ');
    const parts = [
      ['more', `serves more ${what} than \`${than}\` on`],
      ['less', 'fewer on'],
      ['open', 'with no clear difference on'],
    ] as const;
    const said = parts
      .filter(([verdict]) => list(verdict) !== '')
      .map(([verdict, words]) => `${words}: ${list(verdict)}`);
    const begin = list('more') === '' ? `against \`${than}\`, in ${what} served: ` : '';
    return `\`${policy}\` ${begin}${said.join('; ')}.`;
  }

  /** A row a world and mode, a column a claim. */
  differences(label: string): string {
    const judged = this.#judged[label]!;
    const rows = this.#comparisons.file.worlds.flatMap((world) =>
      modes
        .filter((mode) => world.policies[mode] !== undefined)
        .map((mode) => [
          `${world.title}, ${mode}`,
          ...judged.map((ofPair) => {
            const found = ofPair.find((each) => each.world === world && each.mode === mode);
            return found === undefined ? '' : cell(found, label);
          }),
        ]),
    );
    return markdownTable([['', ...claims.map(({ policy, than }) => `\`${policy}\` − \`${than}\``)], ...rows]);
  }

  /** Means of every policy. */
  means(label: string): string {
    const rows = this.#comparisons.file.worlds.flatMap((world) =>
      modes
        .filter((mode) => world.policies[mode] !== undefined)
        .map((mode) => [
          `${world.title}, ${mode}`,
          ...hepsPolicies.map((policy) => {
            const mean = this.#comparisons.mean(label, world, mode, policy);
            return mean === null ? '–' : mean.mean.toFixed(2);
          }),
        ]),
    );
    return markdownTable([['', ...hepsPolicies.map((policy) => `\`${policy}\``)], ...rows]);
  }

  /** A policy against whichever of the rivals has the highest mean, world by world. */
  againstBest(policy: string): string {
    const rows = this.#bests(policy).map(({ title, mean, best, difference }) => [
      title,
      mean.toFixed(2),
      `\`${best}\``,
      signed(difference),
      difference.mean < -mostBehind ? 'no' : 'yes',
    ]);
    const header = [
      'served as asked',
      `\`${policy}\``,
      'best of the five',
      'difference',
      `at most ${mostBehind} behind`,
    ];
    return markdownTable([header, ...rows]);
  }

  /** The same in a sentence. */
  againstBestSentence(policy: string): string {
    const all = this.#bests(policy);
    const behind = all.filter(({ difference }) => difference.mean < -mostBehind);
    const claim = `\`${policy}\` is at most ${mostBehind} points behind the best of ${rivals.map((name) => `\`${name}\``).join(', ')}`;
    if (behind.length === 0) return `${claim} in all ${all.length} of these.`;
    const failures = behind.map(
      ({ title, best, difference }) => `${title} (${signed(difference)} against \`${best}\`)`,
    );
    return `${claim} in ${all.length - behind.length} of ${all.length}; it fails on: ${failures.join('; ')}.`;
  }

  #bests(policy: string) {
    return this.#comparisons.file.worlds.flatMap((world) =>
      modes
        .filter((mode) => world.policies[mode]?.includes(policy))
        .map((mode) => {
          const meanOf = (name: string): number => this.#comparisons.mean(served, world, mode, name)?.mean ?? -Infinity;
          const best = [...rivals].sort((a, b) => meanOf(b) - meanOf(a))[0]!;
          const difference = this.#comparisons.difference(served, world, mode, { policy, than: best });
          return { title: `${world.title}, ${mode}`, mean: meanOf(policy), best, difference };
        }),
    );
  }

  /** How far differences lie apart over the variants of HEPS, and which factors move them. */
  screening(): string {
    const pairs = [
      { policy: 'least-card', than: 'hybrid' },
      { policy: 'hybrid', than: 'nova-aliases' },
      { policy: 'demand-aware', than: 'least-card' },
    ];
    const bands = pairs.map((pair) => this.#comparisons.band(served, pair));
    const rows = pairs.map(({ policy, than }, index) => bandRow(`\`${policy}\` − \`${than}\``, bands[index]!));
    const effects = factors.map(({ name, least, most, reason }) => [
      `${name}, ${least} to ${most}`,
      reason,
      ...bands.map((band) => {
        const { size, trend } = band.effects.find(({ factor }) => factor === name)!;
        return `${size.toFixed(2)} (${trend < 0 ? '−' : '+'}${Math.abs(trend).toFixed(2)})`;
      }),
    ]);
    return [
      markdownTable([['served as asked, points, rejecting', 'least', 'median', 'most', 'above 0 in'], ...rows]),
      markdownTable(
        [
          ['factor, of the plan’s value', 'what', ...pairs.map(({ policy, than }) => `\`${policy}\` − \`${than}\``)],
          ...effects,
        ],
        2,
      ),
    ].join('\n\n');
  }

  /** The band of one pair, in a clause. */
  bandWords(policy: string, than: string): string {
    const { least, most, above, variants } = this.#comparisons.band(served, { policy, than });
    return `${signedNumber(least)} to ${signedNumber(most)} points over ${variants} variants of HEPS, above 0 in ${above}`;
  }

  #named(each: Judged, label: string): string {
    const digits = label === cardHours ? 0 : 2;
    const modes = Object.keys(each.world.policies).length > 1 ? `, ${each.mode}` : '';
    return `${each.world.title}${modes} (${signed(each, digits)})`;
  }
}

function cell(each: Judged, label: string): string {
  const text = signed(each, label === cardHours ? 0 : 2);
  return each.verdict === 'open' ? text : `**${text}**`;
}

function bandRow(name: string, { least, median, most, above, variants }: Band): string[] {
  return [name, ...[least, median, most].map(signedNumber), `${above} of ${variants}`];
}

function signedNumber(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
