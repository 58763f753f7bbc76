/**
 * VMs of Microsoft Azure as published: the table `vmtable.csv` of AzurePublicDatasetV1 (2017) and V2 (2019), which has no header. Columns:
 * https://github.com/Azure/AzurePublicDataset; Cortez et al., "Resource Central", SOSP 2017.
 */
import { vmRequest } from '../core/request.ts';
import type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
import { type CsvColumns, numberCell, readCsv, type TextRow, textCell, wholeCell, wrongCell } from './csv.ts';
import { readChunks } from './file-bytes.ts';

const columns = [
  'vmid',
  'subscriptionid',
  'deploymentid',
  'vmcreated',
  'vmdeleted',
  'maxcpu',
  'avgcpu',
  'p95maxcpu',
  'vmcategory',
  'vmcorecountbucket',
  'vmmemorybucket',
] as const;
type VmColumn = (typeof columns)[number];
const format: CsvColumns<VmColumn> = { required: columns, optional: [] };
const positions: ReadonlyMap<VmColumn, number> = new Map(columns.map((column, index) => [column, index]));

/** What stands for the open buckets of V2, as in Microsoft's own notebook: vCPUs, and GB. */
const openBuckets = { vmcorecountbucket: ['>24', 30], vmmemorybucket: ['>64', 70] } as const;

/** Whether a line is a row of the table. */
export function isVmTableLine(line: string): boolean {
  const cells = line.split(',');
  if (cells.length !== columns.length) return false;
  const isTime = (cell: string | undefined): boolean => /^\d+(\.\d+)?$/.test(cell ?? '');
  const isBucket = (cell: string | undefined): boolean => /^>?\d+(\.\d+)?$/.test(cell ?? '');
  return isTime(cells[3]) && isTime(cells[4]) && isBucket(cells[9]) && isBucket(cells[10]);
}

/** Arrivals in one batch. */
const batchSize = 1000;

/**
 * VMs of the table from creation to deletion, at least 1 second; flavor as `2vcpu-3.5g`, station = category, user = subscription. VMs that
 * ran when the recording began were created at 0, those that ran when it ended were deleted then.
 *
 * A table in order of creation is read as it comes. One that is not, as both that are published, is sorted in memory, about 400 bytes a VM:
 * 1 GB for the 2.7 million of V2.
 */
export async function* readAzureVmTable(path: string, { onInvalid }: ReadOptions = {}): ArrivalStream {
  const rows = () => ({ positions, line: 1, chunks: withoutMark(readChunks(path)) });
  const take = vmTaker();
  if (
    await isInOrder(
      readCsv(
        path,
        format,
        (row) => wholeCell(row, 'vmcreated'),
        () => {},
        rows(),
      ),
    )
  ) {
    yield* readCsv(path, format, take, onInvalid, rows());
    return;
  }
  const arrivals: Arrival[] = [];
  for await (const batch of readCsv(path, format, take, onInvalid, rows()))
    for (const each of batch) arrivals.push(each);
  arrivals.sort((a, b) => a.atS - b.atS);
  for (let start = 0; start < arrivals.length; start += batchSize) yield arrivals.slice(start, start + batchSize);
}

/** Reads no further than the first time that is before its predecessor. */
async function isInOrder(batches: AsyncIterable<readonly number[]>): Promise<boolean> {
  let latest = 0;
  for await (const batch of batches) {
    for (const time of batch) {
      if (time < latest) return false;
      latest = time;
    }
  }
  return true;
}

/** Takes rows. Names that repeat are kept once. */
function vmTaker(): (row: TextRow<VmColumn>) => Arrival {
  const known = new Map<string, string>();
  const once = (text: string): string => {
    const first = known.get(text);
    if (first === undefined) known.set(text, text);
    return first ?? text;
  };
  return (row) => {
    const id = textCell(row, 'vmid');
    if (id === '') throw wrongCell(row, 'vmid', 'a text');
    const atS = wholeCell(row, 'vmcreated');
    const deletedS = wholeCell(row, 'vmdeleted');
    if (deletedS < atS) throw wrongCell(row, 'vmdeleted', `at least ${atS}, when it was created`);
    const vcpus = sizeCell(row, 'vmcorecountbucket');
    const gigabytes = sizeCell(row, 'vmmemorybucket');
    return {
      atS,
      lifetimeS: Math.max(1, deletedS - atS),
      request: vmRequest({ id, vcpus, ramMib: Math.round(gigabytes * 1024) }),
      station: once(textCell(row, 'vmcategory')),
      flavor: once(`${vcpus}vcpu-${gigabytes}g`),
      image: '',
      user: once(textCell(row, 'subscriptionid')),
    };
  };
}

function sizeCell(row: TextRow<VmColumn>, column: keyof typeof openBuckets): number {
  const [open, size] = openBuckets[column];
  if (textCell(row, column) === open) return size;
  const value = numberCell(row, column);
  if (!(value > 0 && value < 1e6)) throw wrongCell(row, column, `a number above 0, or ${open}`);
  return value;
}

/** The chunks without the byte order mark that the first may begin with. */
async function* withoutMark(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of chunks) {
    yield isFirst && chunk.subarray(0, 3).toString('hex') === 'efbbbf' ? chunk.subarray(3) : chunk;
    isFirst = false;
  }
}
