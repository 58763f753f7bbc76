/**
 * Alibaba's trace of 2025 of recommendation models on a GPU cluster whose CPU parts and GPU parts run apart ("disaggregated DLRM"):
 * instances with vCPUs, RAM, disk and at most one GPU of any model. Columns:
 * https://github.com/alibaba/clusterdata/tree/master/cluster-trace-gpu-v2025. It may be used for research and study, so no part of it is a
 * sample here.
 */
import { vmRequest } from '../core/request.ts';
import type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
import {
  type CsvColumns,
  decimalCell,
  inMilliseconds,
  readCsv,
  type TextRow,
  textCell,
  wholeCell,
  wrongCell,
} from './csv.ts';
import { RowError } from './left-out.ts';

const read = [
  'instance_sn',
  'role',
  'app_name',
  'cpu_request',
  'gpu_request',
  'memory_request',
  'disk_request',
  'creation_time',
  'deletion_time',
] as const;
/** Limits, RDMA and placement, which are not read. */
const passedOver = [
  'cpu_limit',
  'gpu_limit',
  'rdma_request',
  'rdma_limit',
  'memory_limit',
  'disk_limit',
  'max_instance_per_node',
  'scheduled_time',
] as const;
type Column = (typeof read)[number] | (typeof passedOver)[number];

/** Columns of the list of instances. */
export const alibaba2025Columns: CsvColumns<Column> = { required: read, optional: passedOver };

/** Arrivals in one batch. */
const batchSize = 1000;

/**
 * Instances from creation to deletion, at least 1 second, sorted by creation, for which the list (some 24 000 rows) is in memory as a whole;
 * station = role (CN: CPU node, HN: heterogeneous node), flavor = application. An empty time is one before the trace began or after it ended:
 * how long such an instance lived is not known, so it is no VM.
 */
export async function* readAlibaba2025(path: string, { onInvalid, onNoVm }: ReadOptions = {}): ArrivalStream {
  const arrivals: Arrival[] = [];
  const take = (row: TextRow<Column>): Arrival | RowError => arrivalOf(row) ?? noLifetime(row);
  for await (const batch of readCsv(path, alibaba2025Columns, take, onInvalid)) {
    for (const each of batch) {
      if (each instanceof RowError) onNoVm?.(each);
      else arrivals.push(each);
    }
  }
  arrivals.sort((a, b) => a.atS - b.atS);
  for (let start = 0; start < arrivals.length; start += batchSize) yield arrivals.slice(start, start + batchSize);
}

function noLifetime(row: TextRow<Column>): RowError {
  const time = (column: Column): string => textCell(row, column) || 'unknown';
  const times = `${time('creation_time')} to ${time('deletion_time')}`;
  return new RowError(`${row.path}:${row.line}`, 'both times', times, 'outlived-trace');
}

/** Undefined where a time is empty. */
function arrivalOf(row: TextRow<Column>): Arrival | undefined {
  if (textCell(row, 'creation_time') === '' || textCell(row, 'deletion_time') === '') return undefined;
  const id = textCell(row, 'instance_sn');
  if (id === '') throw wrongCell(row, 'instance_sn', 'a text');
  const atS = inMilliseconds(decimalCell(row, 'creation_time'));
  const endS = inMilliseconds(decimalCell(row, 'deletion_time'));
  if (endS < atS) throw wrongCell(row, 'deletion_time', 'a time at or after creation_time');
  const request = vmRequest({
    id,
    vcpus: wholeCell(row, 'cpu_request', 1),
    ramMib: Math.ceil(decimalCell(row, 'memory_request') * 1024),
    diskGib: Math.ceil(decimalCell(row, 'disk_request')),
    cards: wholeCell(row, 'gpu_request'),
  });
  const lifetimeS = Math.max(inMilliseconds(endS - atS), 1);
  return {
    atS,
    lifetimeS,
    request,
    station: textCell(row, 'role'),
    flavor: textCell(row, 'app_name'),
    image: '',
    user: '',
  };
}
