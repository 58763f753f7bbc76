/** Columns that say whose a request is; later than its table. */
import { type Kysely, type Migration, sql } from 'kysely';
import { type DatabaseKind, textTypes } from '../database/column-types.ts';
import type { SchedulingSchema } from './tables.ts';

/** Adds them to requests, and to audit rows who asked with a token of Keystone. */
export function projectColumns(kind: DatabaseKind): Migration {
  const { name } = textTypes(kind);
  return {
    async up({ schema }: Kysely<SchedulingSchema>) {
      const requests = schema.alterTable('requests');
      await requests.addColumn('projectId', sql`varchar(64)`).execute();
      await requests.addColumn('projectName', name).execute();
      await requests.addColumn('userId', sql`varchar(64)`).execute();
      await requests.addColumn('userName', name).execute();
      await requests.addColumn('byPerson', 'integer', (column) => column.notNull().defaultTo(0)).execute();
      await schema.createIndex('requestsByProject').on('requests').column('projectId').execute();
      await schema.alterTable('audit').addColumn('userId', sql`varchar(64)`).execute();
    },
  };
}
