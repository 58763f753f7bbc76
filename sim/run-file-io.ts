/** Writes and reads run files: JSON with one line per field and column, so that two of them can be compared with diff. */
import { readFileSync } from 'node:fs';
import { InputError } from '../core/input-error.ts';
import { checkRunFile, type RunFile } from '../core/run-file.ts';
import type { OutputFile } from './output-file.ts';

/** Fields whose own fields get a line each; one at a time is turned into text, so that memory stays below the file's size. */
const tables = ['series', 'decisions', 'faults', 'conflicts', 'summary', 'cluster'];

export function writeRunFile(file: OutputFile, run: RunFile): void {
  file.write('{');
  Object.entries(run).forEach(([name, value], index) => {
    file.write(`${index === 0 ? '' : ','}\n${JSON.stringify(name)}: `);
    if (!tables.includes(name) || value === null) file.write(JSON.stringify(value));
    else {
      file.write('{');
      Object.entries(value as object).forEach(([column, cells], place) => {
        file.write(`${place === 0 ? '' : ','}\n  ${JSON.stringify(column)}: ${JSON.stringify(cells)}`);
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
