/** Loads policies from files: JavaScript or TypeScript modules whose default export is a PolicyFactory. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../core/input-error.ts';
import { guardedFactory } from '../core/policies/guarded.ts';
import type { LoadedPolicy } from './loaded-policy.ts';
import { stripTypes } from './strip-types.ts';

let isRegistered = false;

/**
 * Loads a policy and makes sure that it is one. What it does wrong later ends in an InputError too.
 *
 * @param file its path
 * @param given the path as somebody gave it, for messages and run files
 * @throws InputError in one line that says what was expected
 */
export async function loadPolicy(file: string, given = file): Promise<LoadedPolicy> {
  const path = resolve(file);
  const sha256 = createHash('sha256').update(readModule(path, given)).digest('hex');
  if (!isRegistered) {
    // First, what a policy imports: past the hooks, each module takes a detour through their thread, a tenth of a second in all.
    await import(new URL('../index.js', import.meta.url).href);
    register('./hooks.js', import.meta.url);
    isRegistered = true;
  }
  const { default: exported } = await importModule(path, given);
  const factory = guardedFactory(exported, given, (error) => placeIn(path, error));
  return { factory, module: { file: path, given, sha256 } };
}

/**
 * Loads several.
 *
 * @param folder that relative paths start from. Defaults to the working folder
 * @throws InputError also when two of them have one name
 */
export async function loadPolicies(files: readonly string[], folder = ''): Promise<LoadedPolicy[]> {
  const loaded: LoadedPolicy[] = [];
  for (const file of files) {
    const policy = await loadPolicy(resolve(folder, file), file);
    const { name } = policy.factory;
    const other = loaded.find(({ factory }) => factory.name === name);
    if (other !== undefined)
      throw new InputError(`${file}, name`, `another name than that of ${other.module.given}`, name);
    loaded.push(policy);
  }
  return loaded;
}

function readModule(path: string, given: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const expected = "a policy's file that can be read (.ts, .mts, .js or .mjs)";
    throw new InputError(given, expected, (error as NodeJS.ErrnoException).code);
  }
}

async function importModule(path: string, given: string): Promise<{ default?: unknown }> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    throw InputError.saying(loadFailure(error, path, given));
  }
}

/** Why a module could not be loaded, in one line. */
function loadFailure(error: unknown, path: string, given: string): string {
  const said = String(located(error, path)).split('\n')[0]!;
  const prefix = `SyntaxError: ${path}:`;
  if (said.startsWith(prefix))
    return `${given}:${said.slice(prefix.length).replace(': ', ': expected JavaScript or types over it: ')}`;
  return `${given}${placeIn(path, error)}: expected a module that can be loaded, got ${said}`;
}

/** An error of syntax that says where it is, which Node's own does not say in every file; other errors as they are. */
function located(error: unknown, path: string): unknown {
  if (!(error instanceof SyntaxError)) return error;
  try {
    stripTypes(readFileSync(path, 'utf8'), path);
    return error;
  } catch (found) {
    return found;
  }
}

/** `:12:5`, the innermost place in the file that an error's stack names, or `:12` where it names no column; empty where it names none. */
function placeIn(path: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = [path, pathToFileURL(path).href].map((name) => stack.indexOf(`${name}:`)).filter((place) => place >= 0);
  return at.length === 0
    ? ''
    : (/:\d+(?::\d+)?/.exec(stack.slice(Math.min(...at)).replace(/^file:\/\//, ''))?.[0] ?? '');
}
