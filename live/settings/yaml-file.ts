/** Reads a YAML file that an operator writes: settings, stations. (`clouds.yaml` is read otherwise: its errors must not show a line.) */
import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { InputError } from '../../core/input-error.ts';

/** @param expected what the file is, for the message @throws InputError naming the file, and the line of what is not YAML */
export function readYaml(file: string, expected: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(file, expected, (error as NodeJS.ErrnoException).code);
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw InputError.saying(`${file}:${error.linePos?.[0].line ?? 1}: expected YAML (${error.message.split('\n')[0]})`);
  }
}
