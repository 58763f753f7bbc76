/** Writes and reads run files: JSON with one line per field and column, so that two of them can be compared with diff. */
import { statSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { InputError } from '../../core/input-error.ts';
import { checkRunFile } from '../../core/runs/check-run-file.ts';
import type { DecisionColumns, RunFile } from '../../core/runs/run-file.ts';
import { readJson } from '../../files/large-json.ts';
import type { OutputFile } from '../../files/output-file.ts';
import { ByteWriter } from './byte-writer.ts';
import { IdTexts } from './id-texts.ts';
import { NumberColumn } from './number-column.ts';
import type { RecordedDecisions } from './recorder.ts';
import { Texts } from './texts.ts';

/** Fields whose own fields get a line each. */
const tables = ['series', 'decisions', 'faults', 'conflicts', 'summary', 'cluster'];

/** A run file whose decisions may be as they were recorded. */
export type WritableRun = Omit<RunFile, 'decisions'> & {
  readonly decisions: DecisionColumns | RecordedDecisions | null;
};

export function writeRunFile(file: OutputFile, run: WritableRun): void {
  const writer = new ByteWriter(file);
  file.write('{');
  Object.entries(run).forEach(([name, value], index) => {
    file.write(`${index === 0 ? '' : ','}\n${JSON.stringify(name)}: `);
    if (!tables.includes(name) || value === null) file.write(JSON.stringify(value));
    else {
      file.write('{');
      Object.entries(value as object).forEach(([column, cells], place) => {
        file.write(`${place === 0 ? '' : ','}\n  ${JSON.stringify(column)}: `);
        if (cells instanceof NumberColumn || cells instanceof Texts || cells instanceof IdTexts) {
          cells.writeTo(writer);
          writer.flush();
        } else file.write(JSON.stringify(cells));
      });
      file.write('\n}');
    }
  });
  file.write('\n}\n');
}

/** Reads and checks a run file of any length. @throws InputError, with the system's error as its cause where it cannot be read */
export function readRunFile(path: string): RunFile {
  refuseTooLarge(path);
  let value: unknown;
  try {
    value = readJson(path);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(path, 'a run file (JSON)', error.message);
    throw InputError.unreadable(path, 'a readable file', error as NodeJS.ErrnoException);
  }
  return checkRunFile(value, path);
}

/** Memory that a run file takes in JavaScript, of its length: 2 where ids are long, 2.4 where numbers are short. */
const heapPerByte = 2.5;

/** Node ends without a word that could be caught where its heap is full. @throws InputError */
function refuseTooLarge(path: string): void {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  const needed = bytes * heapPerByte;
  if (needed <= limit - used) return;
  const mib = Math.ceil((needed + used) / 2 ** 20 / 1024) * 1024;
  throw InputError.saying(
    `${path}: ${megabytes(bytes)} are more than fit into Node's memory; NODE_OPTIONS=--max-old-space-size=${mib} makes room`,
  );
}

/** Longest run file that a page can read: texts of browsers end there. */
export const mostPageBytes = 512 * 2 ** 20;

/** `537 MB`. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
