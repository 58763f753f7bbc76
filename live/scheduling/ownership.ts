/** Whether a server may be removed: only one that can be proved to be of the scheduler's own making, and nobody's. */
import type { Identity, Server } from '../openstack/index.ts';
import { attemptKey, requestKey } from './server-metadata.ts';
import type { ServerRequest } from './server-request.ts';

/** Why it may be removed, or why not: a sentence for log, audit and operator. */
export interface Judgement {
  readonly isProven: boolean;
  readonly because: string;
}

/** Seconds between Nova's clock and ours that are allowed for. */
const clockSkewS = 120;

/** Statuses in which nobody has had the server yet, if it never ran. */
const unbornStatuses: readonly string[] = ['BUILD', 'ERROR'];

/** A project and a user. */
type Maker = Pick<Identity, 'projectId' | 'userId'>;

/** Made by that user in that project: what a tenant cannot write. */
export function isMadeBy({ projectId, userId }: Pick<Server, 'projectId' | 'userId'>, maker: Maker | null): boolean {
  return maker !== null && projectId === maker.projectId && userId === maker.userId;
}

/** By whom the server of a request is made: by the person who asked, with her own token, else by the scheduler's login. */
function makerOf({ byPerson, projectId, userId }: ServerRequest, login: Identity | null): Maker | null {
  if (byPerson === 0) return login;
  return projectId === null || userId === null ? null : { projectId, userId };
}

/** Whether it can be the server of that attempt: made for it, after the request. What its metadata say is a hint, and looked at elsewhere. */
export function canBeOf(server: Server, row: ServerRequest, login: Identity | null): boolean {
  return isMadeBy(server, makerOf(row, login)) && server.createdAtS >= row.createdAtS - clockSkewS;
}

/** Whether the request's own record says that it gave the attempt up: a fact that never becomes untrue, however old the record. */
export function isGivenUp(row: ServerRequest, attempt: number): boolean {
  return attempt < row.attempt || (attempt === row.attempt && (row.state === 'failed' || row.state === 'deleted'));
}

/** The attempt that a server's metadata name; NaN without one. */
export function attemptOf({ metadata }: Pick<Server, 'metadata'>): number {
  const text = metadata[attemptKey] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

/**
 * Of a server that is to be removed for the request: its own, which failed or was ordered away; or one of an attempt that was given up.
 *
 * @param server as Nova shows it now
 * @param row as the database has it now; undefined where it has none
 * @param isAdopted whether an operator has said that it is ours
 */
export function judge(
  server: Server,
  row: ServerRequest | undefined,
  login: Identity | null,
  isAdopted = false,
): Judgement {
  const { id, status, projectId, userId, isLocked, launchedAtS, metadata } = server;
  const no = (because: string): Judgement => ({ isProven: false, because });
  if (row === undefined) {
    const named = metadata[requestKey];
    return no(named === undefined ? 'it names no request' : `the database has no request ${named}`);
  }
  const maker = makerOf(row, login);
  if (maker === null) return no('the login has no project');
  if (!isAdopted && !isMadeBy(server, maker)) {
    const whose = row.byPerson === 0 ? "the scheduler's" : 'those of the request';
    return no(`it belongs to user ${userId} in project ${projectId}, which are not ${whose}`);
  }
  if (!isAdopted && !canBeOf(server, row, login)) return no(`it is older than the request ${row.id}`);
  if (isLocked) return no('it is locked');
  if (row.serverId === id && row.state === 'deleting') {
    return { isProven: true, because: `the server of request ${row.id}, whose removal was ordered` };
  }
  if (launchedAtS !== null || !unbornStatuses.includes(status)) return no('it has been ACTIVE, and may be somebody’s');
  if (row.serverId === id) {
    if (row.state === 'failing') {
      return {
        isProven: true,
        because: `attempt ${row.attempt} of request ${row.id} failed: ${row.fault ?? 'without a reason'}`,
      };
    }
    return no(`it is the server of request ${row.id}, which is ${row.state}`);
  }
  const attempt = attemptOf(server);
  if (metadata[requestKey] !== row.id || Number.isNaN(attempt)) return no(`it names no attempt of request ${row.id}`);
  if (!isGivenUp(row, attempt)) return no(`attempt ${attempt} of request ${row.id} was not given up`);
  return { isProven: true, because: `attempt ${attempt} of request ${row.id} was given up, and never ran` };
}
