/** The server's configuration: one YAML file, over it the environment (`HEPS_LISTEN_PORT` is `listen.port`), checked as a whole. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { parse, YAMLParseError } from 'yaml';
import { aBoolean, anInteger, anObject, aPositive, aText, oneOf } from '../core/check.ts';
import { InputError } from '../core/input-error.ts';
import { policies } from '../core/policies/index.ts';
import { modes, type SchedulingSettings } from './scheduling/scheduling.ts';
import type { DatabaseOptions } from './srm/database.ts';

export interface Configuration {
  /** Address and port on which the server answers. */
  readonly listen: { readonly address: string; readonly port: number };
  /** Certificate and key, PEM; null for HTTP, which is for loopback or behind a proxy that adds TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly database: DatabaseOptions;
  readonly srm: {
    /** Seconds between the reports of a host. */
    readonly intervalS: number;
    /** Hours for which the audit rows of reports are kept; those of tokens are kept for good. */
    readonly auditReportsForH: number;
  };
  /** Null: only the registry runs, and no cloud is asked. */
  readonly scheduling: (Omit<SchedulingSettings, 'isShared'> & { readonly cloud: string | undefined }) | null;
  /** The cloud in whose Placement the cards are mirrored; null: in none. */
  readonly mirror: { readonly cloud: string | undefined } | null;
  readonly log: { readonly level: LogLevel };
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** How a key is checked, and what it is where neither file nor environment have it. */
interface Setting {
  readonly check: (value: unknown, where: string) => unknown;
  readonly fallback?: unknown;
  /** From the environment or from the file that `…File` names, so that it stands in no file that others read. */
  readonly isSecret?: boolean;
}

const settings: Readonly<Record<string, Setting>> = {
  'listen.address': { check: aText, fallback: '127.0.0.1' },
  'listen.port': { check: aPort, fallback: 8790 },
  'tls.certificateFile': { check: aText },
  'tls.keyFile': { check: aText },
  'database.kind': { check: (value, where) => oneOf(value, where, ['sqlite', 'mariadb']), fallback: 'sqlite' },
  'database.file': { check: aText },
  'database.host': { check: aText, fallback: '127.0.0.1' },
  'database.port': { check: aPort, fallback: 3306 },
  'database.name': { check: aText, fallback: 'heps' },
  'database.user': { check: aText, fallback: 'heps' },
  'database.password': { check: aText, isSecret: true },
  'database.passwordFile': { check: aText },
  'srm.intervalS': { check: aPositive, fallback: 10 },
  'srm.auditReportsForH': { check: aPositive, fallback: 6 },
  'cloud.name': { check: aText },
  'srm.mirrorToPlacement': { check: aBoolean, fallback: false },
  'scheduling.mode': { check: (value, where) => oneOf(value, where, ['off', ...modes]), fallback: 'off' },
  'scheduling.policy': { check: aPolicy, fallback: 'hybrid' },
  'scheduling.aliases': { check: modelsByAlias, fallback: {} },
  'scheduling.mostHosts': { check: (value, where) => anInteger(value, where, 1), fallback: 3 },
  'scheduling.createGraceS': { check: aPositive, fallback: 60 },
  'scheduling.buildLimitS': { check: aPositive, fallback: 600 },
  'scheduling.leaseS': { check: aPositive, fallback: 15 },
  'scheduling.reconcileIntervalS': { check: aPositive, fallback: 30 },
  'scheduling.pollIntervalS': { check: aPositive, fallback: 1 },
  'log.level': { check: (value, where) => oneOf(value, where, logLevels), fallback: 'info' },
};

const keys = Object.keys(settings);
const sections = [...new Set(keys.map((key) => key.split('.')[0]!))];

/**
 * Reads and checks the file; relative paths in it are from its folder.
 *
 * @throws InputError naming the file or variable and the key; never a secret
 */
export function readConfiguration(file: string, environment: NodeJS.ProcessEnv): Configuration {
  const found = new Map([...fileValues(file), ...environmentValues(environment)]);
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
  for (const key of keys) get(key); // what is not used below is checked as well
  const folder = dirname(resolve(file));
  const contentOf = (key: string, expected: string): string => {
    const path = resolve(folder, needed<string>(key, expected));
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new InputError(`${key} ${path}`, 'a file that can be read', (error as NodeJS.ErrnoException).code);
    }
  };
  const hasTls = found.has('tls.certificateFile') || found.has('tls.keyFile');
  return {
    listen: { address: get('listen.address'), port: get('listen.port') },
    tls: hasTls
      ? {
          certificate: contentOf('tls.certificateFile', 'the file of the certificate'),
          key: contentOf('tls.keyFile', 'the file of the key'),
        }
      : null,
    database:
      get('database.kind') === 'sqlite'
        ? {
            kind: 'sqlite',
            file: resolve(folder, needed('database.file', 'the file that SQLite keeps the records in')),
          }
        : {
            kind: 'mariadb',
            host: get('database.host'),
            port: get('database.port'),
            name: get('database.name'),
            user: get('database.user'),
            password:
              get<string | undefined>('database.password') ??
              contentOf('database.passwordFile', 'a file with the password, or HEPS_DATABASE_PASSWORD').trim(),
          },
    srm: { intervalS: get('srm.intervalS'), auditReportsForH: get('srm.auditReportsForH') },
    scheduling:
      get('scheduling.mode') === 'off'
        ? null
        : {
            cloud: get('cloud.name'),
            mode: get('scheduling.mode'),
            policy: get('scheduling.policy'),
            aliases: get('scheduling.aliases'),
            mostHosts: get('scheduling.mostHosts'),
            createGraceS: get('scheduling.createGraceS'),
            buildLimitS: get('scheduling.buildLimitS'),
            leaseS: get('scheduling.leaseS'),
            reconcileIntervalS: get('scheduling.reconcileIntervalS'),
            pollIntervalS: get('scheduling.pollIntervalS'),
          },
    mirror: get('srm.mirrorToPlacement') ? { cloud: get('cloud.name') } : null,
    log: { level: get('log.level') },
  };
}

interface Found {
  readonly value: unknown;
  /** For messages. */
  readonly where: string;
}

function fileValues(file: string): Map<string, Found> {
  const found = new Map<string, Found>();
  const top = anObject(parsed(file) ?? {}, file);
  for (const [section, content] of Object.entries(top)) {
    if (!sections.includes(section)) throw unknown(`${file}, ${section}`, section, sections);
    for (const [name, value] of Object.entries(anObject(content, `${file}, ${section}`))) {
      const key = `${section}.${name}`;
      const where = `${file}, ${key}`;
      if (settings[key] === undefined) throw unknown(where, key, keys);
      if (settings[key].isSecret) {
        throw InputError.saying(`${where}: expected it in the file that ${key}File names, or in ${variableOf(key)}`);
      }
      found.set(key, { value, where });
    }
  }
  return found;
}

function parsed(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(file, 'a configuration file that can be read', (error as NodeJS.ErrnoException).code);
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw InputError.saying(`${file}:${error.linePos?.[0].line ?? 1}: expected YAML (${error.message.split('\n')[0]})`);
  }
}

/** Variables of other parts, such as the agent's token, begin with other words than the sections' names. */
function environmentValues(environment: NodeJS.ProcessEnv): Map<string, Found> {
  const found = new Map<string, Found>();
  const byVariable = new Map(keys.map((key) => [variableOf(key), key]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!sections.some((section) => variable.startsWith(`HEPS_${section.toUpperCase()}_`))) continue;
    const key = byVariable.get(variable);
    if (key === undefined) throw unknown(`environment, ${variable}`, variable, [...byVariable.keys()]);
    const { fallback } = settings[key]!;
    const isNumber = typeof fallback === 'number' && text !== '';
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

function aPolicy(value: unknown, where: string): string {
  return oneOf(
    value,
    where,
    policies.map(({ name }) => name),
  );
}

function modelsByAlias(value: unknown, where: string): Record<string, string> {
  const models = Object.entries(anObject(value, where));
  return Object.fromEntries(models.map(([alias, model]) => [alias, aText(model, `${where}.${alias}`)]));
}

function aPort(value: unknown, where: string): number {
  const port = anInteger(value, where);
  if (port > 65535) throw new InputError(where, 'a port up to 65535', port);
  return port;
}
