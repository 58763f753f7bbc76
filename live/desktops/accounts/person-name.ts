/** Names of people and groups, checked: they become accounts in machines, and stand in scripts and paths there. */
import { aText } from '../../../core/check.ts';
import { InputError } from '../../../core/input-error.ts';

const posixName = /^[a-z_][a-z0-9_-]{0,31}$/;

/** Names that every system has already. */
const systemNames: readonly string[] = ['root', 'daemon', 'bin', 'sys', 'nobody', 'sshd', 'systemd-network'];

/** @throws InputError */
export function aPersonName(value: unknown, where: string): string {
  const name = aText(value, where);
  if (!posixName.test(name)) throw new InputError(where, 'a user name of small letters, digits, _ and -', name);
  if (systemNames.includes(name)) throw new InputError(where, "a user name that is not the system's own", name);
  return name;
}

/** @throws InputError */
export function aGroupName(value: unknown, where: string): string {
  const name = aText(value, where);
  if (!posixName.test(name)) throw new InputError(where, 'a group name of small letters, digits, _ and -', name);
  return name;
}

/** A number of the directory's; those below 1000 are the system's own. @throws InputError */
export function anAccountNumber(value: unknown, where: string): number {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  // 65534 is nobody, the last one means none.
  const isGood = Number.isSafeInteger(number) && (number as number) >= 1000 && (number as number) < 2 ** 32 - 1;
  if (!isGood || number === 65_534) throw new InputError(where, 'a number of the directory, at least 1000', value);
  return number as number;
}

/** Text for people, without what could break a line or turn its direction. @throws InputError */
export function aShownText(value: unknown, where: string, mostCharacters: number): string {
  const text = aText(value, where).trim();
  if (text === '' || text.length > mostCharacters || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) {
    throw new InputError(where, `a text of 1 to ${mostCharacters} characters in one line`, text);
  }
  return text;
}
