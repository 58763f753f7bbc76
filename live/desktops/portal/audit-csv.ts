/** The audit trail as a CSV file (RFC 4180), page by page, so that a long one takes no more memory than a short one. */
import type { Kysely } from 'kysely';
import type { AuditView } from '../../../core/wire/portal.ts';
import { type AuditFilter, auditPages } from '../records/audit-trail.ts';
import type { DesktopSchema } from '../records/tables.ts';

const columns = ['time', 'person', 'action', 'desktop', 'detail', 'address'];

/** Without this mark Excel reads UTF-8 in the code page of its country, and names in Chinese are lost. */
const byteOrderMark = '\uFEFF';

/** The newest first; times in ISO 8601, UTC. Yields text of some hundred rows each. */
export async function* auditCsv(database: Kysely<DesktopSchema>, filter: AuditFilter): AsyncGenerator<string> {
  yield `${byteOrderMark}${columns.join(',')}\r\n`;
  for await (const rows of auditPages(database, filter)) yield rows.map(csvLine).join('');
}

function csvLine({ atS, person, action, desktop, detail, address }: AuditView): string {
  const time = new Date(atS * 1000).toISOString();
  return `${[time, person, action, desktop, detail, address].map((value) => csvCell(value ?? '')).join(',')}\r\n`;
}

/**
 * A cell that no spreadsheet takes for a formula: names of files and of people come from anybody.
 * What could begin one gets an apostrophe in front, as OWASP advises against CSV injection.
 */
export function csvCell(text: string): string {
  const inert = /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
