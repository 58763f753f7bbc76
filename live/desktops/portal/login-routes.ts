/** Routes of logging in and out. */
import type { Clock } from '../../../core/clock.ts';
import type { loginEndings, PersonView } from '../../../core/wire/portal.ts';
import { Problem, sendJson, sendText } from '../../http/problem.ts';
import { RateLimit } from '../../http/rate-limit.ts';
import { readJson } from '../../http/request-body.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import type { LocalLogin } from '../accounts/local-login.ts';
import { NameTaken, type People } from '../accounts/people.ts';
import type { Person } from '../accounts/person.ts';
import type { Sessions } from '../accounts/sessions.ts';
import { type LoginAttempt, LoginFailed, ProviderAway, type UnifiedLogin } from '../accounts/unified-login.ts';
import * as docs from './portal-docs.ts';
import type { PortalRequests } from './portal-requests.ts';

export interface LoginRoutesParts {
  readonly requests: PortalRequests;
  readonly sessions: Sessions;
  readonly people: People;
  /** Null where the other one is. */
  readonly local: LocalLogin | null;
  readonly unified: UnifiedLogin | null;
  readonly clock: Pick<Clock, 'nowS'>;
}

const mostBodyBytes = 4 * 1024;
/** Seconds for which a browser is known after the first login in it. */
const knownForS = 365 * 86_400;
/** Seconds from going to the provider until coming back. */
const attemptLifeS = 600;
/** Ways to the provider, of one address. */
const perAddress = { burst: 20, perS: 0.5 };

export function loginRoutes(parts: LoginRoutesParts): Route[] {
  const { requests, sessions, people, local, unified, clock } = parts;
  const visits = new RateLimit(perAddress, clock);

  const sessionCookie = (secret: string): string =>
    requests.setCookie('session', secret, { sameSite: 'Strict', maxAgeS: secret === '' ? 0 : null });

  async function logIn(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    requests.checkWrite(request);
    if (local === null) throw new Problem(404, 'One logs in by the login of the facility here.');
    const body = await readJson(request, mostBodyBytes);
    const { name, newKnownBrowser } = await local.logIn(
      body,
      requests.originOf(exchange),
      requests.cookie(request, 'known-browser'),
    );
    const person = await people.find(name);
    if (person === undefined) throw new Problem(401, 'The account was removed.');
    const secret = await sessions.begin(name, requests.originOf(exchange));
    sendText(response, 200, JSON.stringify(personView(person)), 'application/json', {
      'Set-Cookie': [
        sessionCookie(secret),
        ...(newKnownBrowser === null
          ? []
          : [requests.setCookie('known-browser', newKnownBrowser, { sameSite: 'Strict', maxAgeS: knownForS })]),
      ],
    });
  }

  async function logOut(exchange: Exchange): Promise<void> {
    requests.checkWrite(exchange.request);
    await sessions.end(await requests.session(exchange), requests.originOf(exchange));
    exchange.response.writeHead(204, { 'Set-Cookie': sessionCookie('') }).end();
  }

  async function goToProvider(exchange: Exchange): Promise<void> {
    const { address } = requests.originOf(exchange);
    if (unified === null) throw new Problem(404, 'One logs in with a name and a password here.');
    if (!visits.take(address ?? '')) throw new Problem(429, 'There were too many tries. Wait a minute.');
    const { url, attempt } = await loginProblems(() => unified.begin());
    const value = Buffer.from(JSON.stringify(attempt)).toString('base64url');
    const cookie = requests.setCookie('login', value, { sameSite: 'Lax', maxAgeS: attemptLifeS });
    exchange.response.writeHead(303, { Location: url, 'Set-Cookie': cookie }).end();
  }

  async function comeBack(exchange: Exchange): Promise<void> {
    const { request, response, query } = exchange;
    if (unified === null) throw new Problem(404, 'One logs in with a name and a password here.');
    const attempt = attemptIn(requests.cookie(request, 'login'));
    const origin = requests.originOf(exchange);
    const { person, subject } = await loginProblems(() => unified.finish(query.toString(), attempt));
    await loginProblems(() => people.learn(person, subject, clock.nowS, origin));
    const secret = await sessions.begin(person.name, origin);
    const forget = requests.setCookie('login', '', { sameSite: 'Lax', maxAgeS: 0 });
    response.writeHead(303, { Location: '/portal/', 'Set-Cookie': [sessionCookie(secret), forget] }).end();
  }

  return [
    {
      method: 'GET',
      path: '/portal/v1/session',
      roles: null,
      operation: docs.sessionOperation,
      answer: async (exchange) => sendJson(exchange.response, personView((await requests.session(exchange)).person)),
    },
    { method: 'POST', path: '/portal/v1/session', roles: null, operation: docs.logInOperation, answer: logIn },
    { method: 'DELETE', path: '/portal/v1/session', roles: null, operation: docs.logOutOperation, answer: logOut },
    {
      method: 'GET',
      path: '/portal/v1/login',
      roles: null,
      operation: docs.loginOperation,
      answer: backToPage(goToProvider),
    },
    {
      method: 'GET',
      path: '/portal/v1/login/callback',
      roles: null,
      operation: docs.callbackOperation,
      answer: backToPage(comeBack),
    },
  ];
}

/** A browser that comes this way is led back to the page, which says what was wrong; nobody reads JSON. */
function backToPage(answer: (exchange: Exchange) => Promise<void>): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    try {
      await answer(exchange);
    } catch (error) {
      const { request, response } = exchange;
      if (!(error instanceof Problem) || !request.headers.accept?.includes('text/html')) throw error;
      const ending: keyof typeof loginEndings =
        error.status === 400 ? 'again' : error.status === 403 ? 'refused' : 'later';
      response.writeHead(303, { Location: `/portal/#login=${ending}` }).end();
    }
  };
}

export function personView({ name, displayName, groups, isAdmin }: Person): PersonView {
  return { name, displayName, groups: groups.map((group) => group.name), isAdmin };
}

/** What the browser was given when it was sent to the provider. */
function attemptIn(cookie: string | undefined): LoginAttempt {
  const again = new Problem(400, 'This login was begun elsewhere, or too long ago. Begin again at /portal/.');
  if (cookie === undefined) throw again;
  try {
    const attempt = JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8')) as Partial<LoginAttempt>;
    const { state, nonce, verifier } = attempt;
    if ([state, nonce, verifier].every((part) => typeof part === 'string' && part !== '')) {
      return attempt as LoginAttempt;
    }
  } catch {
    // Not what was given: as none.
  }
  throw again;
}

async function loginProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LoginFailed) throw new Problem(error instanceof ProviderAway ? 503 : 403, error.message);
    if (error instanceof NameTaken) {
      throw new Problem(403, 'Somebody else has your name here. An administrator can say more.');
    }
    throw error;
  }
}
