/** The people of a demonstration, with passwords of this run. */
import { randomInt } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { DatabaseOptions } from '../database/database.ts';
import { type NewAccount, People } from '../desktops/accounts/people.ts';
import { openStores } from '../server/stores.ts';

const b7 = { name: 'b7', gid: 20_007 };
const accounts: readonly NewAccount[] = [
  { name: 'chen', displayName: 'Chen Wei', uid: null, gid: null, groups: [b7], isAdmin: false },
  { name: 'li', displayName: 'Li Na', uid: null, gid: null, groups: [b7], isAdmin: false },
  { name: 'admin', displayName: 'Administrator', uid: null, gid: null, groups: [], isAdmin: true },
];

/** Who they are, for who reads it. */
export const roles: Readonly<Record<string, string>> = {
  chen: 'a scientist at B7',
  li: 'her colleague',
  admin: 'sees and stops all desktops',
};

/** Makes them, or gives them new passwords. @returns each one's password by name */
export async function makeAccounts(
  database: DatabaseOptions,
  clock: Pick<Clock, 'nowS'>,
): Promise<Map<string, string>> {
  const stores = await openStores(database);
  try {
    const people = new People(stores.database);
    const passwords = new Map<string, string>();
    for (const account of accounts) {
      const password = readablePassword();
      const isThere = (await people.find(account.name)) !== undefined;
      if (isThere) await people.setPassword(account.name, password, clock.nowS);
      else await people.add(account, password, clock.nowS);
      passwords.set(account.name, password);
    }
    return passwords;
  } finally {
    await stores.close();
  }
}

/** 60 bits that are typed without mistaking one letter for another: `kemu-3vbz-xh7a`. */
function readablePassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const group = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group()].join('-');
}
