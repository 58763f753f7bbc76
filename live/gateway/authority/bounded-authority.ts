/** An authority that fails closed: no answer within the time limit is a refusal, and so is an answer that is none. */
import type { Logger } from 'pino';
import { type Authority, Refused } from './authority.ts';
import { within } from './time-limit.ts';

export interface BoundedAuthority extends Authority {
  /** Resolves when it has taken, or failed to take, every note so far. */
  settled(): Promise<void>;
}

export function bounded(authority: Authority, limitS: number, log: Logger): BoundedAuthority {
  const notes = new Set<Promise<void>>();
  const late = (): Error => new Error(`no answer within ${limitS} s`);
  const ask = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await within(limitS, work, late);
    } catch (error) {
      if (error instanceof Refused) throw error;
      log.error({ err: error }, 'the authority does not answer');
      throw new Refused('authority-away');
    }
  };
  const tell = async (work: Promise<void>): Promise<void> => {
    const note = within(limitS, work, late).catch((error: unknown) => {
      log.error({ err: error }, 'the authority did not take a note');
    });
    notes.add(note);
    await note;
    notes.delete(note);
  };
  return {
    redeem: (attempt) => ask(authority.redeem(attempt)),
    exchange: (attempt) => ask(authority.exchange(attempt)),
    appGrant: (secret, desktopId, app) => ask(authority.appGrant(secret, desktopId, app)),
    filesGrant: (secret, desktopId) => ask(authority.filesGrant(secret, desktopId)),
    certify: (secret, desktopId, publicKey) => ask(authority.certify(secret, desktopId, publicKey)),
    check: (open) => within(limitS, authority.check(open), late),
    closed: (report) => tell(authority.closed(report)),
    transferred: (report) => tell(authority.transferred(report)),
    refused: (reason, address, requestId) => tell(authority.refused(reason, address, requestId)),
    async settled() {
      await Promise.all(notes);
    },
  };
}
