/** The tables of docs/reproduction.md: GPU allocated under the policies of the FGD paper. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dataFiles, openbList } from '../data-files.ts';
import { paperLists } from '../openb-data.ts';
import type { PolicyFigures } from '../report.ts';
import { fgdPolicies } from '../reproduce-fgd.ts';
import { type DocTable, heps, type TableCommand } from './doc-table.ts';
import { estimateCell, tableRows } from './figure-cells.ts';

const page = 'docs/reproduction.md';

/** What the paper calls its policies. */
const paperNames: Readonly<Record<string, string>> = {
  'fgd/random': 'Random',
  'fgd/dot-product': 'DotProd',
  'gpu-clustering': 'Clustering',
  'gpu-packing': 'Packing',
  'fgd/best-fit': 'BestFit',
  fgd: 'FGD',
};

function reproduce(lists: string, threads: number, ...data: string[]): TableCommand {
  return heps('reproduce', 'fgd', '--list', lists, ...data, '--threads', `${threads}`, '--json');
}

function figuresIn(output: string): PolicyFigures[] {
  return (JSON.parse(output) as { figures: PolicyFigures[] }).figures;
}

const nameOf = (policy: string): string =>
  paperNames[policy] === undefined
    ? `\`${policy}\`, the policy of the HEPS paper`
    : `${paperNames[policy]} (\`${policy}\`)`;

/** The sample that comes with heps. */
const sample: DocTable = {
  name: 'fgd-sample',
  page,
  firstLine: '| the sample |',
  data: [],
  sources: [],
  measured: { cpuMinutes: 0.1, memoryMib: 150 },
  commands: ({ threads }) => [reproduce('default', threads)],
  text: ([output]) =>
    tableRows(
      [
        ['the sample', 'at 100 %', 'at 130 %'],
        ...figuresIn(output!).map(({ policy, allocatedAt100, allocatedAt130 }) => [
          `\`${policy}\``,
          estimateCell(allocatedAt100, 2),
          estimateCell(allocatedAt130, 2),
        ]),
      ],
      '| --- | ---: | ---: |',
    ),
};

/** The list of the paper's Fig. 9a beside what was published. */
const published: DocTable = {
  name: 'fgd-default',
  page,
  firstLine: '| list default |',
  data: [dataFiles.openbNodes, openbList('default')],
  sources: [],
  measured: { cpuMinutes: 0.5, memoryMib: 180 },
  commands: ({ pathOf, threads }) => [reproduce('default', threads, '--data', dirname(pathOf(dataFiles.openbNodes)))],
  text: ([output]) =>
    tableRows(
      [
        ['list default', 'published', 'ours'],
        ...figuresIn(output!).map(({ policy, publishedAt130, allocatedAt130 }) => [
          nameOf(policy),
          publishedAt130?.toFixed(2) ?? '–',
          estimateCell(allocatedAt130, 2),
        ]),
      ],
      '| --- | ---: | ---: |',
    ),
};

/** All lists of the paper. */
const lists: DocTable = {
  name: 'fgd-lists',
  page,
  firstLine: '| list | `fgd/random` |',
  data: [dataFiles.openbNodes, ...paperLists.map((list) => openbList(list))],
  sources: [],
  measured: { cpuMinutes: 7, memoryMib: 350 },
  commands: ({ pathOf, threads }) => [reproduce('all', threads, '--data', dirname(pathOf(dataFiles.openbNodes)))],
  text([output]) {
    const figures = figuresIn(output!);
    const rows = paperLists.map((list) => [
      list,
      ...fgdPolicies.map((policy) => {
        const found = figures.find((each) => each.list === list && each.policy === policy)!;
        return estimateCell(found.allocatedAt130, 2);
      }),
    ]);
    return tableRows(
      [['list', ...fgdPolicies.map((policy) => `\`${policy}\``)], ...rows],
      `| --- |${' ---: |'.repeat(fgdPolicies.length)}`,
    );
  },
};

/** The artifact's own order of list default under seed 42, which comes with heps. */
const orderFile = 'traces/samples/openb-order/default-seed42.txt.gz';

/** What the artifact's program did in that order: tasks placed; SHA-256 of its placements without their header, the first 16 digits. */
const artifact: readonly { readonly policy: string; readonly placed: number; readonly placements: string | null }[] = [
  { policy: 'fgd', placed: 8334, placements: '4f8ff40112bfbec8' },
  { policy: 'fgd/best-fit', placed: 8190, placements: 'a2302bff82c7462f' },
  { policy: 'gpu-packing', placed: 8072, placements: null },
  { policy: 'gpu-clustering', placed: 8069, placements: null },
  { policy: 'fgd/dot-product', placed: 7992, placements: null },
];

/** The same tasks in the same order. */
const inItsOrder: DocTable = {
  name: 'fgd-order',
  page,
  firstLine: '| seed 42, the artifact’s order |',
  data: [dataFiles.openbNodes, openbList('default')],
  sources: [],
  measured: { cpuMinutes: 0.15, memoryMib: 110 },
  commands: ({ pathOf, threads, workFolder }) =>
    artifact.map(({ policy }) =>
      reproduce(
        ...(['default', threads, '--data', dirname(pathOf(dataFiles.openbNodes)), '--order', orderFile] as const),
        ...['--policies', policy, '--placements', placementsFile(workFolder, policy)],
      ),
    ),
  text: (outputs, { workFolder }) =>
    tableRows(
      [
        [
          ...['seed 42, the artifact’s order', 'tasks placed, artifact', 'ours', 'GPU allocated at 130 %'],
          ...['placements, artifact', 'ours'],
        ],
        ...artifact.map(({ policy, placed, placements }, index) => {
          const [figures] = figuresIn(outputs[index]!);
          const lines = readFileSync(placementsFile(workFolder, policy), 'utf8');
          const digest = createHash('sha256')
            .update(lines.slice(lines.indexOf('\n') + 1))
            .digest('hex')
            .slice(0, 16);
          return [
            ...[`\`${policy}\``, `${placed}`, `${figures!.placed.mean}`, estimateCell(figures!.allocatedAt130, 2)],
            ...[placements ?? 'not at hand', digest],
          ];
        }),
      ],
      '| --- | ---: | ---: | ---: | --- | --- |',
    ),
};

function placementsFile(folder: string, policy: string): string {
  return join(folder, `${policy.replace('/', '-')}.csv`);
}

export const fgdTables: readonly DocTable[] = [sample, published, inItsOrder, lists];
