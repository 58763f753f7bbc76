/** `/files/<desktop>/…`: a person's files on the machine of a desktop, for the portal's page and for downloads by the browser itself. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FilesSessionView, FileView, FolderView } from '../../../core/wire/portal.ts';
import { isIn, networksOf } from '../../http/client-address.ts';
import { guardedHeaders } from '../../http/page-files.ts';
import { type FilesGrant, Refused, type TransferReport } from '../authority/authority.ts';
import type { Caller } from '../connections/admission.ts';
import { bearerOf, cookieNames, cookieOf, secretCookie } from '../connections/connect-secrets.ts';
import type { GatewayContext } from '../connections/context.ts';
import { KeptGrants } from '../connections/kept-grants.ts';
import { sendFile, sendZip } from './download.ts';
import { entry, existing, isInside, joined } from './file-place.ts';
import { FileProblem, problemOf } from './file-problem.ts';
import type { FileSession } from './file-session.ts';
import { checkedFiles, FileSessions } from './file-sessions.ts';
import type { NamedFile } from './sftp.ts';
import { SftpError } from './sftp.ts';
import { isPart, partKeptS, tusHeaders, Uploads } from './uploads.ts';

const pattern =
  /^\/files\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/(session|list|get|zip|folder|entry|tus)(?:\/([\w-]{1,4000}))?$/;
/** Of one folder. */
const mostEntries = 10_000;

/** Whose request it is, and over which line it is answered. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly session: FileSession;
  readonly note: (report: Pick<TransferReport, 'direction' | 'path' | 'bytes' | 'sha256' | 'outcome'>) => Promise<void>;
}

export class Files {
  readonly #context: GatewayContext;
  readonly #origins: ReadonlySet<string>;
  readonly #sessions: FileSessions;
  readonly #kept: KeptGrants<FilesGrant>;
  readonly #uploads = new Uploads();

  /** @param origins of pages that may ask */
  constructor(context: GatewayContext, origins: ReadonlySet<string>) {
    this.#context = context;
    this.#origins = origins;
    this.#sessions = new FileSessions(context);
    this.#kept = new KeptGrants(context.clock, context.limits.appGrantForS);
  }

  async serve(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    for (const [name, value] of Object.entries({ ...guardedHeaders, ...this.#corsHeaders(request), ...tusHeaders })) {
      response.setHeader(name, value);
    }
    const [path = '', search = ''] = request.url!.split('?', 2);
    const [, desktopId, action, rest = null] = pattern.exec(path) ?? [];
    const { appStallLimitS } = this.#context.limits;
    response.setTimeout(appStallLimitS * 1000, () => response.destroy());
    try {
      if (desktopId === undefined || action === undefined) throw new FileProblem(404, 'There is nothing here.');
      if (request.method === 'OPTIONS') {
        response.writeHead(204).end();
        return;
      }
      const query = new URLSearchParams(search);
      const secret = await this.#secret(request, response, desktopId, action, query, caller);
      const grant = await this.#grant(secret, desktopId, caller);
      const session = await this.#sessions.of(grant, secret);
      const done = session.use(() => breakOff(response));
      try {
        const note: Asked['note'] = (report) =>
          this.#context.authority.transferred({ grantId: grant.id, ...report, ...caller });
        await this.#answer(`${request.method} ${action}`, rest, { request, response, query, session, note }, secret);
      } catch (error) {
        const { kind, sentence } = session.endedBecause ?? {};
        throw sentence === undefined ? error : new FileProblem(kind === 'right-ended' ? 403 : 503, sentence);
      } finally {
        done();
      }
    } catch (error) {
      this.#failed(error, request, response, caller);
    }
  }

  async #answer(what: string, rest: string | null, asked: Asked, secret: string): Promise<void> {
    const { request, response, query, session, note } = asked;
    const { sftp, roots, grant } = session;
    const path = query.get('path');
    switch (what) {
      case 'POST session': {
        const view: FilesSessionView = { secret, policy: grant.files, roots };
        sendJson(response, view);
        return;
      }
      case 'GET list':
        sendJson(response, await this.#folder(session, path));
        return;
      case 'GET get':
      case 'HEAD get':
        if (!grant.files.down) throw noDown();
        await sendFile({ request, response, session, path: await existing(sftp, roots, path), note });
        return;
      case 'GET zip':
        if (!grant.files.down) throw noDown();
        await sendZip({ request, response, session, path: await existing(sftp, roots, path), note });
        return;
    }
    if (!grant.files.up) throw new FileProblem(403, 'This station lets no files into the desktop.');
    if (what.endsWith(' tus')) {
      await this.#uploads.answer({ request, response, session, note, id: rest });
      return;
    }
    const change = async (outcome: string, at: string): Promise<void> => {
      await note({ direction: 'change', path: at, bytes: 0, sha256: null, outcome });
      response.writeHead(204).end();
    };
    const at = await entry(sftp, roots, path);
    switch (what) {
      case 'POST folder':
        await sftp.makeFolder(at);
        return await change('folder made', at);
      case 'DELETE entry':
        if ((await sftp.lstat(at)).kind === 'folder') await sftp.removeFolder(at);
        else await sftp.remove(at);
        return await change('deleted', at);
      default:
        throw new FileProblem(405, 'This address is asked for in another way.');
    }
  }

  async #folder(session: FileSession, asked: string | null): Promise<FolderView> {
    const { sftp, roots } = session;
    const path = await existing(sftp, roots, asked);
    const entries: FileView[] = [];
    let isCut = false;
    for await (const batch of sftp.list(path)) {
      const shown = batch.filter((file) => !isPart(file.name));
      this.#dropOldParts(session, path, batch);
      entries.push(...(await Promise.all(shown.map((file) => shownFile(session, path, file)))));
      isCut = entries.length > mostEntries;
      if (isCut) break;
    }
    return { path, entries: entries.slice(0, mostEntries), isCut };
  }

  /** What was left of uploads that nobody went on with. */
  #dropOldParts({ sftp, grant }: FileSession, folder: string, batch: readonly NamedFile[]): void {
    if (!grant.files.up) return;
    const beforeS = this.#context.clock.nowS - partKeptS;
    for (const { name, modifiedAtS } of batch) {
      if (isPart(name) && modifiedAtS < beforeS) sftp.remove(joined(folder, name)).catch(() => undefined);
    }
  }

  /**
   * The page's secret; for a download that the browser makes itself also a token in the address, good once, or the cookie that it became:
   * with that a download that broke off goes on.
   */
  async #secret(
    request: IncomingMessage,
    response: ServerResponse,
    desktopId: string,
    action: string,
    query: URLSearchParams,
    caller: Caller,
  ): Promise<string> {
    const { admission, isSecure, clock } = this.#context;
    const isDownload = request.method === 'GET' && (action === 'get' || action === 'zip');
    if (isDownload && request.headers.authorization === undefined) {
      // Pages of this origin are web applications inside machines: none of theirs.
      if (request.headers['sec-fetch-site'] === 'same-origin') throw new Refused('origin');
      const name = cookieNames(isSecure).files;
      const kept = cookieOf(request, name);
      const token = query.get('token');
      if (kept !== null && (token === null || request.headers.range !== undefined)) return kept;
      if (token === null) throw new Refused('token-malformed');
      const { secret, endsAtS } = await this.#exchanged(token, desktopId, caller);
      const options = { path: `/files/${desktopId}/`, maxAgeS: endsAtS - clock.nowS, isSecure };
      response.setHeader('Set-Cookie', secretCookie(name, secret, options));
      return secret;
    }
    admission.checkOrigin(request, this.#origins);
    const bearer = bearerOf(request);
    if (bearer === null) throw new Refused('token-malformed');
    if (action !== 'session' || request.method !== 'POST') return bearer;
    return (await this.#exchanged(bearer, desktopId, caller)).secret;
  }

  async #exchanged(token: string, desktopId: string, caller: Caller) {
    const { admission, authority } = this.#context;
    admission.takeConnect(caller);
    const exchanged = await authority.exchange({ token, ...caller });
    if (exchanged.path !== `/files/${desktopId}/`) throw new Refused('token-other-kind');
    return exchanged;
  }

  async #grant(secret: string, desktopId: string, caller: Caller): Promise<FilesGrant> {
    const { admission, authority, clock } = this.#context;
    const grant = await this.#kept.of(`${desktopId} ${secret}`, async () => {
      admission.takeAppQuestion(caller);
      return await authority.filesGrant(secret, desktopId);
    });
    checkedFiles(grant);
    if (grant.desktopId !== desktopId || grant.role === 'view' || clock.nowS >= grant.endsAtS) {
      throw new Refused('right-ended');
    }
    const networks = grant.clientNetworks ?? [];
    if (networks.length > 0 && !isIn(networksOf(networks, 'clientNetworks'), caller.address)) {
      throw new Refused('network');
    }
    return grant;
  }

  #failed(error: unknown, request: IncomingMessage, response: ServerResponse, caller: Caller): void {
    const { admission, log } = this.#context;
    if (error instanceof Refused) {
      const isOurs = ['origin', 'network', 'token-malformed', 'token-other-kind', 'rate-limit', 'authority-away'];
      const status = admission.refused(error, caller, isOurs.includes(error.reason));
      sendProblem(response, new FileProblem(status, refusals[error.reason] ?? refused));
      return;
    }
    const problem = problemOf(error);
    if (problem === null) {
      if (!request.destroyed) log.warn({ ...caller, err: error }, 'files could not be moved');
      sendProblem(response, new FileProblem(502, 'The desktop’s machine does not give its files now. Try again.'));
    } else {
      if (problem.status >= 500) log.info({ ...caller, err: error }, 'files could not be moved');
      sendProblem(response, problem);
    }
  }

  #corsHeaders({ headers: { origin } }: IncomingMessage): Record<string, string> {
    if (origin === undefined || !this.#origins.has(origin)) return {};
    return {
      Vary: 'Origin',
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Methods': 'GET, HEAD, POST, PATCH, DELETE',
      'Access-Control-Allow-Headers':
        'Authorization, Content-Type, If-Range, Range, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset',
      'Access-Control-Expose-Headers':
        'Accept-Ranges, Content-Disposition, Content-Range, ETag, Location, Tus-Extension, Tus-Resumable, Tus-Version, Upload-Length, Upload-Offset',
      'Access-Control-Max-Age': '600',
    };
  }
}

/** Milliseconds in which an answer says why, where none has begun. */
const sayWhyMs = 100;

function breakOff(response: ServerResponse): void {
  setTimeout(() => {
    if (!response.writableFinished) response.destroy();
  }, sayWhyMs);
}

const refused = 'You may not move files of this desktop (any more); open it from the portal again.';
const refusals: Partial<Record<string, string>> = {
  network: 'Files of this station are moved within the institute’s network only.',
  'rate-limit': 'That is a lot at once. Wait a few seconds.',
  'authority-away': 'The right to these files cannot be checked now. Try again.',
};

function noDown(): FileProblem {
  return new FileProblem(403, 'This station lets no files out of the desktop.');
}

/** Links as what they lead to, where that may be seen. */
async function shownFile({ sftp, roots }: FileSession, folder: string, file: NamedFile): Promise<FileView> {
  const { name, kind, bytes, modifiedAtS } = file;
  if (kind !== 'link') return { name, kind: kind === 'other' ? 'other' : kind, bytes, modifiedAtS };
  try {
    const target = await sftp.realPath(joined(folder, name));
    const facts = await sftp.stat(target);
    const isShown = isInside(roots, target) && (facts.kind === 'file' || facts.kind === 'folder');
    if (isShown)
      return { name, kind: facts.kind as 'file' | 'folder', bytes: facts.bytes, modifiedAtS: facts.modifiedAtS };
  } catch (error) {
    if (!(error instanceof SftpError)) throw error; // it leads nowhere
  }
  return { name, kind: 'other', bytes, modifiedAtS };
}

function sendJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}

function sendProblem(response: ServerResponse, { status, message }: FileProblem): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  for (const name of ['Content-Disposition', 'Content-Length', 'Accept-Ranges', 'ETag']) response.removeHeader(name);
  const type = 'application/problem+json; charset=utf-8';
  response.writeHead(status, { 'Content-Type': type }).end(JSON.stringify({ status, detail: message }));
}
