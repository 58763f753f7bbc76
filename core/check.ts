/** Checks of values that come from outside; each returns the value typed, or throws an InputError that names the field. */
import { InputError } from './input-error.ts';

/** A JSON object. */
export function anObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(where, 'an object', value);
  }
  return value as Record<string, unknown>;
}

/** A JSON array. */
export function anArray(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InputError(where, 'an array', value);
  return value;
}

/** A text of at least one character. */
export function aText(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw new InputError(where, 'a text', value);
  return value;
}

/** True or false. */
export function aBoolean(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw new InputError(where, 'true or false', value);
  return value;
}

/** A finite number of at least `least`. */
export function aNumber(value: unknown, where: string, least = 0): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) {
    throw new InputError(where, `a number of at least ${least}`, value);
  }
  return value;
}

/** A finite number above zero. */
export function aPositive(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new InputError(where, 'a number above 0', value);
  }
  return value;
}

/** A whole number of at least `least`. */
export function anInteger(value: unknown, where: string, least = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new InputError(where, `a whole number of at least ${least}`, value);
  }
  return value as number;
}

/** One of a few texts. */
export function oneOf<T extends string>(value: unknown, where: string, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw new InputError(where, `one of ${allowed.join(', ')}`, value);
  return value as T;
}

/** Refuses fields that nothing would read, so that a misspelt one is noticed. */
export function noOtherFields(value: Record<string, unknown>, where: string, known: readonly string[]): void {
  for (const field of Object.keys(value)) {
    if (!known.includes(field)) {
      throw new InputError(where === '' ? field : `${where}.${field}`, `one of the fields ${known.join(', ')}`, field);
    }
  }
}
