/** Files and folders on their way to a browser: a file by ranges, a folder as a zip that is made while it is sent. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { makeZip } from 'client-zip';
import type { TransferReport } from '../authority/authority.ts';
import { readBytes } from './file-bytes.ts';
import { joined, nameOf } from './file-place.ts';
import { FileProblem } from './file-problem.ts';
import type { FileSession } from './file-session.ts';
import { openFor, SftpError } from './sftp.ts';

export interface Download {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly session: FileSession;
  /** Without links. */
  readonly path: string;
  readonly note: (report: Pick<TransferReport, 'direction' | 'path' | 'bytes' | 'sha256' | 'outcome'>) => Promise<void>;
}

/** In one archive; more are said to be missing in it. */
const mostFiles = 100_000;
const missingName = 'NOT IN THIS ARCHIVE.txt';

/** A file, or the part of it that is asked for. */
export async function sendFile(download: Download): Promise<void> {
  const { request, response, session, path } = download;
  const { sftp } = session;
  // Opening what is no file could wait for ever: a pipe.
  if ((await sftp.stat(path)).kind !== 'file') throw new FileProblem(400, 'That is no file.');
  const handle = await sftp.open(path, openFor.read);
  try {
    const { bytes, modifiedAtS } = await sftp.facts(handle);
    const tag = `"${bytes.toString(36)}-${modifiedAtS.toString(36)}"`;
    const range = rangeOf(request, bytes, tag);
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('ETag', tag);
    response.setHeader('Last-Modified', new Date(modifiedAtS * 1000).toUTCString());
    if (range === null) {
      response.setHeader('Content-Range', `bytes */${bytes}`);
      throw new FileProblem(416, 'The file has no such part.');
    }
    const { from, to, isPart } = range;
    if (isPart) response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${bytes}`);
    attach(response, nameOf(path), 'application/octet-stream');
    response.setHeader('Content-Length', to - from);
    response.writeHead(isPart ? 206 : 200);
    if (request.method === 'HEAD') response.end();
    else await send(download, isPart ? `, bytes ${from} to ${to}` : '', readBytes(session, handle, from, to));
  } finally {
    await sftp.close(handle);
  }
}

/** A folder with all that is in it, but links. */
export async function sendZip(download: Download): Promise<void> {
  const { response, session, path } = download;
  if ((await session.sftp.stat(path)).kind !== 'folder') throw new FileProblem(400, 'That is no folder.');
  attach(response, `${nameOf(path) || 'files'}.zip`, 'application/zip');
  response.writeHead(200);
  const zip = makeZip(entriesOf(session, path));
  await send(download, ', as a zip', zip as unknown as AsyncIterable<Uint8Array>);
}

async function send(
  { response, session, path, note }: Download,
  what: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const hash = createHash('sha256');
  let sent = 0;
  let outcome = 'complete';
  try {
    for await (const part of bytes) {
      if (response.destroyed) throw new Error('the browser is gone');
      hash.update(part);
      sent += part.length;
      if (!response.write(part)) await drained(response);
    }
    response.end();
  } catch (error) {
    outcome = session.endedBecause?.kind ?? (response.destroyed ? 'client-closed' : 'error');
    response.destroy();
    if (outcome === 'error') throw error;
  } finally {
    await note({ direction: 'out', path, bytes: sent, sha256: hash.digest('hex'), outcome: `${outcome}${what}` });
  }
}

/** @throws when the browser goes */
async function drained(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  response.once('close', onClose);
  try {
    await once(response, 'drain', { signal: gone.signal });
  } finally {
    response.off('close', onClose);
  }
}

/** One after the other, as the archive is written. What cannot be read is listed in a file at its end. */
async function* entriesOf(session: FileSession, top: string) {
  const missing: string[] = [];
  const folders = [{ path: top, name: `${nameOf(top) || 'files'}/` }];
  let files = 0;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    yield { name: folder.name };
    try {
      for await (const batch of session.sftp.list(folder.path)) {
        for (const { name, kind, modifiedAtS } of batch) {
          const [path, shown] = [joined(folder.path, name), `${folder.name}${name}`];
          if (kind === 'folder') folders.push({ path, name: `${shown}/` });
          if (kind !== 'file') continue;
          if (++files > mostFiles) {
            missing.push(`${shown} and what follows: more than ${mostFiles} files`);
            yield missingFile(missing);
            return;
          }
          const opened = await session.sftp.open(path, openFor.read).catch((error: unknown) => {
            if (!(error instanceof SftpError)) throw error;
            missing.push(`${shown}: ${error.message}`);
            return null;
          });
          if (opened === null) continue;
          try {
            const { bytes } = await session.sftp.facts(opened);
            const input = readBytes(session, opened, 0, bytes);
            yield { name: shown, lastModified: new Date(modifiedAtS * 1000), input };
          } finally {
            await session.sftp.close(opened);
          }
        }
      }
    } catch (error) {
      if (!(error instanceof SftpError)) throw error;
      missing.push(`${folder.name}: ${error.message}`);
    }
  }
  if (missing.length > 0) yield missingFile(missing);
}

function missingFile(missing: readonly string[]) {
  return { name: missingName, lastModified: new Date(), input: `${missing.join('\n')}\n` };
}

/** Saved, never shown: what is in it could be a page. */
function attach(response: ServerResponse, name: string, type: string): void {
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  const plain = name.replace(/[^\w .-]/g, '_');
  response.setHeader('Content-Disposition', `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`);
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'; frame-ancestors 'none'");
}

/** One range, or all of it; null where there is no such part. */
function rangeOf(
  { headers }: IncomingMessage,
  bytes: number,
  tag: string,
): { readonly from: number; readonly to: number; readonly isPart: boolean } | null {
  const whole = { from: 0, to: bytes, isPart: false };
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range ?? '');
  // Of another file than what the browser has the beginning of, all is sent; several ranges are sent as all.
  if (found === null || (headers['if-range'] !== undefined && headers['if-range'] !== tag)) return whole;
  const [, first = '', last = ''] = found;
  if (first === '' && last === '') return whole;
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  return from < to ? { from, to, isPart: true } : null;
}
