/** All tables of a server's database, in the order in which they came. */
import type { Kysely } from 'kysely';
import { createAuditTable } from '../access/audit-table.ts';
import type { TokenSchema } from '../access/token-store.ts';
import { createTokenTable } from '../access/token-table.ts';
import type { DatabaseKind } from '../database/column-types.ts';
import type { Migrations } from '../database/migrate.ts';
import {
  type DesktopSchema,
  desktopCardColumns,
  desktopGraceColumn,
  desktopSecretTable,
  desktopTables,
  reminderColumns,
} from '../desktops/records/tables.ts';
import { cloudTables } from '../scheduling/cloud-tables.ts';
import { projectColumns } from '../scheduling/project-columns.ts';
import { type SchedulingSchema, schedulingTables } from '../scheduling/tables.ts';
import type { RecordSchema } from '../srm/record-store.ts';
import { createRecordTable } from '../srm/tables.ts';

/** The tables of all rooms together. */
export interface ServerSchema extends RecordSchema, TokenSchema, SchedulingSchema, DesktopSchema {}

/** A name that a database knows is never used again for other tables. */
export function serverMigrations(kind: DatabaseKind): Migrations {
  return {
    '2026-11-srm-registry': {
      async up(database: Kysely<ServerSchema>) {
        await createRecordTable(database, kind);
        await createTokenTable(database, kind);
        await createAuditTable(database, kind);
      },
    },
    '2026-11b-scheduling': schedulingTables(kind),
    '2026-11c-desktops': desktopTables(kind),
    '2026-12-projects': projectColumns(kind),
    '2026-12b-desktop-cards': desktopCardColumns(),
    '2026-12c-following-the-cloud': cloudTables(kind),
    '2026-12d-desktop-secrets': desktopSecretTable(kind),
    '2026-12e-desktop-grace': desktopGraceColumn(),
    '2026-12f-reminders': reminderColumns(),
  };
}
