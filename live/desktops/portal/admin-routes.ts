/** Routes for administrators: all desktops, force-stop, delete, and the audit trail. */
import { oneOf } from '../../../core/check.ts';
import { InputError } from '../../../core/input-error.ts';
import type { DesktopState } from '../../../core/portal.ts';
import { Problem, sendJson, sendText } from '../../http/problem.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import type { Session } from '../accounts/sessions.ts';
import { type DesktopAction, readAudit } from '../audit-trail.ts';
import type { DesktopRecord } from '../desktop-store.ts';
import { type Change, changeDesktop, type DesktopRoutesParts, removed, stopped, viewOf } from './desktop-routes.ts';
import * as docs from './portal-docs.ts';
import { problemsTold } from './problems-told.ts';

export type AdminRoutesParts = Pick<
  DesktopRoutesParts,
  'requests' | 'store' | 'catalogue' | 'nowS' | 'onChange' | 'told'
>;

const states: readonly DesktopState[] = [
  'waiting',
  'scheduled',
  'building',
  'starting',
  'ready',
  'connected',
  'stopped',
  'failed',
  'deleting',
  'deleted',
];
const mostShown = 500;

export function adminRoutes({ requests, store, catalogue, nowS, onChange, told }: AdminRoutesParts): Route[] {
  async function administrator(exchange: Exchange): Promise<Session> {
    const session = await requests.session(exchange);
    if (!session.person.isAdmin) throw new Problem(403, 'Only administrators may do that.');
    return session;
  }

  async function found(id: string): Promise<DesktopRecord> {
    const record = await store.readRecord(id, nowS());
    if (record === undefined || record.row.state === 'deleted') throw new Problem(404, 'There is no such desktop.');
    return record;
  }

  const change = (action: DesktopAction, wanted: Change) => async (exchange: Exchange) => {
    requests.checkWrite(exchange.request);
    const { person } = await administrator(exchange);
    const entry = { action, person: person.name, detail: 'by an administrator', ...requests.originOf(exchange) };
    const record = await changeDesktop(store, () => found(exchange.parameter), wanted, nowS(), entry);
    onChange();
    const view = viewOf(catalogue, record, person.name, true, nowS());
    sendText(exchange.response, 202, JSON.stringify(view), 'application/json');
  };

  return problemsTold(told, [
    {
      method: 'GET',
      path: '/portal/v1/admin/desktops',
      roles: null,
      operation: docs.adminDesktopsOperation,
      async answer(exchange) {
        const { person } = await administrator(exchange);
        const search = (exchange.query.get('search') ?? '').slice(0, 100);
        const text = exchange.query.get('state') ?? '';
        const state = text === '' ? null : oneOf(text, 'state', states);
        const records = await store.search({ search, state, limit: mostShown }, nowS());
        const desktops = records.map((record) => viewOf(catalogue, record, person.name, true, nowS()));
        sendJson(exchange.response, { desktops });
      },
    },
    {
      method: 'POST',
      path: '/portal/v1/admin/desktops/{id}/stop',
      roles: null,
      operation: docs.adminStopOperation,
      answer: change('stop', stopped),
    },
    {
      method: 'DELETE',
      path: '/portal/v1/admin/desktops/{id}',
      roles: null,
      operation: docs.adminDeleteOperation,
      answer: change('delete', removed),
    },
    {
      method: 'GET',
      path: '/portal/v1/admin/audit',
      roles: null,
      operation: docs.auditOperation,
      async answer(exchange) {
        await administrator(exchange);
        const { query } = exchange;
        const limit = query.get('limit') ?? '100';
        if (!/^\d{1,4}$/.test(limit) || Number(limit) === 0) throw new InputError('limit', '1 to 9999', limit);
        const [desktop, person] = [query.get('desktop'), query.get('person')];
        const rows = await readAudit(store.database, {
          ...(desktop !== null && desktop !== '' && { desktop }),
          ...(person !== null && person !== '' && { person }),
          limit: Number(limit),
        });
        sendJson(exchange.response, { rows });
      },
    },
  ]);
}
