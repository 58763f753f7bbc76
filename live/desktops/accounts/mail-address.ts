/** Addresses of mail, checked: they stand in a line of SMTP and in a header. */
import { aText } from '../../../core/check.ts';
import { InputError } from '../../../core/input-error.ts';

const domainPattern = /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
const localPattern = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}$/;

export function isMailAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  return localPattern.test(text.slice(0, Math.max(0, at))) && domainPattern.test(text.slice(at + 1));
}

/** `chen@example.org`. @throws InputError */
export function aMailAddress(value: unknown, where: string): string {
  const text = aText(value, where).trim();
  if (!isMailAddress(text)) throw new InputError(where, 'an address such as chen@example.org', text);
  return text;
}

/** `Virtual desktops <desktops@example.org>`, or the address alone. @throws InputError */
export function aMailSender(value: unknown, where: string): string {
  const text = aText(value, where).trim();
  const address = /^[^<>\p{Cc}]*<([^<>]+)>$/u.exec(text)?.[1] ?? text;
  if (!isMailAddress(address)) throw new InputError(where, 'a sender such as Desktops <desktops@example.org>', text);
  return text;
}

/** `example.org`. @throws InputError */
export function aMailDomain(value: unknown, where: string): string {
  const text = aText(value, where).trim();
  if (!domainPattern.test(text)) throw new InputError(where, 'a domain such as example.org', text);
  return text;
}
