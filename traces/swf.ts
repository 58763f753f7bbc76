/**
 * Standard Workload Format: the job logs of the Parallel Workloads Archive, 18 columns separated by white space, comments after
 * `;`. Feitelson, https://www.cs.huji.ac.il/labs/parallel/workload/swf.html. A job becomes a VM without cards.
 */
import { vmRequest } from '../core/request.ts';
import type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
import { readLines, type TextRow, takeRows, textCell, wholeCell, wholeRow, wrongCell } from './csv.ts';

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
 * of the log. A job that did not run or has no processors is an invalid row. Lines of status 2, 3 and 4 are parts of a
 * checkpointed job whose own line has the whole of it; they are left out.
 */
export async function* readSwf(path: string, { onInvalid, ramMibPerVcpu = 4096 }: SwfOptions = {}): ArrivalStream {
  let line = 0;
  let earliestS = 0;
  const take = (row: TextRow<SwfColumn>): Arrival => {
    const arrival = arrivalOf(wholeRow(row, columns.length), ramMibPerVcpu);
    if (arrival.atS < earliestS) {
      throw wrongCell(row, 'submit time', `at least ${earliestS}, since jobs are in order of submit time`);
    }
    earliestS = arrival.atS;
    return arrival;
  };
  for await (const lines of readLines(path)) {
    const rows: TextRow<SwfColumn>[] = [];
    for (const text of lines) {
      line++;
      const cells = text.trim().split(/\s+/);
      if (cells[0] !== '' && !cells[0]!.startsWith(';')) rows.push({ path, line, positions, cells });
    }
    const jobs = rows.filter((row) => !/^[234]$/.test(textCell(row, 'status')));
    yield takeRows(jobs, take, onInvalid);
  }
}

function arrivalOf(row: TextRow<SwfColumn>, ramMibPerVcpu: number): Arrival {
  const atS = wholeCell(row, 'submit time');
  const lifetimeS = wholeCell(row, 'run time', 1);
  const requested = wholeCell(row, 'requested processors', -1);
  const vcpus = requested > 0 ? requested : wholeCell(row, 'allocated processors', 1);
  const requestedKib = wholeCell(row, 'requested memory', -1);
  const usedKib = requestedKib > 0 ? requestedKib : wholeCell(row, 'used memory', -1);
  const ramMib = usedKib > 0 ? Math.ceil((usedKib * vcpus) / 1024) : Math.ceil(vcpus * ramMibPerVcpu);
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

/** The text in a column; empty where the log has −1. */
function known(row: TextRow<SwfColumn>, column: SwfColumn): string {
  const text = textCell(row, column);
  return text === '-1' ? '' : text;
}
