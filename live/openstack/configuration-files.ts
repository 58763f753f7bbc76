/** `clouds.yaml` and `secure.yaml`: finding them and reading them, without ever showing what is in them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { InputError } from '../../core/input-error.ts';

/** Where the process stands; a test gives its own. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly directory: string;
  readonly home: string;
  /** OpenStack's folder for the whole machine: `/etc/openstack`. */
  readonly system: string;
}

/** The entries of `clouds.yaml` by name, each with its part of `secure.yaml` laid over it. */
export interface CloudEntries {
  /** The file, for messages; null where there is none. */
  readonly file: string | null;
  readonly clouds: Readonly<Record<string, unknown>>;
}

/** Reads both; the first of each that exists counts, as in openstacksdk. @throws InputError naming file and line */
export function readCloudEntries(around: Surroundings): CloudEntries {
  const file = findFile('clouds.yaml', 'OS_CLIENT_CONFIG_FILE', around);
  if (file === null) return { file, clouds: {} };
  const secureFile = findFile('secure.yaml', 'OS_CLIENT_SECURE_FILE', around);
  const clouds = cloudsOf(file);
  return { file, clouds: secureFile === null ? clouds : overlay(clouds, cloudsOf(secureFile)) };
}

function findFile(
  name: string,
  variable: string,
  { environment, directory, home, system }: Surroundings,
): string | null {
  const chosen = environment[variable];
  if (chosen !== undefined && chosen !== '') {
    if (!existsSync(chosen)) throw new InputError(variable, 'a file that exists', chosen);
    return chosen;
  }
  const folders = [directory, join(home, '.config/openstack'), system];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function cloudsOf(file: string): Record<string, unknown> {
  const lineCounter = new LineCounter();
  // The failsafe schema leaves every value a text: a password of digits, or one that reads `yes`, stays what it is.
  // Pretty errors would show the line that is wrong, which may hold a password.
  const document = parseDocument(readText(file), {
    schema: 'failsafe',
    merge: true,
    prettyErrors: false,
    lineCounter,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw InputError.saying(`${file}:${line}:${col}: not YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`);
  }
  const root: unknown = document.toJS();
  if (typeof root !== 'object' || root === null || !('clouds' in root)) {
    throw InputError.saying(`${file}: expected a field clouds`);
  }
  return fieldsOf(root.clouds, `${file}: clouds`);
}

/** The fields of a part of the file; what came instead is not shown: it may be a secret at the wrong place. */
export function fieldsOf(value: unknown, where: string): Record<string, unknown> {
  if (!isMap(value)) throw InputError.saying(`${where}: expected fields`);
  return value;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw InputError.saying(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** `over` laid over `under`, field by field. */
function overlay(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...under };
  for (const [field, value] of Object.entries(over)) {
    const below = merged[field];
    merged[field] = isMap(below) && isMap(value) ? overlay(below, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
