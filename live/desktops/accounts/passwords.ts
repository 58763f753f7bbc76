/** Passwords of local accounts: scrypt with a salt of each account's own. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 32 MiB and about a tenth of a second. */
const cost = { N: 2 ** 15, r: 8, p: 1 };
const keyBytes = 32;

/** Checked at the same time, since each takes its memory and a processor; and how many may wait for that, beyond which nobody is let in. */
const mostAtOnce = 8;
const mostWaiting = 500;
let underWay = 0;
const waiting: (() => void)[] = [];

/** Too many passwords are being checked. */
export class PasswordsBusy extends Error {
  override readonly name = 'PasswordsBusy';
}

/** `scrypt$N$r$p$salt$key`, as it is kept. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Takes as long for an account that is not there: `kept` is null then. @throws PasswordsBusy */
export async function isPassword(password: string, kept: string | null): Promise<boolean> {
  const [, N, r, p, salt, key] = (kept ?? nobody).split('$');
  const expected = Buffer.from(key!, 'base64url');
  const got = await derive(password, Buffer.from(salt!, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(got, expected) && kept !== null;
}

const nobody = `scrypt$${cost.N}$${cost.r}$${cost.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

async function derive(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  await begin();
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      });
    });
  } finally {
    underWay--;
    waiting.shift()?.();
  }
}

/** Resolves at one's turn, which counts as under way from then on. @throws PasswordsBusy */
async function begin(): Promise<void> {
  if (underWay >= mostAtOnce) {
    if (waiting.length >= mostWaiting) throw new PasswordsBusy('too many passwords are being checked');
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  underWay++;
}
