/** Uploads to a disk on which writes fail in the middle: what is there has no gap, and goes on to the whole file. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FileSession, pieceBytes } from '../../../../live/gateway/files/file-session.ts';
import { SftpError } from '../../../../live/gateway/files/sftp.ts';
import { type UploadRequest, Uploads } from '../../../../live/gateway/files/uploads.ts';

/** Files in memory; the writes with these numbers fail, and truncating does where that is said. */
class FailingDisk {
  readonly files = new Map<string, Buffer>();
  readonly #failing: Set<number>;
  readonly #truncates: boolean;
  #writes = 0;

  constructor(failing: readonly number[], truncates: boolean) {
    this.#failing = new Set(failing);
    this.#truncates = truncates;
  }

  #at(path: string): Buffer {
    const found = this.files.get(path);
    if (found === undefined) throw new SftpError(2, 'no such file');
    return found;
  }

  realPath = async (path: string) => path;
  open = async (path: string, flags: number) => {
    if ((flags & 0x08) !== 0) this.files.set(path, Buffer.alloc(0));
    this.#at(path);
    return Buffer.from(path);
  };
  close = async () => {};
  lstat = async (path: string) => ({ kind: 'file', bytes: this.#at(path).length, modifiedAtS: 0 });
  read = async (handle: Buffer, offset: number, length: number) => {
    const bytes = this.#at(handle.toString()).subarray(offset, offset + length);
    return bytes.length === 0 ? null : bytes;
  };
  write = async (handle: Buffer, offset: number, bytes: Buffer) => {
    const mine = this.#writes++;
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#failing.has(mine)) throw new SftpError(4, 'no space left');
    const before = this.#at(handle.toString());
    const after = Buffer.alloc(Math.max(before.length, offset + bytes.length));
    before.copy(after);
    bytes.copy(after, offset);
    this.files.set(handle.toString(), after);
  };
  truncate = async (handle: Buffer, bytes: number) => {
    if (!this.#truncates) throw new SftpError(8, 'not supported');
    this.files.set(handle.toString(), this.#at(handle.toString()).subarray(0, bytes));
  };
  remove = async (path: string) => void this.files.delete(path);
  rename = async (from: string, to: string) => {
    this.files.set(to, this.#at(from));
    this.files.delete(from);
  };
}

interface Answered {
  readonly headers: Map<string, string>;
  status: number;
}

class Client {
  readonly sums: (string | null)[] = [];
  readonly #uploads = new Uploads();
  readonly #session: FileSession;

  constructor(disk: FailingDisk) {
    const grant = { files: { mostBytes: 1e9 } };
    const roots = [{ title: 'Home', path: '/home' }];
    this.#session = { sftp: disk, roots, grant, noteUse() {} } as unknown as FileSession;
  }

  async ask(
    method: string,
    id: string | null,
    headers: Record<string, string> = {},
    body = Buffer.alloc(0),
  ): Promise<Answered> {
    const parts = Array.from({ length: Math.ceil(body.length / pieceBytes) }, (_, index) =>
      body.subarray(index * pieceBytes, (index + 1) * pieceBytes),
    );
    const given = { method, url: '/tus', headers: { 'tus-resumable': '1.0.0', ...headers } };
    const request = Object.assign(Readable.from(parts), given) as unknown as IncomingMessage;
    const answered: Answered = { headers: new Map(), status: 0 };
    const response = {
      setHeader: (name: string, value: unknown) => answered.headers.set(name, String(value)),
      writeHead(status: number) {
        answered.status = status;
        return { end() {} };
      },
    } as unknown as ServerResponse;
    const note: UploadRequest['note'] = async ({ outcome, sha256 }) => {
      if (outcome === 'complete') this.sums.push(sha256);
    };
    await this.#uploads.answer({ request, response, session: this.#session, note, id });
    return answered;
  }
}

test('whatever writes fail, an upload that goes on ends as the file that was sent', async () => {
  const anyWrites = fc.uniqueArray(fc.nat({ max: 40 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(anyWrites, fc.boolean(), async (failing, truncates) => {
      const content = Buffer.alloc(20 * pieceBytes + 77, 'abcdefg');
      const disk = new FailingDisk(failing, truncates);
      const client = new Client(disk);
      const base64 = (text: string): string => Buffer.from(text).toString('base64');
      const begin = async (): Promise<string> => {
        const metadata = `name ${base64('scan.tif')},folder ${base64('/home')}`;
        const { headers } = await client.ask('POST', null, {
          'upload-length': String(content.length),
          'upload-metadata': metadata,
        });
        return headers.get('Location')!.split('/').at(-1)!;
      };
      let id = await begin();
      for (let tries = 0; tries < 10 && !disk.files.has('/home/scan.tif'); tries++) {
        const shown = await client.ask('HEAD', id).catch(() => null);
        if (shown === null) {
          id = await begin(); // the part is gone
          continue;
        }
        const offset = Number(shown.headers.get('Upload-Offset'));
        const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) };
        await client.ask('PATCH', id, headers, content.subarray(offset)).catch((error: unknown) => {
          if (!(error instanceof SftpError)) throw error;
        });
      }
      expect(disk.files.get('/home/scan.tif')?.equals(content)).toBe(true);
      expect(client.sums).toEqual([createHash('sha256').update(content).digest('hex')]);
    }),
    { numRuns: 50 },
  );
});
