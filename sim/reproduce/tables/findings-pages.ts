/** The pages of findings, written by scripts of the repository from the runs of a sweep. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFiles } from '../data-files.ts';
import { type DocTable, heps, type TableCommand, type TableInputs } from './doc-table.ts';

/** The scripts are TypeScript outside of the package; the same command as `npm run build:bench`. */
const compile: TableCommand = { script: 'node_modules/typescript/bin/tsc', args: ['-p', 'bench'] };

function sweep(plan: string, folder: string, threads: number): TableCommand {
  return heps('sweep', plan, '--out', folder, '--threads', `${threads}`);
}

const written = 'page.md';

function text(_: readonly string[], { workFolder }: TableInputs): string {
  return readFileSync(join(workFolder, written), 'utf8').trimEnd();
}

/** All worlds. */
const worlds: DocTable = {
  name: 'findings',
  page: 'docs/findings.md',
  firstLine: null,
  data: Object.values(dataFiles),
  sources: ['docs/findings/worlds/make.ts', 'bench/tsconfig.json', compile.script],
  measured: { cpuMinutes: 8, memoryMib: 700 },
  commands: ({ workFolder, dataFolder, threads }) => [
    compile,
    { script: 'build/docs/findings/worlds/make.js', args: [workFolder], env: { HEPS_FINDINGS_DATA: dataFolder! } },
    sweep(join(workFolder, 'plan.yaml'), workFolder, threads),
    { script: 'build/docs/findings/write.js', args: [workFolder, join(workFolder, written)] },
  ],
  text,
};

/** What is particular to HEPS. */
const hepsAlone: DocTable = {
  name: 'findings-heps',
  page: 'docs/findings-heps.md',
  firstLine: null,
  data: [],
  sources: ['docs/findings/write-heps.ts', 'bench/tsconfig.json', compile.script],
  measured: { cpuMinutes: 25, memoryMib: 700 },
  commands: ({ workFolder, threads }) => [
    compile,
    sweep('docs/findings/heps-plan.yaml', workFolder, threads),
    { script: 'build/docs/findings/write-heps.js', args: [workFolder, join(workFolder, written)] },
  ],
  text,
};

/** Generated workloads, by who is picky and how scarce that is. */
const phases: DocTable = {
  name: 'phases',
  page: 'docs/phases.md',
  firstLine: null,
  data: [],
  sources: ['docs/findings/phases/make.ts', 'bench/tsconfig.json', compile.script],
  measured: { cpuMinutes: 2, memoryMib: 700 },
  commands: ({ workFolder, threads }) => [
    compile,
    { script: 'build/docs/findings/phases/make.js', args: [workFolder] },
    sweep(join(workFolder, 'plan.yaml'), workFolder, threads),
    { script: 'build/docs/findings/phases/write.js', args: [workFolder, join(workFolder, written)] },
  ],
  text,
};

export const findingsPages: readonly DocTable[] = [worlds, hepsAlone, phases];
