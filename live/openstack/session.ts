/** A login at one cloud: finds its services, keeps the token fresh, sends requests and repeats them where that is safe. */
import type { Clock } from '../../core/clock.ts';
import { InputError } from '../../core/input-error.ts';
import { wallClock } from '../wall-clock.ts';
import { endpointOf } from './catalog.ts';
import type { CloudConfiguration } from './configuration.ts';
import { tokenRequest } from './credential.ts';
import { NoAnswerError, OpenStackError, UnreadableAnswerError } from './errors.ts';
import { type HttpAnswer, type HttpRequest, type Method, neverArrived, openHttp } from './http.ts';
import { defaultRetries, mayRepeat, nextDelayS, type RetryOptions, retryAfterS } from './retries.ts';
import { type Identity, readToken, type Token } from './token.ts';

/** One request to a service. */
export interface Call {
  /** As in the catalog: `compute`. */
  readonly service: string;
  readonly method: Method;
  /** Below the service's address: `/servers/detail`. Ids in it are put through `encodeURIComponent`. */
  readonly path: string;
  /** Fields left undefined are not sent. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether doing it twice is the same as doing it once. Defaults to true for all but POST. */
  readonly repeatable?: boolean;
}

/** An answer of a service: its body, checked, and its headers. */
export interface Answer<T> {
  readonly value: T;
  /** The service's name of the request; `os-instance-actions` knows a boot by it. Null where none was sent. */
  readonly requestId: string | null;
}

/** A login at a cloud, which is renewed as needed, and calls to its services. */
export interface Session {
  readonly cloud: CloudConfiguration;
  /**
   * Sends it, and reads the answer's JSON, undefined where there is none. A 404 for a repeated DELETE is no error: the
   * first one may have done it.
   * @throws OpenStackError, NoAnswerError, UnreadableAnswerError; InputError when the catalog lacks the service
   */
  request<T>(call: Call, read: (body: unknown) => T): Promise<Answer<T>>;
  /** Where a service answers, without a slash at its end. Logs in where that has not been done. */
  endpoint(service: string): Promise<string>;
  /** Whose login it is; null where the token has no project. Logs in where that has not been done. */
  identity(): Promise<Identity | null>;
  /** Ends what is under way and waits for nothing any more. */
  close(): Promise<void>;
}

/** One exchange that is over: for logs and measures. It has no other header, query or body, which may hold secrets. */
export interface Exchange {
  readonly service: string;
  readonly method: Method;
  readonly path: string;
  /** Null where no answer came. */
  readonly status: number | null;
  readonly requestId: string | null;
  /** 1 for the first. */
  readonly attempt: number;
  readonly durationS: number;
  /**
   * The service's clock, Unix seconds, to the second: from the answer's `Date`, or of a login without one from its `issued_at`. Null where
   * no answer came or none was in it, as of services under uWSGI alone.
   */
  readonly serviceTimeS: number | null;
}

/** What a session may be given instead of its defaults. */
export interface SessionOptions {
  /** Defaults to the real time. */
  readonly clock: Clock;
  /** In [0, 1), for the jitter of retries. Defaults to Math.random. */
  readonly random: () => number;
  readonly retries: RetryOptions;
  /** Seconds until a connection stands. Defaults to 5. */
  readonly connectLimitS: number;
  /** Seconds until an answer is complete, for each attempt. Defaults to 30: Nova answers late while RabbitMQ is away. */
  readonly exchangeLimitS: number;
  /** Called after every exchange. Defaults to nothing. */
  readonly observe: (exchange: Exchange) => void;
}

export const defaultSession: SessionOptions = {
  clock: wallClock,
  random: Math.random,
  retries: defaultRetries,
  connectLimitS: 5,
  exchangeLimitS: 30,
  observe: () => {},
};

/** Logs in with the first request, not before. @throws InputError when the file of own authorities cannot be read */
export function openSession(cloud: CloudConfiguration, options: Partial<SessionOptions> = {}): Session {
  const { clock, random, retries, connectLimitS, exchangeLimitS, observe } = { ...defaultSession, ...options };
  const http = openHttp(cloud.caFile, connectLimitS, exchangeLimitS, clock);
  const closing = new AbortController();
  let token: Token | null = null;
  let renewal: Promise<Token> | null = null;

  /** A token that serves; `refused` is one that a service no longer takes. Callers at the same time share one login. */
  async function freshToken(refused: Token | null): Promise<Token> {
    if (token !== null && token !== refused && clock.nowS < token.renewAtS) return token;
    renewal ??= logIn().finally(() => {
      renewal = null;
    });
    return renewal;
  }

  async function logIn(): Promise<Token> {
    const call: Call = { service: 'identity', method: 'POST', path: '/auth/tokens', repeatable: true };
    const body = JSON.stringify(tokenRequest(cloud.credential));
    const { value } = await repeated(call, async (attempt) => {
      const askedAtS = clock.nowS;
      const url = `${cloud.authUrl}${call.path}`;
      const answer = await once(call, { method: 'POST', url, headers: jsonHeaders(true), body }, attempt);
      return readAnswer(call, answer, (parsed) => readToken(answer.header('x-subject-token'), parsed, askedAtS));
    });
    token = value;
    return value;
  }

  /** @throws OpenStackError or NoAnswerError */
  async function once(call: Call, request: HttpRequest, attempt: number): Promise<HttpAnswer> {
    const beganAtS = clock.nowS;
    const { service, method, path } = call;
    const seen = (status: number | null, requestId: string | null, serviceTimeS: number | null) =>
      observe({ service, method, path, status, requestId, attempt, durationS: clock.nowS - beganAtS, serviceTimeS });
    if (closing.signal.aborted) {
      throw new NoAnswerError(service, `${method} ${path}`, false, new Error('the session is closed'));
    }
    let answer: HttpAnswer;
    try {
      answer = await http.exchange(request);
    } catch (error) {
      seen(null, null, null);
      throw new NoAnswerError(service, `${method} ${path}`, !neverArrived(error as Error), error as Error);
    }
    const requestId = requestIdOf(answer);
    seen(answer.status, requestId, timeOf(call, answer));
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (answer.status === 404 && method === 'DELETE' && attempt > 1) return { ...answer, body: '' };
    const waitS = retryAfterS(answer.header('retry-after'), clock.nowS);
    throw new OpenStackError(service, `${method} ${path}`, answer.status, answer.body, requestId, waitS);
  }

  /** Runs attempts, numbered from 1, until one succeeds or repeating is unsafe or at its limit. */
  async function repeated<T>(call: Call, attemptIt: (attempt: number) => Promise<T>): Promise<T> {
    const beganAtS = clock.nowS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await attemptIt(attempt);
      } catch (error) {
        if (closing.signal.aborted || !mayRepeat(error, call.repeatable ?? call.method !== 'POST')) throw error;
        const waitS = error instanceof OpenStackError ? error.retryAfterS : null;
        const delayS = nextDelayS(attempt, clock.nowS - beganAtS, waitS, random, retries);
        if (delayS === null || !(await pause(delayS))) throw error;
      }
    }
  }

  /** False when the session was closed meanwhile. */
  function pause(delayS: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        resolve(false);
      };
      const cancel = clock.after(delayS, () => {
        closing.signal.removeEventListener('abort', end);
        resolve(true);
      });
      closing.signal.addEventListener('abort', end, { once: true });
    });
  }

  async function request<T>(call: Call, read: (body: unknown) => T): Promise<Answer<T>> {
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const as = (login: Token) =>
      repeated(call, async (attempt) => {
        const url = addressOf(endpointOf(login.catalog, call.service, cloud), call);
        const headers = { ...jsonHeaders(body !== null), ...call.headers, 'x-auth-token': login.text() };
        return readAnswer(call, await once(call, { method: call.method, url, headers, body }, attempt), read);
      });
    const login = await freshToken(null);
    try {
      return await as(login);
    } catch (error) {
      if (!(error instanceof OpenStackError) || error.status !== 401) throw error;
    }
    // A 401 comes before anything is done. A second one is final: the credential itself does not serve.
    return as(await freshToken(login));
  }

  return {
    cloud,
    request,
    identity: async () => (await freshToken(null)).identity,
    endpoint: async (service) => endpointOf((await freshToken(null)).catalog, service, cloud),
    async close() {
      closing.abort();
      await http.close();
    },
  };
}

function jsonHeaders(hasBody: boolean): Record<string, string> {
  return { accept: 'application/json', 'user-agent': 'heps', ...(hasBody && { 'content-type': 'application/json' }) };
}

function addressOf(endpoint: string, { path, query = {} }: Call): string {
  const url = new URL(endpoint + path);
  for (const [field, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(field, String(value));
  }
  return url.href;
}

function timeOf({ path }: Call, answer: HttpAnswer): number | null {
  const issuedAt = path === '/auth/tokens' ? /"issued_at": ?"([^"]+)"/.exec(answer.body)?.[1] : undefined;
  const atMs = Date.parse(answer.header('date') ?? issuedAt ?? '');
  return Number.isNaN(atMs) ? null : Math.floor(atMs / 1000);
}

function requestIdOf(answer: HttpAnswer): string | null {
  return answer.header('x-openstack-request-id') ?? answer.header('x-compute-request-id');
}

function readAnswer<T>(call: Call, answer: HttpAnswer, read: (body: unknown) => T): Answer<T> {
  try {
    return { value: read(answer.body === '' ? undefined : JSON.parse(answer.body)), requestId: requestIdOf(answer) };
  } catch (error) {
    const isReading = error instanceof InputError || error instanceof SyntaxError;
    throw isReading ? new UnreadableAnswerError(call.service, `${call.method} ${call.path}`, error) : error;
  }
}
