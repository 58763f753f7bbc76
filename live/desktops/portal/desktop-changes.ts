/** What people may make of a desktop: from how it is to what changes, or why not. */
import { Problem } from '../../http/problem.ts';
import { deleting } from '../lifecycle/desktop-state.ts';
import type { AuditEntry } from '../records/audit-trail.ts';
import { aliveStates, type DesktopChanges } from '../records/desktop.ts';
import { DesktopChanged, type DesktopRecord, type DesktopStore } from '../records/desktop-store.ts';

/** The changes; null when it is so already. @throws Problem */
export type Change = (record: DesktopRecord, nowS: number) => DesktopChanges | null;

export const removed: Change = ({ row }, nowS) => (row.state === 'deleting' ? null : deleting(null, nowS));

export const stopped: Change = ({ row }) => {
  if (row.state === 'stopped' || row.wish === 'stop') return null;
  if (row.state === 'ready' || row.state === 'starting') return { wish: 'stop' };
  throw new Problem(409, 'It can be stopped once it runs.');
};

export const started: Change = ({ row }) => {
  if (row.state === 'starting' || row.state === 'ready' || row.wish === 'start') return null;
  if (row.deleteAtS !== null) throw new Problem(409, 'Its time is over: extend it first.');
  if (row.state === 'stopped') return { wish: 'start' };
  throw new Problem(409, 'It can be started once it is stopped.');
};

export const restarted: Change = ({ row }) => {
  if (row.deleteAtS !== null) throw new Problem(409, 'Its time is over: extend it first.');
  if (row.wish === 'restart') return null;
  if ((row.state === 'ready' || row.state === 'starting') && row.wish === null) return { wish: 'restart' };
  throw new Problem(409, 'It can be restarted while it runs.');
};

/**
 * Lives for so long from now on, as far as its station lets it; never shorter than before. One that was stopped since its time was over
 * starts again.
 *
 * @param usedUp why no more card-hours are given; null when they are
 */
export function extended(lifetimeS: number, usedUp: string | null): Change {
  return ({ row }, nowS) => {
    if (row.endsAtS === null || row.latestEndAtS === null || !aliveStates.includes(row.state)) {
      throw new Problem(409, 'It can be extended once it runs.');
    }
    if (row.endsAtS >= row.latestEndAtS || row.latestEndAtS <= nowS)
      throw new Problem(409, 'It cannot be extended any further.');
    if (row.cards > 0 && usedUp !== null) throw new Problem(409, usedUp);
    const endsAtS = Math.min(row.latestEndAtS, Math.max(row.endsAtS, nowS + lifetimeS));
    if (row.deleteAtS !== null) return { endsAtS, deleteAtS: null, wish: row.state === 'stopped' ? 'start' : null };
    return endsAtS === row.endsAtS ? null : { endsAtS };
  };
}

/** Writes a change with its audit row; again where somebody else was faster. */
export async function changeDesktop(
  store: DesktopStore,
  read: () => Promise<DesktopRecord>,
  change: Change,
  nowS: number,
  entry: Omit<AuditEntry, 'atS' | 'desktop'>,
): Promise<DesktopRecord> {
  for (let left = 5; ; left--) {
    const record = await read();
    const changes = change(record, nowS);
    if (changes === null) return record;
    try {
      const row = await store.change(record.row, changes, nowS, { ...entry, atS: nowS, desktop: record.row.id });
      return { ...record, row };
    } catch (error) {
      if (!(error instanceof DesktopChanged) || left === 0) throw error;
    }
  }
}
