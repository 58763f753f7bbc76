/** The external authentication API (paper, section 3.2, step 5): what gateways in processes of their own ask, with a token of role `gateway`. */
import { aNumber, anArray, anObject, aText, noOtherFields, oneOf } from '../../../core/check.ts';
import {
  type Authority,
  type ConnectAttempt,
  type ConnectionReport,
  type OpenGrant,
  Refused,
  refusalReasons,
  type TransferReport,
  takesRolesHeader,
} from '../../gateway/authority/authority.ts';
import { Problem, sendJson } from '../../http/problem.ts';
import { readJson } from '../../http/request-body.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import { problems } from '../../srm/api-docs.ts';
import { roleChanged } from './standing.ts';

/** Ten thousand rights of 100 bytes. */
const mostBodyBytes = 2 * 2 ** 20;
const mostOpen = 10_000;

export function gatewayRoutes(authority: Authority): Route[] {
  const route = (
    what: string,
    summary: string,
    work: (body: Record<string, unknown>, exchange: Exchange) => Promise<unknown>,
  ): Route => ({
    method: 'POST',
    path: `/v1/gateway/${what}`,
    roles: ['gateway'],
    operation: {
      operationId: `gateway-${what}`,
      summary,
      responses: {
        200: { description: summary, content: { 'application/json': {} } },
        ...problems({ 400: 'Malformed.', 403: 'Refused; `reason` says why.', 503: 'It cannot be told now.' }),
      },
    },
    async answer(exchange) {
      const body = anObject(await readJson(exchange.request, mostBodyBytes), 'body');
      try {
        sendJson(exchange.response, (await work(body, exchange)) ?? {});
      } catch (error) {
        if (error instanceof Refused) throw new Problem(403, 'refused', { members: { reason: error.reason } });
        throw error;
      }
    },
  });

  return [
    route('redeem', 'Take a connect token', (body) => authority.redeem(attemptIn(body))),
    route('exchange', 'Take a connect token that came in an address', (body) => authority.exchange(attemptIn(body))),
    route('app-grant', "The right of an application's cookie", (body) => {
      noOtherFields(body, '', ['secret', 'desktopId', 'app']);
      return authority.appGrant(
        aShortText(body.secret, 'secret'),
        aShortText(body.desktopId, 'desktopId'),
        aShortText(body.app, 'app'),
      );
    }),
    route('files-grant', "The right of a page's secret to the files of a desktop", (body) => {
      noOtherFields(body, '', ['secret', 'desktopId']);
      return authority.filesGrant(aShortText(body.secret, 'secret'), aShortText(body.desktopId, 'desktopId'));
    }),
    route('certify', 'A certificate that moves files for a minute', async (body) => {
      noOtherFields(body, '', ['secret', 'desktopId', 'publicKey']);
      const secret = aShortText(body.secret, 'secret');
      const desktopId = aShortText(body.desktopId, 'desktopId');
      return { certificate: await authority.certify(secret, desktopId, aShortText(body.publicKey, 'publicKey')) };
    }),
    route('transferred', 'A file was moved or changed', (body) => authority.transferred(transferIn(body))),
    route('check', 'Which of the rights in use have ended or changed', async (body, { request }) => {
      noOtherFields(body, '', ['open']);
      const open = anArray(body.open, 'open');
      if (open.length > mostOpen) throw new Problem(413, `expected at most ${mostOpen} rights`);
      const { ended, roles } = await authority.check(open.map(openGrantIn));
      if (request.headers[takesRolesHeader] !== undefined) {
        return { ended: Object.fromEntries(ended), roles: Object.fromEntries(roles) };
      }
      const changed = [...roles.keys()].map((id) => [id, roleChanged] as const);
      return { ended: Object.fromEntries([...ended, ...changed]) };
    }),
    route('closed', 'A connection is over', (body) => authority.closed(reportIn(body))),
    route('refused', 'The gateway has refused a connection', (body) => {
      noOtherFields(body, '', ['reason', 'address', 'requestId']);
      const reason = oneOf(body.reason, 'reason', refusalReasons);
      return authority.refused(
        reason,
        aShortText(body.address, 'address', 64),
        aShortText(body.requestId, 'requestId', 64),
      );
    }),
  ];
}

function attemptIn(body: Record<string, unknown>): ConnectAttempt {
  noOtherFields(body, '', ['token', 'address', 'requestId']);
  const { token } = body;
  // A wrong one is refused as such, with its audit row; never named in a message.
  const isShort = typeof token === 'string' && token.length <= 300;
  return {
    token: isShort ? token : '',
    address: aShortText(body.address, 'address', 64),
    requestId: aShortText(body.requestId, 'requestId', 64),
  };
}

function openGrantIn(value: unknown, index: number): OpenGrant {
  const where = `open[${index}]`;
  const grant = anObject(value, where);
  noOtherFields(grant, where, ['id', 'activeAtS']);
  const { activeAtS } = grant;
  return {
    id: aShortText(grant.id, `${where}.id`, 64),
    activeAtS: activeAtS === null ? null : aNumber(activeAtS, `${where}.activeAtS`),
  };
}

function reportIn(body: Record<string, unknown>): ConnectionReport {
  noOtherFields(body, '', ['grantId', 'reason', 'openS', 'bytesOut', 'bytesIn', 'frames']);
  return {
    grantId: aShortText(body.grantId, 'grantId', 64),
    reason: aShortText(body.reason, 'reason', 300),
    openS: aNumber(body.openS, 'openS'),
    bytesOut: aNumber(body.bytesOut, 'bytesOut'),
    bytesIn: aNumber(body.bytesIn, 'bytesIn'),
    frames: aNumber(body.frames, 'frames'),
  };
}

function transferIn(body: Record<string, unknown>): TransferReport {
  noOtherFields(body, '', ['grantId', 'direction', 'path', 'bytes', 'sha256', 'outcome', 'address', 'requestId']);
  return {
    grantId: aShortText(body.grantId, 'grantId', 64),
    direction: oneOf(body.direction, 'direction', ['in', 'out', 'change'] as const),
    path: aShortText(body.path, 'path', 5000),
    bytes: aNumber(body.bytes, 'bytes'),
    sha256: body.sha256 === null ? null : aShortText(body.sha256, 'sha256', 64),
    outcome: aShortText(body.outcome, 'outcome', 5000),
    address: aShortText(body.address, 'address', 64),
    requestId: aShortText(body.requestId, 'requestId', 64),
  };
}

function aShortText(value: unknown, where: string, most = 200): string {
  const text = aText(value, where);
  if (text.length > most) throw new Problem(400, `${where}: expected at most ${most} characters`);
  return text;
}
