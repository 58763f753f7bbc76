/** The latest audit rows of a server's database, newest first. */
import type { Kysely } from 'kysely';
import type { AuditTable } from '../../../live/access/audit-table.ts';
import type { ServerSchema } from '../../../live/server/migrations.ts';

export async function readAudit(
  database: Kysely<ServerSchema>,
  limit: number,
): Promise<Omit<AuditTable, 'id' | 'userId' | 'detail'>[]> {
  return await database
    .selectFrom('audit')
    .select(['atS', 'tokenId', 'action', 'subject', 'version', 'requestId'])
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
