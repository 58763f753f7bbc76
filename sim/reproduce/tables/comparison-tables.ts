/** Tables made of `heps compare`: what `npm start` shows, and what was served of the bound. */
import { type Estimate, estimate } from '../../../core/statistics/estimate.ts';
import { type DocTable, heps } from './doc-table.ts';
import { differenceCell, estimateCell, tableRows } from './figure-cells.ts';

/** What is read of `heps compare --json`. */
interface Compared {
  readonly comparison: readonly {
    readonly label: string;
    readonly estimates: readonly (Estimate | null)[];
    readonly differences: readonly (Estimate | null)[];
  }[];
}

const compared = ['hybrid', 'nova', 'nova-aliases'];

/** Rows of the README by the measure's label: what they are called there, unit, digits, and whether differences are shown. */
const startRows = [
  { label: 'served as asked', title: 'VMs served as asked', unit: ' %', digits: 2, isCompared: true },
  { label: 'GPU VMs served as asked', title: 'GPU VMs served as asked', unit: ' %', digits: 2, isCompared: true },
  { label: 'card-hours served as asked', title: 'card-hours served as asked', unit: '', digits: 0, isCompared: true },
  {
    label: 'accepted (given some host)',
    title: 'accepted (given some host)',
    unit: ' %',
    digits: 2,
    isCompared: true,
  },
  {
    label: 'GPU VMs on a card too small',
    title: 'GPU VMs on a card too small',
    unit: '',
    digits: 0,
    isCompared: false,
  },
  { label: 'CPU VMs on GPU hosts, mean', title: 'CPU VMs on GPU hosts, mean', unit: '', digits: 1, isCompared: true },
];

const start: DocTable = {
  name: 'start',
  page: 'README.md',
  firstLine: '| mean ± 95 % interval |',
  data: [],
  sources: [],
  measured: { cpuMinutes: 0.1, memoryMib: 150 },
  commands: ({ threads, workFolder }) => [
    heps(
      ...['compare', '--policies', compared.join(','), '--on-full', 'queue', '--backfill', '--patience', '4h'],
      ...['--summary-only', '--out', workFolder, '--threads', `${threads}`, '--json'],
    ),
  ],
  text([output]) {
    const { comparison } = JSON.parse(output!) as Compared;
    const rows = startRows.map(({ label, title, unit, digits, isCompared }) => {
      const { estimates, differences } = comparison.find((each) => each.label === label)!;
      const value = (place: number): string => {
        const found = estimates[place]!;
        if (found?.mean === 0 && found.halfWidth === 0) return `0${unit}`;
        return `${estimateCell(found, digits)}${unit}`;
      };
      const difference = (place: number): string =>
        isCompared ? differenceCell(differences[place] ?? null, digits) : '';
      return [title, value(0), value(1), difference(1), value(2), difference(2)];
    });
    return tableRows(
      [
        [
          ...['mean ± 95 % interval', 'hybrid (the paper)', 'nova (stock OpenStack, cards counted)', 'difference'],
          ...['nova-aliases (stock, an alias per size of card)', 'difference'],
        ],
        ...rows,
      ],
      `| --- |${' ---: |'.repeat(5)}`,
    );
  },
};

/** What is read of `heps compare --bound --json`. */
interface Bounded {
  readonly bound: {
    readonly seeds: readonly { readonly cardHours: number; readonly askedCardHours: number }[];
    readonly policies: readonly { readonly policy: string; readonly share: Estimate }[];
  };
}

const boundedPolicies = ['least-card', 'fgd', 'first-fit', 'best-fit', 'hybrid', 'nova'];
const boundedLoads = [1, 1.3];

const bound: DocTable = {
  name: 'bound',
  page: 'docs/bound.md',
  firstLine: '| load | asked for, card-hours |',
  data: [],
  sources: [],
  measured: { cpuMinutes: 1, memoryMib: 310 },
  commands: ({ threads, workFolder }) =>
    boundedLoads.map((load) =>
      heps(
        ...['compare', '--policies', boundedPolicies.join(','), '--seeds', '1..5', '--load', `${load}`, '--bound'],
        ...['--summary-only', '--out', workFolder, '--threads', `${threads}`, '--json'],
      ),
    ),
  text(outputs) {
    const rows = outputs.map((output, index) => {
      const { seeds, policies } = (JSON.parse(output) as Bounded).bound;
      const shares = policies.map(({ share: { mean, halfWidth } }) =>
        estimateCell({ mean: 100 * mean, halfWidth: halfWidth === null ? null : 100 * halfWidth }, 2),
      );
      return [
        boundedLoads[index]!.toFixed(1),
        estimateCell(estimate(seeds.map(({ askedCardHours }) => askedCardHours)), 0),
        estimateCell(estimate(seeds.map(({ cardHours }) => cardHours)), 0),
        ...shares.map((share) => `${share} %`),
      ];
    });
    return tableRows(
      [['load', 'asked for, card-hours', 'bound, card-hours', ...boundedPolicies], ...rows],
      `|${' --- |'.repeat(3 + boundedPolicies.length)}`,
    );
  },
};

export const comparisonTables: readonly DocTable[] = [start, bound];
