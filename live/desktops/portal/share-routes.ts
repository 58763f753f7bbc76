/** Routes of sharing a desktop with a colleague, and of taking it back. */
import { anObject, noOtherFields, oneOf } from '../../../core/check.ts';
import { Problem, sendJson } from '../../http/problem.ts';
import { readJson } from '../../http/request-body.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import type { People } from '../accounts/people.ts';
import { aPersonName } from '../accounts/person-name.ts';
import { aliveStates } from '../records/desktop.ts';
import { viewOf } from './catalogue-views.ts';
import * as docs from './portal-docs.ts';
import type { PortalParts } from './portal-parts.ts';

const mostBodyBytes = 1024;
const mostShares = 50;
const path = '/portal/v1/desktops/{id}/shares/{person}';

export function shareRoutes(parts: PortalParts & { readonly people: People }): Route[] {
  const { requests, access, store, people, catalogue, clock, onChange } = parts;

  async function share(exchange: Exchange): Promise<void> {
    const { request, response, parameters } = exchange;
    const session = await access.writer(exchange);
    const body = anObject(await readJson(request, mostBodyBytes), 'body');
    noOtherFields(body, '', ['role']);
    const role = oneOf(body.role, 'role', ['control', 'view']);
    const [id, named] = parameters as [string, string];
    const { row, shares } = await access.owned(id, session);
    const person = await people.find(aPersonName(named, 'person'));
    if (person === undefined) {
      throw new Problem(404, `There is nobody called ${named} here; people are known once they have logged in.`);
    }
    if (person.name === row.owner) throw new Problem(409, 'It is yours already.');
    if (!aliveStates.includes(row.state)) throw new Problem(409, 'It is over, and cannot be shared any more.');
    if (shares.length >= mostShares) throw new Problem(409, `It is shared with ${mostShares} people, and no more.`);
    await store.share(id, person.name, role, {
      atS: clock.nowS,
      action: 'share',
      person: row.owner,
      desktop: id,
      detail: `${person.name} ${role}`,
      ...requests.originOf(exchange),
    });
    onChange();
    sendJson(response, viewOf(catalogue, await access.owned(id, session), session.person, clock.nowS));
  }

  /** By the owner, or by the one with whom it is shared. */
  async function unshare(exchange: Exchange): Promise<void> {
    const session = await access.writer(exchange);
    const [id, named] = exchange.parameters as [string, string];
    const { row } = await access.seen(id, session);
    if (session.person.name !== row.owner && session.person.name !== named) {
      throw new Problem(403, `Only ${row.owner}, whose desktop it is, may do that.`);
    }
    const isGone = await store.unshare(id, named, {
      atS: clock.nowS,
      action: 'share-end',
      person: session.person.name,
      desktop: id,
      detail: named.slice(0, 100),
      ...requests.originOf(exchange),
    });
    if (!isGone) throw new Problem(404, 'It is not shared with anybody of that name.');
    onChange();
    exchange.response.writeHead(204).end();
  }

  return [
    { method: 'PUT', path, roles: null, operation: docs.shareOperation, answer: share },
    { method: 'DELETE', path, roles: null, operation: docs.unshareOperation, answer: unshare },
  ];
}
