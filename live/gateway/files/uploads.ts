/**
 * Files on their way to a machine, by the tus protocol 1.0.0 with creation and termination (https://tus.io/protocols/resumable-upload). All
 * that an upload is stands in its address, and how far it is in the size of its part on the machine: another gateway, or this one after it was
 * killed, goes on with it. `@tus/server` would keep both itself, and buffer for a store that is elsewhere.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TransferReport } from '../authority/authority.ts';
import { FileWriter, readBytes } from './file-bytes.ts';
import { existing, isMissing, joined, madeFolders, plainName } from './file-place.ts';
import { FileProblem } from './file-problem.ts';
import type { FileSession } from './file-session.ts';
import { type Handle, openFor, SftpError } from './sftp.ts';

export interface UploadRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly session: FileSession;
  readonly note: (report: Pick<TransferReport, 'direction' | 'path' | 'bytes' | 'sha256' | 'outcome'>) => Promise<void>;
  /** Of the upload; null where one is to begin. */
  readonly id: string | null;
}

interface Upload {
  /** Without links. */
  readonly folder: string;
  readonly name: string;
  /** Name of what is there so far. */
  readonly part: string;
  readonly bytes: number;
}

const version = '1.0.0';
export const tusHeaders = { 'Tus-Resumable': version, 'Tus-Version': version, 'Tus-Extension': 'creation,termination' };

/** Seconds after which a part that nobody goes on with is removed. */
export const partKeptS = 7 * 24 * 3600;
const partPattern = /^\.heps-upload-[0-9a-f]{16}$/;
/** Uploads whose sum so far is kept; of others it is read again from the machine. */
const mostKept = 1000;
/** Names that are tried for a file whose own is taken. */
const mostNames = 1000;

export function isPart(name: string): boolean {
  return partPattern.test(name);
}

export class Uploads {
  /** Sums of what is on the machine, by upload, the oldest first. */
  readonly #sums = new Map<string, { readonly hash: Hash; readonly bytes: number }>();
  /** Uploads that a request sends bytes for. */
  readonly #senders = new Map<string, { readonly stop: () => void; readonly done: Promise<void> }>();

  async answer(asked: UploadRequest): Promise<void> {
    const { request, response, id } = asked;
    if (request.headers['tus-resumable'] !== version) throw new FileProblem(412, `Expected Tus-Resumable: ${version}.`);
    if (id === null) {
      if (request.method !== 'POST') throw new FileProblem(405, 'An upload begins with POST.');
      await this.#begin(asked);
      return;
    }
    const upload = await uploadOf(id, asked.session);
    // Of a connection that was cut the gateway may not know yet.
    await this.#stopSender(id);
    switch (request.method) {
      case 'HEAD':
        response.setHeader('Upload-Length', upload.bytes);
        response.setHeader('Upload-Offset', await offsetOf(upload, asked.session));
        response.writeHead(200).end();
        return;
      case 'PATCH':
        await this.#send(id, upload, asked);
        return;
      case 'DELETE':
        await asked.session.sftp.remove(joined(upload.folder, upload.part));
        this.#sums.delete(id);
        await note(asked, upload, 0, null, 'deleted before its end');
        response.writeHead(204).end();
        return;
      default:
        throw new FileProblem(405, 'An upload is asked for with HEAD, PATCH and DELETE.');
    }
  }

  async #begin(asked: UploadRequest): Promise<void> {
    const { request, response, session } = asked;
    const { sftp, roots, grant } = session;
    const length = String(request.headers['upload-length'] ?? '');
    if (!/^\d{1,15}$/.test(length)) throw new FileProblem(400, 'Expected Upload-Length: how many bytes will come.');
    const bytes = Number(length);
    if (bytes > grant.files.mostBytes) {
      throw new FileProblem(413, `This station takes files of at most ${inUnits(grant.files.mostBytes)}.`);
    }
    const metadata = metadataOf(request);
    const names = (metadata.get('name') ?? '').split('/');
    const name = plainName(names.pop()!);
    const folder = await madeFolders(sftp, roots, metadata.get('folder') ?? '', names);
    const part = `.heps-upload-${randomBytes(8).toString('hex')}`;
    const handle = await sftp.open(joined(folder, part), openFor.write + openFor.make + openFor.onlyNew);
    await sftp.close(handle);
    const upload = { folder, name, part, bytes };
    await note(asked, upload, 0, null, `begun, of ${bytes} bytes`);
    if (bytes === 0) await this.#finish(asked, upload, createHash('sha256'));
    response.setHeader('Location', `${request.url!.split('?')[0]}/${idOf(upload)}`);
    response.setHeader('Upload-Offset', 0);
    response.writeHead(201).end();
  }

  async #send(id: string, upload: Upload, asked: UploadRequest): Promise<void> {
    const { request, response } = asked;
    if (request.headers['content-type'] !== 'application/offset+octet-stream') {
      throw new FileProblem(415, 'Expected Content-Type: application/offset+octet-stream.');
    }
    const stop = (): void => void request.destroy();
    let end = (): void => {};
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    const sender = { stop, done };
    this.#senders.set(id, sender);
    try {
      const offset = await this.#receive(id, upload, asked);
      response.setHeader('Upload-Offset', offset);
      response.writeHead(204).end();
    } finally {
      if (this.#senders.get(id) === sender) this.#senders.delete(id);
      end();
    }
  }

  /** @returns how much of the file is on the machine then */
  async #receive(id: string, upload: Upload, asked: UploadRequest): Promise<number> {
    const { request, session } = asked;
    const { sftp } = session;
    const offset = await offsetOf(upload, session);
    if (request.headers['upload-offset'] !== String(offset)) {
      throw new FileProblem(409, `The upload goes on at byte ${offset}.`);
    }
    if (offset === upload.bytes) return offset;
    const path = joined(upload.folder, upload.part);
    const handle = await sftp.open(path, openFor.read + openFor.write);
    const writer = new FileWriter(session, handle, offset);
    try {
      const hash = await this.#sumUpTo(offset, id, session, handle);
      this.#sums.delete(id);
      try {
        for await (const bytes of request as AsyncIterable<Buffer>) {
          if (writer.offset + bytes.length > upload.bytes) {
            throw new FileProblem(413, 'More came than the upload was said to have.');
          }
          hash.update(bytes);
          await writer.write(bytes);
        }
      } finally {
        // What came before a cut is kept.
        await settled(writer, session, { handle, path });
        this.#keep(id, hash, writer.offset);
      }
      if (writer.offset < upload.bytes) return writer.offset;
      await this.#finish(asked, upload, hash);
      this.#sums.delete(id);
      return writer.offset;
    } finally {
      await sftp.close(handle);
    }
  }

  /** Of what is on the machine already. */
  async #sumUpTo(offset: number, id: string, session: FileSession, handle: Buffer): Promise<Hash> {
    const kept = this.#sums.get(id);
    if (kept !== undefined && kept.bytes === offset) return kept.hash;
    const hash = createHash('sha256');
    for await (const bytes of readBytes(session, handle, 0, offset)) hash.update(bytes);
    return hash;
  }

  #keep(id: string, hash: Hash, bytes: number): void {
    this.#sums.set(id, { hash, bytes });
    if (this.#sums.size > mostKept) this.#sums.delete(this.#sums.keys().next().value!);
  }

  /** Gives it its name, or the next that is free: nothing is replaced. */
  async #finish(asked: UploadRequest, upload: Upload, hash: Hash): Promise<void> {
    const { sftp } = asked.session;
    const part = joined(upload.folder, upload.part);
    for (let number = 0; ; number++) {
      const path = joined(upload.folder, numbered(upload.name, number));
      try {
        await sftp.rename(part, path);
        await note(
          asked,
          { ...upload, name: numbered(upload.name, number) },
          upload.bytes,
          hash.digest('hex'),
          'complete',
        );
        return;
      } catch (error) {
        const isThere = await sftp.lstat(path).then(
          () => true,
          () => false,
        );
        if (!(error instanceof SftpError) || !isThere || number >= mostNames) throw error;
      }
    }
  }

  async #stopSender(id: string): Promise<void> {
    const sender = this.#senders.get(id);
    sender?.stop();
    await sender?.done;
  }
}

/** Waits for what is under way. Where a write failed, what others wrote behind it goes: an upload that goes on must leave no gap. @throws its error */
async function settled(
  writer: FileWriter,
  { sftp }: FileSession,
  { handle, path }: { readonly handle: Handle; readonly path: string },
): Promise<void> {
  try {
    await writer.settle();
  } catch (error) {
    if (error instanceof SftpError) await sftp.truncate(handle, writer.written).catch(() => sftp.remove(path));
    throw error;
  }
}

/** Bytes that are on the machine. A part goes only when its file has its name. */
async function offsetOf({ folder, name, part, bytes }: Upload, { sftp }: FileSession): Promise<number> {
  try {
    return (await sftp.lstat(joined(folder, part))).bytes;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  for (let number = 0; number <= mostNames; number++) {
    try {
      if ((await sftp.lstat(joined(folder, numbered(name, number)))).bytes === bytes) return bytes;
    } catch (error) {
      if (!isMissing(error)) throw error;
      break;
    }
  }
  throw new FileProblem(404, 'There is no such upload (any more).');
}

function idOf({ folder, name, part, bytes }: Upload): string {
  return Buffer.from(JSON.stringify([folder, name, part, bytes])).toString('base64url');
}

/** Whoever sends an id may write there anyway; what it says is checked like a path. */
async function uploadOf(id: string, { sftp, roots, grant }: FileSession): Promise<Upload> {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
  } catch {
    fields = null;
  }
  const [folder, name, part, bytes] = Array.isArray(fields) ? (fields as unknown[]) : [];
  const isUpload =
    typeof folder === 'string' &&
    typeof name === 'string' &&
    typeof part === 'string' &&
    isPart(part) &&
    Number.isSafeInteger(bytes) &&
    (bytes as number) >= 0 &&
    (bytes as number) <= grant.files.mostBytes;
  if (!isUpload) throw new FileProblem(404, 'There is no such upload.');
  return { folder: await existing(sftp, roots, folder), name: plainName(name), part, bytes: bytes as number };
}

/** `Upload-Metadata: name bmFtZQ==,folder …`. */
function metadataOf({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  const fields = String(headers['upload-metadata'] ?? '').split(',');
  return new Map(
    fields.map((field) => {
      const [key = '', value = ''] = field.trim().split(' ');
      return [key, Buffer.from(value, 'base64').toString('utf8')];
    }),
  );
}

function note(
  asked: UploadRequest,
  { folder, name }: Upload,
  bytes: number,
  sha256: string | null,
  outcome: string,
): Promise<void> {
  return asked.note({ direction: 'in', path: joined(folder, name), bytes, sha256, outcome });
}

/** `scan.tif`, `scan (1).tif`. */
function numbered(name: string, number: number): string {
  if (number === 0) return name;
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`;
}

function inUnits(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let [value, at] = [bytes, 0];
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${Number(value.toFixed(1))} ${units[at]}`;
}
