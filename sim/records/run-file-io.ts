/** Writes and reads run files: JSON with one line per field and column, so that two of them can be compared with diff. */
import { readFileSync } from 'node:fs';
import { InputError } from '../../core/input-error.ts';
import { checkRunFile } from '../../core/runs/check-run-file.ts';
import type { DecisionColumns, RunFile } from '../../core/runs/run-file.ts';
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

/** Reads and checks a run file. @throws InputError */
export function readRunFile(path: string): RunFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new InputError(path, 'a readable file', undefined);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(path, 'a run file (JSON)', (error as Error).message);
  }
  return checkRunFile(value, path);
}
