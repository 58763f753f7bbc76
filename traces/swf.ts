/**
 * Standard Workload Format: the job logs of the Parallel Workloads Archive, 18 columns separated by white space, comments after
 * `;`. Feitelson, https://www.cs.huji.ac.il/labs/parallel/workload/swf.html. A job becomes a VM without cards.
 */
import { vmRequest } from '../core/request.ts';
import type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
import {
  inMilliseconds,
  numberCell,
  readLines,
  type TextRow,
  takeRows,
  textCell,
  wholeCell,
  wholeRow,
  wrongCell,
} from './csv.ts';
import { RowError } from './left-out.ts';
import { ArrivalOrder } from './row-order.ts';

/** Columns in their order, named as in the definition. −1 means unknown. */
const columns = [
  'job number',
  'submit time',
  'wait time',
  'run time',
  'allocated processors',
  'average CPU time',
  'used memory',
  'requested processors',
  'requested time',
  'requested memory',
  'status',
  'user',
  'group',
  'executable',
  'queue',
  'partition',
  'preceding job',
  'think time',
] as const;
type SwfColumn = (typeof columns)[number];
const positions: ReadonlyMap<SwfColumn, number> = new Map(columns.map((column, index) => [column, index]));

/** What a log leaves open. */
export interface SwfOptions extends ReadOptions {
  /** Memory per vCPU, MiB, of a job whose memory the log does not give. Defaults to 4096. */
  readonly ramMibPerVcpu?: number | undefined;
}

/**
 * Jobs of a log, as VMs: a vCPU per processor (requested, else allocated), memory per processor as requested, else as used,
 * else `ramMibPerVcpu`; station = group, flavor = `queue-<number>`, each empty where the log has −1. Times count from the start
 * of the log and are rounded to the millisecond; a run time of 0 means less than half a second, and is read as 1 s. A job without a known run
 * time or number of processors is an invalid row. No VM are jobs cancelled before they ran (status 5, run time −1), and lines of status
 * 2, 3 and 4, which are parts of a checkpointed job whose own line has the whole of it.
 */
export async function* readSwf(path: string, options: SwfOptions = {}): ArrivalStream {
  const { onInvalid, onNoVm, ramMibPerVcpu = 4096 } = options;
  const order = new ArrivalOrder('submit time', 'jobs', onInvalid);
  let line = 0;
  const take = (row: TextRow<SwfColumn>): Arrival =>
    order.accept(arrivalOf(wholeRow(row, columns.length), ramMibPerVcpu), row);
  for await (const lines of readLines(path)) {
    const jobs: TextRow<SwfColumn>[] = [];
    for (const text of lines) {
      line++;
      const cells = text.trim().split(/\s+/);
      if (cells[0] === '' || cells[0]!.startsWith(';')) continue;
      const row = { path, line, positions, cells };
      const noVm = whyNoVm(row);
      if (noVm === undefined) jobs.push(row);
      else onNoVm?.(noVm);
    }
    yield order.give(takeRows(jobs, take, onInvalid));
  }
  yield order.end();
}

/** Why a row that is not wrong is no VM; undefined where it should be one. */
function whyNoVm(row: TextRow<SwfColumn>): RowError | undefined {
  const status = numberCell(row, 'status');
  const where = `${row.path}:${row.line}`;
  if (status >= 2 && status <= 4) return new RowError(where, 'a whole job', `status ${status}`, 'part-of-job');
  if (status !== 5 || numberCell(row, 'run time') !== -1) return undefined;
  return new RowError(where, 'a job that ran', 'status 5, run time -1', 'never-ran');
}

function arrivalOf(row: TextRow<SwfColumn>, ramMibPerVcpu: number): Arrival {
  const atS = secondsCell(row, 'submit time');
  const lifetimeS = secondsCell(row, 'run time') || 1;
  const requested = wholeCell(row, 'requested processors', -1);
  const vcpus = requested > 0 ? requested : wholeCell(row, 'allocated processors', 1);
  const kib = knownKib(row, 'requested memory') ?? knownKib(row, 'used memory');
  const ramMib = Math.ceil(kib === undefined ? vcpus * ramMibPerVcpu : (kib * vcpus) / 1024);
  const queue = known(row, 'queue');
  return {
    atS,
    lifetimeS,
    request: vmRequest({ id: `swf-${wholeCell(row, 'job number')}`, vcpus, ramMib }),
    station: known(row, 'group'),
    flavor: queue === '' ? '' : `queue-${queue}`,
    image: '',
    user: known(row, 'user'),
  };
}

/** A time, which may be a decimal, in seconds. */
function secondsCell(row: TextRow<SwfColumn>, column: SwfColumn): number {
  const seconds = inMilliseconds(numberCell(row, column));
  if (!(seconds >= 0 && seconds < 1e12)) throw wrongCell(row, column, 'a number of seconds of at least 0');
  return seconds;
}

/** Memory per processor, KiB; undefined where the log does not know it. */
function knownKib(row: TextRow<SwfColumn>, column: SwfColumn): number | undefined {
  const kib = numberCell(row, column);
  if (!(kib >= -1 && kib < 1e12)) throw wrongCell(row, column, 'a number of at least -1');
  return kib > 0 ? kib : undefined;
}

/** What a column names, as a number where it is one; empty where the log has −1. */
function known(row: TextRow<SwfColumn>, column: SwfColumn): string {
  const value = numberCell(row, column);
  if (Number.isNaN(value)) return textCell(row, column);
  return value === -1 ? '' : String(value);
}
