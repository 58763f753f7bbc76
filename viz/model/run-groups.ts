/** Which of the open runs are one policy under several seeds, and which of them may be held against each other. */
import { compareRuns, type MeasureComparison, type PolicyRuns } from '../../core/runs/comparison.ts';
import { measures } from '../../core/runs/measures.ts';
import { beginOf, type CloudOptions, type RunInputs } from '../../core/runs/run-file.ts';
import { plural } from '../page/quantity-words.ts';
import { type Run, titlesOf } from './run.ts';

/** Groups that can be told apart by colour, dashes and marks: one more than there are policies would share those of the first. */
export const seriesCount = 7;
/** Runs that are shown as maps and lines at a time. */
export const mostShown = 6;

/** Runs that differ in their seed only: one column of the comparison. */
export interface RunGroup {
  readonly title: string;
  /** Places among the open runs, in order of their seeds. */
  readonly runs: readonly number[];
  /** The first group that saw, seed by seed, the same requests and counts the same of them: what differences are taken to. Its own place where it is the first. */
  readonly base: number;
}

/**
 * Whether two runs were asked for the same VMs. The digest of a generated workload is that of its parameters: load, days and seed
 * decide as well.
 */
export function sawSameRequests(a: RunInputs, b: RunInputs): boolean {
  const [x, y] = [a.workload, b.workload];
  return (
    beginOf(a) === beginOf(b) &&
    x.sha256 === y.sha256 &&
    x.load === y.load &&
    x.days === y.days &&
    x.skipped === y.skipped &&
    a.seed === b.seed
  );
}

/**
 * Groups in order of their first run. Where the seeds of a group are not those of the first, its runs stand alone, since means over
 * different seeds are not comparable; where no group has the seeds of the first, all do.
 */
export function groupRuns(runs: readonly Run[]): RunGroup[] {
  const groups: number[][] = [];
  const places = new Map<string, number>();
  runs.forEach(({ file: { inputs } }, run) => {
    const kind = kindOf(inputs);
    const place = places.get(kind);
    const hasSeed = place !== undefined && groups[place]!.some((each) => seedOf(runs, each) === inputs.seed);
    if (place !== undefined && !hasSeed) groups[place]!.push(run);
    else {
      places.set(kind, groups.length);
      groups.push([run]);
    }
  });
  for (const group of groups) group.sort((a, b) => seedOf(runs, a) - seedOf(runs, b));
  const seedsOf = (group: readonly number[]): string => group.map((run) => seedOf(runs, run)).join(' ');
  const matching = groups.filter((group) => seedsOf(group) === seedsOf(groups[0]!));
  const isAlone = groups.length > 1 && matching.length === 1;
  const columns = groups.flatMap((group) =>
    isAlone || seedsOf(group) !== seedsOf(groups[0]!) ? group.map((run) => [run]) : [group],
  );
  const titles = titlesOf(columns.map(([run]) => runs[run!]!));
  const sawSame = (a: readonly number[], b: readonly number[]): boolean =>
    a.length === b.length &&
    a.every((run, place) => {
      const [x, y] = [inputsOf(runs, run), inputsOf(runs, b[place]!)];
      return sawSameRequests(x, y) && warmUpOf(x) === warmUpOf(y);
    });
  return columns.map((column, index) => ({
    title: titles[index]!,
    runs: column,
    base: columns.findIndex((other) => sawSame(column, other)),
  }));
}

/** The measures of groups: as `compareRuns`, but with differences to the base of each group; null for a base itself. */
export function compareGroups(groups: readonly RunGroup[], runs: readonly Run[]): MeasureComparison[] {
  const columns = groups.map((group) => policyRunsOf(group, runs));
  const compared = columns.map((column, index) =>
    compareRuns(groups[index]!.base === index ? [column] : [columns[groups[index]!.base]!, column]),
  );
  return measures.map((measure, row) => ({
    measure,
    estimates: compared.map((each) => each[row]!.estimates.at(-1)!),
    differences: compared.map((each) => each[row]!.differences.at(-1)!),
  }));
}

export function policyRunsOf({ title, runs: places }: RunGroup, runs: readonly Run[]): PolicyRuns {
  return { policy: title, summaries: places.map((run) => runs[run]!.file.summary) };
}

/** What a reader must know before comparing; empty where whole runs differ in policy and seed only. */
export function remarksOn(groups: readonly RunGroup[], runs: readonly Run[]): string[] {
  const remarks: string[] = [];
  const all = runs.map(({ file }) => file.inputs);
  const differ = (read: (inputs: RunInputs) => unknown): boolean =>
    new Set(all.map((inputs) => JSON.stringify(read(inputs)))).size > 1;
  if (differ(({ cluster }) => cluster.sha256)) {
    remarks.push('These runs used different clusters, so differences also come from the hosts.');
  }
  if (differ(warmUpOf)) {
    remarks.push(
      'These runs leave out different warm-ups, so their figures cover different times. Differences are shown only between runs with the same warm-up.',
    );
  } else if (all.length > 0 && warmUpOf(all[0]!) > 0) {
    remarks.push(`The figures leave out the first ${plural(warmUpOf(all[0]!) / 86_400, 'day')}, the warm-up.`);
  }
  if (groups.some(({ base }) => base !== 0)) {
    const causes = [
      ...(differ(({ workload }) => workload.sha256) ? ['the workload'] : []),
      ...(differ(({ workload }) => workload.load) ? ['the load'] : []),
      ...(differ(beginOf) ? ['the instant at which time begins'] : []),
      ...(differ(({ workload }) => workload.days) ? ['the number of days'] : []),
      ...(differ(({ workload }) => workload.skipped) ? ['the rows left out'] : []),
      ...(differ(({ seed }) => seed) ? ['the seed'] : []),
    ];
    if (causes.length > 0) {
      remarks.push(
        `These runs did not see the same requests: they differ in ${listed(causes)}. Differences are shown only between runs that did.`,
      );
    }
  }
  const options = Object.entries(cloudWords).filter(([name]) =>
    differ(({ cloud }) => cloud[name as keyof CloudOptions]),
  );
  if (options.length > 0) {
    remarks.push(`The clouds around the scheduler differ in ${listed(options.map(([, words]) => words))}.`);
  }
  return remarks;
}

/** What is shown as maps at first: the first run of each group, at most six; of a single group its first runs. */
export function firstChoice(groups: readonly RunGroup[]): number[] {
  const heads = groups.map(({ runs }) => runs[0]!);
  return heads.length > 1 ? heads.slice(0, mostShown) : groups.flatMap(({ runs }) => runs).slice(0, 2);
}

/**
 * The line style and colour of each run that is shown: that of its group, so that a policy keeps its colour; where two runs of a
 * group are shown, each its own.
 */
export function seriesOf(chosen: readonly number[], groups: readonly RunGroup[]): Map<number, number> {
  const groupOf = (run: number): number => groups.findIndex(({ runs }) => runs.includes(run));
  const isOneEach = new Set(chosen.map(groupOf)).size === chosen.length && groups.length <= seriesCount;
  return new Map(chosen.map((run, index) => [run, (isOneEach ? groupOf(run) : index) % seriesCount]));
}

const cloudWords: Readonly<Record<keyof CloudOptions, string>> = {
  onFull: 'what happens to VMs that no host can take',
  backfill: 'backfilling',
  patienceS: 'how long VMs wait before they give up',
  bootS: 'boot times',
  srmIntervalS: 'the time between SRM reports',
  schedulers: 'the number of schedulers',
  mtbfH: 'host failures',
  cardMtbfH: 'card failures',
  mttrH: 'repair times',
  resubmit: 'whether lost VMs are resubmitted',
};

/** Everything of a run but its seed, and what its workload was made of under that seed. */
function kindOf(inputs: RunInputs): string {
  const { cluster, workload, policy, cloud } = inputs;
  const { seed: _, typicalRequests: __, ...options } = policy.options;
  return JSON.stringify([cluster.sha256, workload, policy.name, options, cloud, warmUpOf(inputs)]);
}

/** Seconds at the start that the figures leave out. */
function warmUpOf({ warmUpS = 0 }: RunInputs): number {
  return warmUpS;
}

function inputsOf(runs: readonly Run[], run: number): RunInputs {
  return runs[run]!.file.inputs;
}

function seedOf(runs: readonly Run[], run: number): number {
  return inputsOf(runs, run).seed;
}

function listed(causes: readonly string[]): string {
  return causes.length < 2 ? causes.join('') : `${causes.slice(0, -1).join(', ')} and ${causes.at(-1)}`;
}
