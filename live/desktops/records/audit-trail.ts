/** Who did what with which desktop: one row for each, kept in the database. Never with a token or a password. */
import type { Kysely } from 'kysely';
import type { AuditView } from '../../../core/wire/portal.ts';
import type { DesktopSchema } from './tables.ts';

export type DesktopAction =
  | 'log-in'
  | 'log-in-refuse'
  | 'log-out'
  | 'account-add'
  | 'account-remove'
  | 'account-password'
  | 'apply'
  | 'extend'
  | 'restart'
  | 'stop'
  | 'start'
  | 'delete'
  | 'share'
  | 'share-end'
  | 'connect-mint'
  | 'connect-accept'
  | 'connect-refuse'
  | 'connect-end'
  /** A file to a machine, from one, or changed on one. */
  | 'file-in'
  | 'file-out'
  | 'file-change'
  | 'idle-stop'
  | 'idle-delete'
  /** Its time is over: it is stopped, and kept for its station's grace period. */
  | 'time-over'
  | 'end-of-life'
  /** It is in another state; `detail` names it. */
  | 'state';

/** Where a request came from. */
export interface Origin {
  readonly address: string | null;
  readonly requestId: string;
}

export interface AuditEntry extends Partial<Origin> {
  readonly atS: number;
  readonly action: DesktopAction;
  readonly person?: string | null;
  readonly desktop?: string | null;
  readonly detail?: string | null;
}

export async function noteAudit(database: Kysely<DesktopSchema>, ...entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ atS, action, person = null, desktop = null, detail = null, ...origin }) => {
    const { address = null, requestId = '' } = origin;
    return { atS, person, action, desktop, detail, address, requestId };
  });
  await database.insertInto('desktopAudit').values(rows).execute();
}

export interface AuditFilter {
  readonly desktop?: string;
  readonly person?: string;
  readonly limit: number;
}

/** The newest first. */
export async function readAudit(
  database: Kysely<DesktopSchema>,
  { desktop, person, limit }: AuditFilter,
): Promise<AuditView[]> {
  let query = database
    .selectFrom('desktopAudit')
    .select(['atS', 'person', 'action', 'desktop', 'detail', 'address'])
    .orderBy('id', 'desc')
    .limit(limit);
  if (desktop !== undefined) query = query.where('desktop', '=', desktop);
  if (person !== undefined) query = query.where('person', '=', person);
  return await query.execute();
}
