/** The portal's API as the pages call it. */
import {
  type AppConnectView,
  type AuditView,
  backgroundHeader,
  type ConnectView,
  type DesktopApplication,
  type DesktopState,
  type DesktopView,
  type FilesConnectView,
  type LoginWays,
  type PersonView,
  type StationView,
  type UsageView,
} from '../../../core/wire/portal.ts';

/** What one may change about a desktop's life in one word. */
export type LifeAction = 'restart' | 'stop' | 'start';

/** An answer that is not a success. Its message is a sentence for the person. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** 0: no answer at all. */
  readonly status: number;
  /** How one may log in, where the server says it. */
  readonly login: LoginWays | null;

  constructor(status: number, detail: string, login: LoginWays | null = null) {
    super(detail);
    this.status = status;
    this.login = login;
  }
}

/** What a person reads of something that went wrong: what this page did not expect goes to the browser's console, not to her. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  console.error(error);
  return 'Something in this page went wrong. Reload it, and tell the staff if that does not help.';
}

/** Where the API begins, relative to both pages. */
const base = 'v1/';

export const portalApi = {
  session: () => ask<PersonView>('GET', 'session'),
  /** Who is logged in, asked by the page on its own. */
  sessionStill: () => ask<PersonView>('GET', 'session', undefined, background),
  logIn: (name: string, password: string) => ask<PersonView>('POST', 'session', { name, password }),
  logOut: () => ask<void>('DELETE', 'session'),
  stations: async () => (await ask<{ stations: StationView[] }>('GET', 'stations')).stations,
  usage: () => ask<UsageView>('GET', 'usage', undefined, background),
  desktop: (id: string) => ask<DesktopView>('GET', desktopPath(id), undefined, background),
  /** @param key the same for every try of one application, so that a repeated one makes no second desktop */
  apply: (application: DesktopApplication, key: string) =>
    ask<DesktopView>('POST', 'desktops', application, { 'idempotency-key': key }),
  remove: (id: string) => ask<void>('DELETE', desktopPath(id)),
  /** @param lifetimeS how long it lives from now */
  extend: (id: string, lifetimeS: number) => ask<DesktopView>('POST', `${desktopPath(id)}/extend`, { lifetimeS }),
  change: (id: string, action: LifeAction) => ask<DesktopView>('POST', `${desktopPath(id)}/${action}`, {}),
  share: (id: string, person: string, role: 'control' | 'view') =>
    ask<void>('PUT', `${desktopPath(id)}/shares/${encodeURIComponent(person)}`, { role }),
  unshare: (id: string, person: string) =>
    ask<void>('DELETE', `${desktopPath(id)}/shares/${encodeURIComponent(person)}`),
  connect: (id: string) => ask<ConnectView>('POST', `${desktopPath(id)}/connect`, {}),
  files: (id: string) => ask<FilesConnectView>('POST', `${desktopPath(id)}/files`, {}),
  console: (id: string) => ask<ConnectView>('POST', `${desktopPath(id)}/console`, {}),
  connectApp: (id: string, app: string) =>
    ask<AppConnectView>('POST', `${desktopPath(id)}/apps/${encodeURIComponent(app)}/connect`, {}),
  adminDesktops: async (search: string, state: DesktopState | '') =>
    (await ask<{ desktops: DesktopView[] }>('GET', `admin/desktops?${query({ search, state })}`, undefined, background))
      .desktops,
  adminStop: (id: string) => ask<void>('POST', `admin/${desktopPath(id)}/stop`, {}),
  adminRemove: (id: string) => ask<void>('DELETE', `admin/${desktopPath(id)}`),
  audit: async (of: { desktop?: string; person?: string; limit: number }) =>
    (await ask<{ rows: AuditView[] }>('GET', `admin/audit?${query(of)}`)).rows,
  /** Address of all rows of the audit trail as a CSV file. */
  auditFileUrl: (of: { desktop?: string; person?: string }) => {
    const which = query(of);
    return `${base}admin/audit.csv${which === '' ? '' : `?${which}`}`;
  },
  /** Address of the server-sent events. */
  eventsUrl: `${base}events`,
  /** Where the facility's own login begins. */
  unifiedLoginUrl: `${base}login`,
};

/** Of what a page asks without its person: that must not keep a login alive. */
const background = { [backgroundHeader]: '1' };

function desktopPath(id: string): string {
  return `desktops/${encodeURIComponent(id)}`;
}

/** Without what is empty. */
function query(values: Readonly<Record<string, string | number>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== '');
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

/** Seconds until an answer must be there. */
const answerLimitS = 30;

async function ask<Answer>(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${base}${path}`, {
    method,
    // Every write says it is JSON, also one without a body: the server takes no other.
    headers: {
      accept: 'application/json',
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(answerLimitS * 1000),
  }).catch(noAnswer);
  const text = await response.text().catch(noAnswer);
  if (!response.ok) throw problemOf(response.status, text);
  try {
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  } catch {
    throw new Problem(
      0,
      'Something between this page and the server answered instead of it: log in to your network, then reload this page.',
    );
  }
}

/** Nothing came, or not all of it. */
function noAnswer(): never {
  throw new Problem(0, 'The server is not answering. Check your network and try again.');
}

function problemOf(status: number, text: string): Problem {
  const fallback = `The server answered with an error (${status}). Try again in a moment.`;
  try {
    const { detail, login } = JSON.parse(text) as { detail?: unknown; login?: LoginWays };
    return new Problem(status, typeof detail === 'string' && detail !== '' ? detail : fallback, login ?? null);
  } catch {
    // A proxy on the way, which answers with a page of its own.
    return new Problem(status, fallback);
  }
}
