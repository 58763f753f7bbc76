/** Checks of values that more than one configuration has. */
import { anInteger, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { networksOf } from '../http/client-address.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Of TCP. */
export function aPort(value: unknown, where: string): number {
  const port = anInteger(value, where);
  if (port > 65535) throw new InputError(where, 'a port up to 65535', port);
  return port;
}

/** A list of texts; one text with commas where it comes from the environment. */
export function texts(value: unknown, where: string): readonly string[] {
  const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
  if (!Array.isArray(items)) throw new InputError(where, 'a list of texts', value);
  return items.map((item, index) => aText(item, `${where}[${index}]`));
}

/** A list of networks, such as `10.1.0.0/16`. */
export function networks(value: unknown, where: string): readonly string[] {
  const list = texts(value, where);
  networksOf(list, where);
  return list;
}

/** `https://desk.example.org`, as a browser writes it in `Origin`. */
export function anOrigin(value: unknown, where: string): string {
  const text = aText(value, where);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || text.replace(/\/$/, '') !== url.origin) {
    throw new InputError(where, 'an origin such as https://desk.example.org', value);
  }
  return url.origin;
}
