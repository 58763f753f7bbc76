/** Tells by the first bytes of a file which trace format it is in, and reads it. */
import { InputError } from '../core/input-error.ts';
import { readAlibaba2025 } from './alibaba-2025.ts';
import type { ArrivalStream } from './arrival.ts';
import { azureFiles, readAzure } from './azure.ts';
import { isVmTableLine, readAzureVmTable } from './azure-vmtable.ts';
import { readLines } from './csv.ts';
import { hepsCsvHeader, readHepsCsv } from './heps-csv.ts';
import { type OpenbOptions, openbPodColumns, readOpenbPods } from './openb.ts';
import { readSwf, type SwfOptions } from './swf.ts';

/** Formats of a workload. */
export type TraceFormat = 'heps-csv' | 'openb' | 'alibaba-2025' | 'azure2017' | 'azure-vmtable' | 'swf';

/** Options of all readers; each takes what concerns it. */
export type TraceOptions = OpenbOptions & SwfOptions;

/**
 * The format of a workload file. A CSV file is recognised by a column that only its format has, so that a header with a
 * mistake reaches the reader, which says what is wrong with it.
 *
 * @throws InputError naming the formats when it is none
 */
export async function recogniseTrace(path: string): Promise<TraceFormat> {
  const line = await firstLine(path);
  if (line !== undefined) {
    const header = line.replaceAll('"', '').split(',');
    if (header.includes('submit_s')) return 'heps-csv';
    if (header.includes('num_gpu') && header.includes('cpu_milli')) return 'openb';
    if (header.includes('instance_sn')) return 'alibaba-2025';
    if (line.startsWith(';') || /^(-?\d+(\.\d+)?\s+){17}-?\d+(\.\d+)?$/.test(line)) return 'swf';
    if (isVmTableLine(line.replaceAll('"', ''))) return 'azure-vmtable';
    if (/^\d+ [a-z|](,[a-z|])*$/.test(line)) return 'azure2017';
  }
  const formats = [
    `heps-csv (${hepsCsvHeader.split(',').slice(0, 5).join(',')},…)`,
    `openb (${openbPodColumns.required.join(',')},…)`,
    'alibaba-2025 (instance_sn,role,app_name,cpu_request,…)',
    'azure2017 (a time, a space and letters; or a row of vmtable.csv)',
    'swf (18 columns, or a comment after ;)',
  ];
  throw new InputError(`${path}:1`, `the first line of ${formats.join(', ')}`, line);
}

/** Arrivals of a workload file in whichever format it is. */
export async function readTrace(path: string, options: TraceOptions = {}): Promise<ArrivalStream> {
  const format = await recogniseTrace(path);
  if (format === 'heps-csv') return readHepsCsv(path, options);
  if (format === 'openb') return readOpenbPods(path, options);
  if (format === 'alibaba-2025') return readAlibaba2025(path, options);
  if (format === 'swf') return readSwf(path, options);
  if (format === 'azure-vmtable') return readAzureVmTable(path, options);
  return readAzure(path, options);
}

/** The file and those that belong to it: everything that decides what `readTrace` gives. */
export async function traceFiles(path: string): Promise<string[]> {
  return (await recogniseTrace(path)) === 'azure2017' ? Object.values(await azureFiles(path)) : [path];
}

/**
 * Whether a file is a node list of the openb trace, which describes hosts and no workload. Recognised by two of its columns, so that a
 * header with a mistake reaches the reader.
 */
export async function isOpenbNodeFile(path: string): Promise<boolean> {
  const header = (await firstLine(path))?.replaceAll('"', '').split(',') ?? [];
  return header.includes('sn') && header.includes('cpu_milli');
}

/** The first line that is not blank, without white space around it; undefined when there is none in the first MiB. */
async function firstLine(path: string): Promise<string | undefined> {
  let batches = 0;
  for await (const lines of readLines(path)) {
    const found = lines.map((line) => line.trim()).find((line) => line !== '');
    if (found !== undefined || ++batches === 16) return found;
  }
  return undefined;
}
