/** What OpenAPI says of the portal's routes; their JSON is in `core/wire/portal.ts`. */
import { problems } from '../../srm/api-docs.ts';

const needsSession = 'With the cookie of a login session.';
const write = `${needsSession} Needs \`Origin\`, exactly the portal's, and \`Content-Type: application/json\`.`;

interface Documented {
  readonly status?: number;
  readonly description?: string;
  readonly type?: string;
  readonly others?: Readonly<Record<number, string>>;
}

function operation(operationId: string, summary: string, documented: Documented = {}): Record<string, unknown> {
  const { status = 200, description = needsSession, type = 'application/json', others = {} } = documented;
  const content = status === 204 || status === 303 ? {} : { content: { [type]: {} } };
  return {
    operationId,
    summary,
    description,
    responses: { [status]: { description: summary, ...content }, ...problems(others) },
  };
}

const login = { 401: 'Not logged in; `login` says how one may.' };
const refused = { ...login, 403: 'From another page, or not hers to do.', 404: 'No such desktop.' };
const inState = { ...refused, 409: 'Not in its state; `detail` says why.' };

export const sessionOperation = operation('portalSession', 'Who is logged in', { others: login });
export const logInOperation = operation('portalLogIn', 'Log in with a name and a password', {
  description: 'Needs `Origin`, exactly the portal’s. The answer sets the cookie.',
  others: { 401: 'Not right.', 403: 'From another page.', 429: 'Too many tries.' },
});
export const logOutOperation = operation('portalLogOut', 'Log out; open streams end', {
  status: 204,
  description: write,
  others: login,
});
export const loginOperation = operation('portalUnifiedLogin', "To the facility's own login", {
  status: 303,
  description: 'OpenID Connect: authorization code with PKCE, state and nonce.',
  others: { 404: 'There is none.', 429: 'Too many tries.', 503: 'The provider does not answer.' },
});
export const callbackOperation = operation('portalUnifiedLoginCallback', "Back from the facility's own login", {
  status: 303,
  description: 'The answer sets the cookie.',
  others: { 400: 'Begun elsewhere.', 403: 'Not logged in, or the name is of another identity.' },
});
export const stationsOperation = operation('stations', 'Stations that are open to the person', { others: login });
export const usageOperation = operation('usage', 'What the person has, and may have', { others: login });
export const desktopsOperation = operation('desktops', 'Own desktops, and those that are shared with the person', {
  others: login,
});
export const applyOperation = operation('apply', 'Apply for a desktop', {
  status: 202,
  description: `${write} \`Idempotency-Key\`: the same one again is the same desktop.`,
  others: { ...login, 400: 'Larger than the station allows.', 404: 'No such station.', 409: 'Beyond a limit.' },
});
export const desktopOperation = operation('desktop', 'One desktop', { others: refused });
const changeOf = (id: string, summary: string) =>
  operation(id, summary, { status: 202, description: write, others: inState });
export const deleteOperation = changeOf('deleteDesktop', 'Delete a desktop');
export const restartOperation = changeOf('restartDesktop', 'Restart a desktop');
export const stopOperation = changeOf('stopDesktop', 'Shut a desktop down');
export const startOperation = changeOf('startDesktop', 'Start a desktop that was stopped');
export const extendOperation = changeOf('extendDesktop', 'Let a desktop live for so long from now on');
export const shareOperation = operation('shareDesktop', 'Share a desktop, to see or to control', {
  description: write,
  others: inState,
});
export const unshareOperation = operation('unshareDesktop', 'Take a share back; its streams end', {
  status: 204,
  description: write,
  others: refused,
});
const connectOf = (id: string, summary: string) =>
  operation(id, summary, { description: write, others: { ...inState, 429: 'Too many at once.' } });
export const connectOperation = connectOf('connectDesktop', 'A token for one connection to a desktop');
export const consoleOperation = connectOf('connectConsole', "A token for one connection to the machine's console");
export const connectFilesOperation = connectOf(
  'connectFiles',
  'A token for the files of a desktop, or for one download',
);
export const connectAppOperation = connectOf('connectApp', 'An address that opens a web application once');
export const eventsOperation = operation('portalEvents', "The person's desktops, at once and after each change", {
  type: 'text/event-stream',
  others: { ...login, 429: 'Too many pages.' },
});
export const adminDesktopsOperation = operation('adminDesktops', 'All desktops', {
  others: { ...login, 403: 'No administrator.' },
});
export const adminStopOperation = changeOf('adminStopDesktop', "Shut anybody's desktop down");
export const adminDeleteOperation = changeOf('adminDeleteDesktop', "Delete anybody's desktop");
export const auditOperation = operation('adminAudit', 'The audit trail, newest first', {
  others: { ...login, 403: 'No administrator.' },
});
export const auditFileOperation = operation('adminAuditFile', 'The whole audit trail as CSV, newest first', {
  description: `${needsSession} Streamed; \`desktop\` and \`person\` choose as for the JSON.`,
  type: 'text/csv',
  others: { ...login, 403: 'No administrator.' },
});
export const pageOperation = (name: string, type: string) =>
  operation(`portalFile-${name}`, `The portal's ${name}`, { description: 'Open to all.', type });
