/** Types of columns that are written differently for SQLite and MariaDB. */
import { type ColumnDataType, sql } from 'kysely';

export type DatabaseKind = 'sqlite' | 'mariadb';

/** Of a time or a duration. */
export const seconds: ColumnDataType = 'double precision';

/** MariaDB compares without regard to case by default, and its TEXT ends at 64 KiB. */
export function textTypes(kind: DatabaseKind) {
  return kind === 'mariadb'
    ? {
        name: sql`varchar(255) character set utf8mb4 collate utf8mb4_bin`,
        json: sql`mediumtext character set utf8mb4`,
      }
    : { name: sql`text`, json: sql`text` };
}

/** Type of an auto-incremented number. */
export function counterType(kind: DatabaseKind): ColumnDataType {
  return kind === 'mariadb' ? 'bigint' : 'integer';
}
