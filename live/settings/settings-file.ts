/** Settings from one YAML file of sections, over it the environment (`HEPS_LISTEN_PORT` is `listen.port`), checked as a whole. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { anObject } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { readYaml } from './yaml-file.ts';

/** How a key is checked, and what it is where neither file nor environment have it. */
export interface Setting {
  readonly check: (value: unknown, where: string) => unknown;
  readonly fallback?: unknown;
  /** From the environment or from the file that `…File` names, so that it stands in no file that others read. */
  readonly isSecret?: boolean;
  /** Whether it is a number; said where no fallback shows it. */
  readonly isNumber?: boolean;
}

/** By key: `section.name`. */
export type Settings = Readonly<Record<string, Setting>>;

/** What file and environment give, checked key by key. */
export interface SettingValues {
  get<T>(key: string): T;
  /** @param expected what it is, for the message */
  needed<T>(key: string, expected: string): T;
  has(key: string): boolean;
  /** From the file's folder. */
  pathOf(key: string, expected: string): string;
  contentOf(key: string, expected: string): string;
  /** From the environment, or from the file that `…File` names. */
  secret(key: string, expected: string): string;
}

/** @throws InputError naming the file or variable and the key; never a secret */
export function readSettings(settings: Settings, file: string, environment: NodeJS.ProcessEnv): SettingValues {
  const found = new Map([...fileValues(settings, file), ...environmentValues(settings, environment)]);
  const get = <T>(key: string): T => {
    const { check, fallback } = settings[key]!;
    const { value, where } = found.get(key) ?? { value: fallback, where: `${file}, ${key}` };
    return (value === undefined ? undefined : check(value, where)) as T;
  };
  const needed = <T>(key: string, expected: string): T => {
    const value = get<T | undefined>(key);
    if (value === undefined) throw new InputError(`${file}, ${key}`, expected, undefined);
    return value;
  };
  for (const key of Object.keys(settings)) get(key); // what is not used is checked as well
  const pathOf = (key: string, expected: string): string =>
    resolve(dirname(resolve(file)), needed<string>(key, expected));
  const contentOf = (key: string, expected: string): string => {
    const path = pathOf(key, expected);
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new InputError(`${key} ${path}`, 'a file that can be read', (error as NodeJS.ErrnoException).code);
    }
  };
  return {
    get,
    needed,
    has: (key) => found.has(key),
    pathOf,
    contentOf,
    secret: (key, expected) => get(key) ?? contentOf(`${key}File`, expected).trim(),
  };
}

/** What file and environment give for a key before anything is checked; undefined for nothing. @throws InputError when the file cannot be read */
export function rawSetting(key: string, file: string, environment: NodeJS.ProcessEnv): unknown {
  const [section, name] = key.split('.');
  const sections = readYaml(file, 'a configuration file that can be read');
  const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  const content = isMap(sections) ? sections[section!] : undefined;
  return environment[variableOf(key)] ?? (isMap(content) ? content[name!] : undefined);
}

interface Found {
  readonly value: unknown;
  /** For messages. */
  readonly where: string;
}

function sectionsOf(settings: Settings): readonly string[] {
  return [...new Set(Object.keys(settings).map((key) => key.split('.')[0]!))];
}

function fileValues(settings: Settings, file: string): Map<string, Found> {
  const found = new Map<string, Found>();
  const sections = sectionsOf(settings);
  for (const [section, content] of Object.entries(
    anObject(readYaml(file, 'a configuration file that can be read') ?? {}, file),
  )) {
    if (!sections.includes(section)) throw unknown(`${file}, ${section}`, section, sections);
    for (const [name, value] of Object.entries(anObject(content, `${file}, ${section}`))) {
      const key = `${section}.${name}`;
      const where = `${file}, ${key}`;
      if (settings[key] === undefined) throw unknown(where, key, Object.keys(settings));
      if (settings[key].isSecret) {
        throw InputError.saying(`${where}: expected it in the file that ${key}File names, or in ${variableOf(key)}`);
      }
      found.set(key, { value, where });
    }
  }
  return found;
}

/** Variables of other parts, such as the agent's token, begin with other words than the sections' names. */
function environmentValues(settings: Settings, environment: NodeJS.ProcessEnv): Map<string, Found> {
  const found = new Map<string, Found>();
  const sections = sectionsOf(settings);
  const byVariable = new Map(Object.keys(settings).map((key) => [variableOf(key), key]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!sections.some((section) => variable.startsWith(`HEPS_${section.toUpperCase()}_`))) continue;
    const key = byVariable.get(variable);
    if (key === undefined) throw unknown(`environment, ${variable}`, variable, [...byVariable.keys()]);
    const { fallback, isNumber: saysNumber = typeof fallback === 'number' } = settings[key]!;
    const isNumber = saysNumber && text !== '';
    const isBoolean = typeof fallback === 'boolean' && ['true', 'false'].includes(text ?? '');
    const value = isNumber ? Number(text) : isBoolean ? text === 'true' : text;
    found.set(key, { value, where: `environment, ${variable}` });
  }
  return found;
}

/** `database.passwordFile` → `HEPS_DATABASE_PASSWORD_FILE`. */
function variableOf(key: string): string {
  return `HEPS_${key.replace('.', '_').replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

function unknown(where: string, name: string, known: readonly string[]): InputError {
  return InputError.saying(`${where}: not a known key; did you mean ${closest(name, [...known])}?`);
}
