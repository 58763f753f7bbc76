/** Whether a right to connect holds now: login session, ownership or share, and the desktop's state. Pure; asked at each use, kept nowhere. */
import type { DesktopRole, DesktopState } from '../../../core/wire/portal.ts';
import type { RefusalReason } from '../../gateway/authority/authority.ts';
import type { ConnectKind } from '../records/tables.ts';

/** A right that was given. */
export interface Right {
  readonly kind: ConnectKind;
  readonly person: string;
  readonly role: DesktopRole;
}

/** What the database has of those whom a right concerns; null where it has nothing. */
export interface StandingFacts {
  readonly session: { readonly usedAtS: number; readonly endsAtS: number } | null;
  readonly person: { readonly removedAtS: number | null; readonly isAdmin: number } | null;
  readonly desktop: { readonly owner: string; readonly state: DesktopState; readonly endsAtS: number | null } | null;
  /** Of the desktop with the person. */
  readonly share: 'control' | 'view' | null;
}

export type Standing =
  /** `role`: what may be done now, which may be another than what was given. */
  | { readonly isGood: true; readonly endsAtS: number; readonly role: DesktopRole }
  | { readonly isGood: false; readonly reason: RefusalReason; readonly sentence: string };

/** States in which an administrator may look at the machine's console. */
const consoleStates: readonly DesktopState[] = ['building', 'starting', 'ready'];

const stateSentences: Partial<Record<DesktopState, string>> = {
  starting: 'The desktop is being started.',
  stopped: 'The desktop was stopped.',
  failed: 'The desktop has failed.',
  deleting: 'The desktop was deleted.',
  deleted: 'The desktop was deleted.',
};

export const roleChanged = 'What you may do with this desktop has changed.';

/** @param sessionIdleS seconds without use after which a login ends */
export function standingOf(right: Right, facts: StandingFacts, sessionIdleS: number, nowS: number): Standing {
  const { session, person, desktop, share } = facts;
  const isLoggedIn = session !== null && nowS < session.endsAtS && nowS < session.usedAtS + sessionIdleS;
  if (!isLoggedIn || person === null || person.removedAtS !== null) {
    return refused('session-ended', 'You have logged out, or your login has ended.');
  }
  if (desktop === null) return refused('desktop-not-running', stateSentences.deleted!);
  let role = right.role;
  if (right.kind === 'console') {
    if (person.isAdmin !== 1) return refused('right-ended', 'You are no administrator any more.');
  } else {
    const now = desktop.owner === right.person ? 'owner' : share;
    if (now === null) return refused('right-ended', 'The desktop is not shared with you any more.');
    // An application inside is for the owner alone.
    if (now !== right.role && right.kind === 'app') return refused('right-ended', roleChanged);
    role = now;
  }
  const isRunning = right.kind === 'console' ? consoleStates.includes(desktop.state) : desktop.state === 'ready';
  if (!isRunning) {
    return refused('desktop-not-running', stateSentences[desktop.state] ?? 'The desktop is not running yet.');
  }
  const endsAtS = Math.min(session.endsAtS, desktop.endsAtS ?? session.endsAtS);
  return nowS < endsAtS
    ? { isGood: true, endsAtS, role }
    : refused('desktop-not-running', "The desktop's time is over.");
}

function refused(reason: RefusalReason, sentence: string): Standing {
  return { isGood: false, reason, sentence };
}
