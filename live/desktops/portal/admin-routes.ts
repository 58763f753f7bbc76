/** Routes for administrators: all desktops, force-stop, delete, and the audit trail. */
import { pipeline } from 'node:stream/promises';
import { oneOf } from '../../../core/check.ts';
import { InputError } from '../../../core/input-error.ts';
import { desktopStates } from '../../../core/wire/portal.ts';
import { Problem, sendJson, sendText } from '../../http/problem.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import type { Session } from '../accounts/sessions.ts';
import { type AuditFilter, type DesktopAction, readAudit } from '../records/audit-trail.ts';
import { auditCsv } from './audit-csv.ts';
import { viewOf } from './catalogue-views.ts';
import { type Change, changeDesktop, removed, stopped } from './desktop-changes.ts';
import * as docs from './portal-docs.ts';
import type { PortalParts } from './portal-parts.ts';

const mostShown = 500;

export function adminRoutes({ requests, access, store, catalogue, clock, onChange }: PortalParts): Route[] {
  async function administrator(exchange: Exchange): Promise<Session> {
    const session = await requests.session(exchange);
    if (!session.person.isAdmin) throw new Problem(403, 'Only administrators may do that.');
    return session;
  }

  const change = (action: DesktopAction, wanted: Change) => async (exchange: Exchange) => {
    const session = await access.writer(exchange);
    const { person } = session;
    const entry = { action, person: person.name, detail: 'by an administrator', ...requests.originOf(exchange) };
    const read = () => access.administered(exchange.parameter, session);
    const record = await changeDesktop(store, read, wanted, clock.nowS, entry);
    onChange();
    const view = viewOf(catalogue, record, person, clock.nowS);
    sendText(exchange.response, 202, JSON.stringify(view), 'application/json');
  };

  async function list(exchange: Exchange): Promise<void> {
    const { person } = await administrator(exchange);
    const search = (exchange.query.get('search') ?? '').slice(0, 100);
    const text = exchange.query.get('state') ?? '';
    const state = text === '' ? null : oneOf(text, 'state', desktopStates);
    const records = await store.search({ search, state, limit: mostShown }, clock.nowS);
    sendJson(exchange.response, { desktops: records.map((record) => viewOf(catalogue, record, person, clock.nowS)) });
  }

  async function audit(exchange: Exchange): Promise<void> {
    await administrator(exchange);
    const limit = exchange.query.get('limit') ?? '100';
    if (!/^\d{1,4}$/.test(limit) || Number(limit) === 0) throw new InputError('limit', '1 to 9999', limit);
    const rows = await readAudit(store.database, { ...auditFilter(exchange), limit: Number(limit) });
    sendJson(exchange.response, { rows });
  }

  async function auditFile(exchange: Exchange): Promise<void> {
    await administrator(exchange);
    const { response } = exchange;
    response.writeHead(200, {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="audit.csv"',
    });
    try {
      await pipeline(auditCsv(store.database, auditFilter(exchange)), response);
    } catch (error) {
      // Who read it went away. Any other problem breaks the file off, so that half of one is not taken for all of it.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    }
  }

  const route = (
    method: Route['method'],
    rest: string,
    operation: Route['operation'],
    answer: Route['answer'],
  ): Route => ({ method, path: `/portal/v1/admin/${rest}`, roles: null, operation, answer });
  return [
    route('GET', 'desktops', docs.adminDesktopsOperation, list),
    route('POST', 'desktops/{id}/stop', docs.adminStopOperation, change('stop', stopped)),
    route('DELETE', 'desktops/{id}', docs.adminDeleteOperation, change('delete', removed)),
    route('GET', 'audit', docs.auditOperation, audit),
    route('GET', 'audit.csv', docs.auditFileOperation, auditFile),
  ];
}

function auditFilter({ query }: Exchange): AuditFilter {
  const [desktop, person] = [query.get('desktop') ?? '', query.get('person') ?? ''];
  return { ...(desktop !== '' && { desktop }), ...(person !== '' && { person }) };
}
