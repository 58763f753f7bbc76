/** Writes and reads run files: JSON with one line per field and column, so that two of them can be compared with diff. */
import { readFileSync } from 'node:fs';
import { InputError } from '../core/input-error.ts';
import { checkRunFile, type RunFile } from '../core/run-file.ts';
import type { OutputFile } from './output-file.ts';
import { Texts } from './texts.ts';

/** Fields whose own fields get a line each. */
const tables = ['series', 'decisions', 'faults', 'conflicts', 'summary', 'cluster'];

/** Cells of a column that are turned into text at a time, so that the text of a long column is never in memory as a whole. */
const cellsAtATime = 4096;

export function writeRunFile(file: OutputFile, run: RunFile): void {
  file.write('{');
  Object.entries(run).forEach(([name, value], index) => {
    file.write(`${index === 0 ? '' : ','}\n${JSON.stringify(name)}: `);
    if (!tables.includes(name) || value === null) file.write(JSON.stringify(value));
    else {
      file.write('{');
      Object.entries(value as object).forEach(([column, cells], place) => {
        file.write(`${place === 0 ? '' : ','}\n  ${JSON.stringify(column)}: `);
        writeColumn(file, cells);
      });
      file.write('\n}');
    }
  });
  file.write('\n}\n');
}

/** As JSON.stringify, in pieces where it is a column. */
function writeColumn(file: OutputFile, value: unknown): void {
  if (Array.isArray(value)) {
    writeArray(file, value);
  } else if (value instanceof Texts) {
    file.write('{"texts":');
    writeArray(file, value.texts);
    file.write(',"rows":');
    writeArray(file, value.rows);
    file.write('}');
  } else {
    file.write(JSON.stringify(value));
  }
}

function writeArray(file: OutputFile, values: readonly unknown[]): void {
  file.write('[');
  for (let start = 0; start < values.length; start += cellsAtATime) {
    const text = JSON.stringify(values.slice(start, start + cellsAtATime));
    file.write(`${start === 0 ? '' : ','}${text.slice(1, -1)}`);
  }
  file.write(']');
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
