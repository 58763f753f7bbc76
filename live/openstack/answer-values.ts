/** Values as OpenStack's APIs write them, checked as `core/check.ts` does. */
import { anArray, anObject, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import type { Reader } from './service.ts';

/** A time in Unix seconds. Nova writes some with a `Z` and some without; all are UTC. */
export function aTime(value: unknown, where: string): number {
  const text = aText(value, where);
  const atMs = Date.parse(/Z$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(atMs)) throw new InputError(where, 'a time', value);
  return atMs / 1000;
}

/** Null where the field is null or missing: Nova leaves out what the caller's role may not see. */
export function orNull<T>(value: unknown, where: string, read: Reader<T>): T | null {
  return value === undefined || value === null ? null : read(value, where);
}

/** A text that may be empty. */
export function anyText(value: unknown, where: string): string {
  return value === '' ? '' : aText(value, where);
}

/** A whole number that some versions write as a text, `""` for 0. */
export function aWrittenInteger(value: unknown, where: string): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (!Number.isSafeInteger(number)) throw new InputError(where, 'a whole number', value);
  return number as number;
}

/** Texts by name: metadata, extra specs. */
export function textsByName(value: unknown, where: string): Record<string, string> {
  return byName(value, where, anyText);
}

/** An object with free names whose values are all of one kind. */
export function byName<T>(value: unknown, where: string, read: Reader<T>): Record<string, T> {
  const entries = Object.entries(anObject(value, where));
  return Object.fromEntries(entries.map(([name, item]) => [name, read(item, `${where}.${name}`)]));
}

/** An array whose items are all of one kind. */
export function listOf<T>(value: unknown, where: string, read: Reader<T>): T[] {
  return anArray(value, where).map((item, index) => read(item, `${where}[${index}]`));
}
