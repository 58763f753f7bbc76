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

/** Which rows; all of them where both are left out. */
export interface AuditFilter {
  readonly desktop?: string;
  readonly person?: string;
}

/** The newest first, at most `limit` of them. */
export async function readAudit(
  database: Kysely<DesktopSchema>,
  filter: AuditFilter & { readonly limit: number },
): Promise<AuditView[]> {
  const rows = await newestRows(database, filter, filter.limit).execute();
  return rows.map(({ id: _, ...row }) => row);
}

/** Rows in one page of `auditPages`. */
const pageRows = 500;

/** All of them, the newest first, in pages; rows written meanwhile are not among them. */
export async function* auditPages(database: Kysely<DesktopSchema>, filter: AuditFilter): AsyncGenerator<AuditView[]> {
  let before: number | null = null;
  while (true) {
    const query = newestRows(database, filter, pageRows);
    const rows: (AuditView & { id: number })[] = await (before === null
      ? query
      : query.where('id', '<', before)
    ).execute();
    if (rows.length > 0) yield rows.map(({ id: _, ...row }) => row);
    if (rows.length < pageRows) return;
    before = rows.at(-1)!.id;
  }
}

function newestRows(database: Kysely<DesktopSchema>, { desktop, person }: AuditFilter, limit: number) {
  let query = database
    .selectFrom('desktopAudit')
    .select(['id', 'atS', 'person', 'action', 'desktop', 'detail', 'address'])
    .orderBy('id', 'desc')
    .limit(limit);
  if (desktop !== undefined) query = query.where('desktop', '=', desktop);
  if (person !== undefined) query = query.where('person', '=', person);
  return query;
}
