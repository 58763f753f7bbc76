/** What is said of result files, and of the rows of a workload. */
import { statSync } from 'node:fs';
import { shellWord } from '../../files/shell-words.ts';
import { countOf, type LeftOut, leftOutWords } from '../../traces/left-out.ts';
import type { QuietTime } from '../measures/quiet-time.ts';
import { mostPageBytes } from '../records/run-file-io.ts';
import type { ReadRows, RowsSoFar } from '../runs/workload.ts';
import { wrapText } from '../terminal/table.ts';

/** What was left out of a workload, and whether most of its time is one in which hardly any VM arrives; on standard error. */
export function sayRows(name: string, rows: ReadRows): void {
  sayLeftOut(name, rows);
  const { begin, quietTime } = rows;
  const words = quietTime === null ? undefined : quietWords(quietTime, begin.atS);
  if (words !== undefined && begin.how !== 'generated') console.error(`heps: ${words}`);
}

/** `only 27 of 8,152 VMs arrive in the first 115.2 of 149.3 days, so …; --from 115d leaves that out`; undefined where nothing leaves it out. */
function quietWords({ where, vms, ofVms, atS, ofS }: QuietTime, beginS: number): string | undefined {
  const few = `${vms === 0 ? 'none' : `only ${vms.toLocaleString('en-US')}`} of ${counted(ofVms, 'VM')} ${vms > 1 ? 'arrive' : 'arrives'}`;
  const means = 'so means are mostly over a time in which hardly anything happens';
  if (where === 'start') {
    const from = vms === 0 ? 'first' : wholeUnits(beginS + atS, atS);
    return `${few} in the first ${inDays(atS)} of ${inDays(ofS)} days, ${means}; --from ${from} leaves that out`;
  }
  const days = Math.max(1, Math.ceil(atS / secondsPerDay));
  if (days * secondsPerDay >= ofS) return undefined;
  return `${few} after day ${inDays(atS)} of ${inDays(ofS)}, ${means}; --days ${days} leaves that out`;
}

const secondsPerDay = 86_400;

function inDays(lengthS: number): string {
  return (lengthS / secondsPerDay).toFixed(1);
}

/** An instant rounded down to units that are short beside `lengthS`: `115d`, `36h` or `90s`. */
function wholeUnits(atS: number, lengthS: number): string {
  if (lengthS >= 5 * secondsPerDay) return `${Math.floor(atS / secondsPerDay)}d`;
  return lengthS >= 5 * 3600 ? `${Math.floor(atS / 3600)}h` : `${Math.floor(atS)}s`;
}

/** Rows that were left out, by reason and with the first of each, and whether nothing is left; on standard error. */
export function sayLeftOut(name: string, { vms, leftOut }: RowsSoFar): void {
  const rows = countOf(leftOut);
  if (rows > 0) {
    console.error(`heps: left out ${counted(rows, 'row')}: ${leftOut.map(inWords).join(', ')}`);
    for (const each of leftOut) {
      for (const message of each.first) console.error(`  ${message}`);
      const more = each.count - each.first.length;
      if (more > 0) console.error(`  … and ${inWords({ ...each, count: more }).replace(' ', ' more ')}`);
    }
  }
  if (vms === 0) console.error(`heps: ${name} has no VMs${rows > 0 ? ', since every row was left out' : ''}`);
}

/** Ids that several requests of a run have, on standard error. */
export function sayRepeatedIds(ids: number): void {
  if (ids > 0)
    console.error(`heps: ${counted(ids, 'id')} came more than once; heps explain shows the last VM of such an id`);
}

/** Bytes of a file; 0 for what is none, such as standard output. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** `2 with a wrong value in column vcpus`. */
function inWords({ reason, column, count }: LeftOut): string {
  return `${count.toLocaleString('en-US')} ${leftOutWords[reason]}${column === '' ? '' : ` in column ${column}`}`;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}

/**
 * Names of the run files, and what can be done with them.
 *
 * @param viewed those to compare in a browser, the first six of which are named; none where decisions were left out
 */
export function listFiles(paths: readonly string[], viewed: readonly string[]): string {
  const listed = 12;
  const shown = paths.slice(0, listed).map((path) => `  ${path}`);
  const more = paths.length > listed ? [`  … and ${paths.length - listed} more`] : [];
  const small = viewed.filter((path) => sizeOf(path) <= mostPageBytes);
  const large = viewed.length - small.length;
  const inBrowser = `See it in the browser:        npx heps view ${small.slice(0, 6).map(shellWord).join(' ')}`;
  const hints = [
    '',
    `Why a VM went where it went:  npx heps explain ${shellWord(paths[0]!)} ID`,
    ...(small.length > 0 ? [inBrowser] : []),
    ...(large > 0
      ? [
          wrapText(
            `${large === 1 ? 'A run file is' : `${large} run files are`} too large for a browser, which reads at most 512 MiB; --summary-only leaves the decisions out, and --decisions FILE of heps simulate streams them.`,
          ),
        ]
      : []),
  ];
  return [paths.length === 1 ? 'run file' : 'run files', ...shown, ...more, ...(viewed.length > 0 ? hints : [])].join(
    '\n',
  );
}
