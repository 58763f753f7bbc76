/**
 * An SFTP client, version 3 (draft-ietf-secsh-filexfer-02), over any pair of streams: what OpenSSH, on every system, serves. Requests are
 * answered in any order; many may be under way.
 */
import type { Readable, Writable } from 'node:stream';
import { SshReader, sshString, sshU32, sshU64 } from './ssh-wire.ts';

const packet = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
} as const;

/** Flags of `open`. */
export const openFor = { read: 0x01, write: 0x02, append: 0x04, make: 0x08, empty: 0x10, onlyNew: 0x20 } as const;

/** Codes of `SSH_FXP_STATUS`. */
export const sftpStatus = { ok: 0, eof: 1, noSuchFile: 2, permissionDenied: 3, failure: 4, unsupported: 8 } as const;

/** Bytes of one packet beyond which the other side speaks another language. */
const mostPacketBytes = 1024 * 1024;
const typeBits = 0o170000;

export type FileKind = 'file' | 'folder' | 'link' | 'other';

export interface FileFacts {
  readonly kind: FileKind;
  readonly bytes: number;
  /** Unix seconds, whole. */
  readonly modifiedAtS: number;
}

export interface NamedFile extends FileFacts {
  readonly name: string;
}

export type Handle = Buffer;

/** What the machine answered in place of what was asked for. */
export class SftpError extends Error {
  override readonly name = 'SftpError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message === '' ? `SFTP status ${code}` : message);
    this.code = code;
  }
}

/** The line to the machine is gone, with all that was under way. */
export class SftpGone extends Error {
  override readonly name = 'SftpGone';
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface Answer {
  readonly type: number;
  readonly body: SshReader;
}

export class Sftp {
  readonly #output: Writable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #version: Promise<void>;
  #onVersion: Waiting | null = null;
  #pieces: Buffer[] = [];
  #held = 0;
  #nextId = 0;
  #gone: SftpGone | null = null;

  /** @param input what the machine says @param output what is said to it */
  constructor(input: Readable, output: Writable) {
    this.#output = output;
    this.#version = new Promise((resolve, reject) => {
      this.#onVersion = { resolve: () => resolve(), reject };
    });
    this.#version.catch(() => undefined);
    input.on('data', (bytes: Buffer) => this.#take(bytes));
    input.once('close', () => this.end(new SftpGone('the machine has closed the line')));
    input.on('error', (error) => this.end(new SftpGone(error.message)));
    output.on('error', (error) => this.end(new SftpGone(error.message)));
    output.write(Buffer.concat([sshU32(5), Buffer.from([packet.init]), sshU32(3)]));
  }

  /** Resolves when the machine speaks SFTP. @throws SftpGone */
  async ready(): Promise<void> {
    await this.#version;
  }

  /** Fails all that is under way, and all that is asked from now on. */
  end(error: SftpGone): void {
    if (this.#gone !== null) return;
    this.#gone = error;
    this.#onVersion?.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#pieces = [];
  }

  /** Absolute, without links. The last part need not be there. */
  async realPath(path: string): Promise<string> {
    const { body } = await this.#ask(packet.realpath, [sshString(path)], packet.name);
    body.u32();
    return body.text();
  }

  /** Of what a link leads to. */
  async stat(path: string): Promise<FileFacts> {
    return factsIn((await this.#ask(packet.stat, [sshString(path)], packet.attrs)).body);
  }

  /** Of the link itself. */
  async lstat(path: string): Promise<FileFacts> {
    return factsIn((await this.#ask(packet.lstat, [sshString(path)], packet.attrs)).body);
  }

  async facts(handle: Handle): Promise<FileFacts> {
    return factsIn((await this.#ask(packet.fstat, [sshString(handle)], packet.attrs)).body);
  }

  /** What is in a folder, in batches, without `.` and `..` and what is no name of one file. */
  async *list(path: string): AsyncGenerator<readonly NamedFile[]> {
    const handle = await this.#handle(packet.opendir, [sshString(path)]);
    try {
      for (;;) {
        const answer = await this.#ask(packet.readdir, [sshString(handle)], packet.name).catch(nullAtEnd);
        if (answer === null) return;
        yield namesIn(answer.body);
      }
    } finally {
      await this.close(handle);
    }
  }

  /** @param flags of `openFor`, added up */
  async open(path: string, flags: number): Promise<Handle> {
    return await this.#handle(packet.open, [sshString(path), sshU32(flags), sshU32(0)]);
  }

  /** Up to `length` bytes from `offset` on; null at the end of the file. */
  async read(handle: Handle, offset: number, length: number): Promise<Buffer | null> {
    const question = [sshString(handle), sshU64(offset), sshU32(length)];
    const answer = await this.#ask(packet.read, question, packet.data).catch(nullAtEnd);
    return answer === null ? null : answer.body.bytes();
  }

  async write(handle: Handle, offset: number, bytes: Buffer): Promise<void> {
    await this.#ask(packet.write, [sshString(handle), sshU64(offset), sshU32(bytes.length), bytes], packet.status);
  }

  /** Cuts an open file off after that many bytes. */
  async truncate(handle: Handle, bytes: number): Promise<void> {
    await this.#ask(packet.fsetstat, [sshString(handle), sshU32(0x1), sshU64(bytes)], packet.status);
  }

  /** What fails by that is noted nowhere: the file is no longer used. */
  async close(handle: Handle): Promise<void> {
    await this.#ask(packet.close, [sshString(handle)], packet.status).catch(() => undefined);
  }

  async remove(path: string): Promise<void> {
    await this.#ask(packet.remove, [sshString(path)], packet.status);
  }

  async makeFolder(path: string): Promise<void> {
    await this.#ask(packet.mkdir, [sshString(path), sshU32(0)], packet.status);
  }

  async removeFolder(path: string): Promise<void> {
    await this.#ask(packet.rmdir, [sshString(path)], packet.status);
  }

  /** Fails where there is something of the new name: version 3 replaces nothing. */
  async rename(from: string, to: string): Promise<void> {
    await this.#ask(packet.rename, [sshString(from), sshString(to)], packet.status);
  }

  async #handle(type: number, body: readonly Buffer[]): Promise<Handle> {
    const answer = await this.#ask(type, body, packet.handle);
    // The packet's memory would be held as long as the file is open.
    return Buffer.from(answer.body.bytes());
  }

  #ask(type: number, body: readonly Buffer[], expected: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== null) {
        reject(this.#gone);
        return;
      }
      const id = this.#nextId++ % 0xffff_ffff;
      this.#waiting.set(id, {
        resolve: (answer) => {
          if (answer.type === expected && expected !== packet.status) resolve(answer);
          else if (answer.type !== packet.status) reject(new SftpError(4, `an answer of kind ${answer.type}`));
          else {
            const code = answer.body.u32();
            const message = answer.body.left > 0 ? answer.body.text() : '';
            if (code === sftpStatus.ok && expected === packet.status) resolve(answer);
            else reject(new SftpError(code, message));
          }
        },
        reject,
      });
      const length = 5 + body.reduce((sum, { length: bytes }) => sum + bytes, 0);
      this.#output.cork();
      this.#output.write(Buffer.concat([sshU32(length), Buffer.from([type]), sshU32(id)]));
      for (const part of body) this.#output.write(part);
      this.#output.uncork();
    });
  }

  #take(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#held += bytes.length;
    try {
      while (this.#gone === null && this.#takePacket()) {}
    } catch (error) {
      this.end(new SftpGone(`the machine does not speak SFTP: ${String(error)}`));
    }
  }

  #takePacket(): boolean {
    if (this.#held < 4) return false;
    if (this.#pieces[0]!.length < 4) this.#pieces = [Buffer.concat(this.#pieces)];
    const length = this.#pieces[0]!.readUInt32BE(0);
    if (length < 5 || length > mostPacketBytes) throw new RangeError(`a packet of ${length} bytes`);
    if (this.#held < 4 + length) return false;
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    const rest = all.subarray(4 + length);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    const type = all[4]!;
    if (type === packet.version) {
      this.#onVersion?.resolve({ type, body: new SshReader(all, 5) });
      return true;
    }
    const body = new SshReader(all.subarray(0, 4 + length), 5);
    const id = body.u32();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) throw new RangeError(`an answer to nothing, ${id}`);
    this.#waiting.delete(id);
    try {
      waiting.resolve({ type, body });
    } catch (error) {
      waiting.reject(new SftpGone(`an answer of the machine cannot be read: ${String(error)}`));
      throw error;
    }
    return true;
  }
}

function nullAtEnd(error: unknown): null {
  if (error instanceof SftpError && error.code === sftpStatus.eof) return null;
  throw error;
}

function namesIn(body: SshReader): NamedFile[] {
  const count = body.u32();
  const found: NamedFile[] = [];
  for (let index = 0; index < count; index++) {
    const name = body.text();
    body.bytes(); // as `ls -l` shows it
    const facts = factsIn(body);
    // A machine that is not itself could have a name lead out of the folder, here or where an archive is unpacked.
    if (name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)) found.push({ name, ...facts });
  }
  return found;
}

function factsIn(body: SshReader): FileFacts {
  const flags = body.u32();
  const bytes = (flags & 0x1) === 0 ? 0 : body.u64();
  if ((flags & 0x2) !== 0) {
    body.u32();
    body.u32();
  }
  const mode = (flags & 0x4) === 0 ? 0 : body.u32();
  let modifiedAtS = 0;
  if ((flags & 0x8) !== 0) {
    body.u32();
    modifiedAtS = body.u32();
  }
  if (flags >>> 31 === 1) {
    for (let left = body.u32(); left > 0; left--) {
      body.bytes();
      body.bytes();
    }
  }
  return { kind: kindOf(mode & typeBits), bytes, modifiedAtS };
}

function kindOf(type: number): FileKind {
  if (type === 0o100000) return 'file';
  if (type === 0o040000) return 'folder';
  return type === 0o120000 ? 'link' : 'other';
}
