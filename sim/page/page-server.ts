/** Serves the page and the files that it opens, to this machine only. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../../core/input-error.ts';
import { pageHeaders } from '../../core/wire/page-sources.ts';

/** What is served. */
export interface PageServerOptions {
  /** The page, sources and all: answers `/`. */
  readonly page: string;
  /** Files of JSON by their path in the address, such as `/runs/0`; reread at each request. */
  readonly files: ReadonlyMap<string, string>;
  /** JavaScript by its path in the address, such as `/policies/0.js`, which the page may run. Defaults to none. */
  readonly scripts?: ReadonlyMap<string, string>;
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
}

/** A server that answers. */
export interface PageServer {
  /** Address of the page: `http://127.0.0.1:40123/`. */
  readonly url: string;
  /** Ends it at once, whatever connections are open. */
  stop(): Promise<void>;
}

/** Starts to serve. @throws InputError when the port cannot be had */
export async function startPageServer({
  page,
  files,
  scripts = new Map(),
  port,
}: PageServerOptions): Promise<PageServer> {
  const headers = pageHeaders(page, sha256, scripts.size > 0);
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // A page elsewhere may have its own name resolve to 127.0.0.1; its requests then carry that name.
    if (!isForThisServer(request)) return answer(response, 403, 'not the address of this server');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return answer(response, 405, 'GET and HEAD only');
    }
    const path = request.url!.split('?')[0]!;
    if (path === '/') return answer(response, 200, page, 'text/html; charset=utf-8');
    const script = scripts.get(path);
    if (script !== undefined) return answer(response, 200, script, 'text/javascript; charset=utf-8');
    const file = files.get(path);
    if (file === undefined) return answer(response, 404, 'nothing here');
    void sendFile(request, response, file);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(new InputError(`port ${port}`, 'one that is free to be used', code)),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isForThisServer({ headers, socket }: IncomingMessage): boolean {
  const match = /^(?:127\.0\.0\.1|localhost)(?::(\d+))?$/.exec(headers.host ?? '');
  return match !== null && Number(match[1] ?? 80) === socket.localPort;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

async function sendFile({ method }: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    // Without a length: the file may be written over while it is read.
    response.writeHead(200, { 'Content-Type': 'application/json' });
    if (method === 'HEAD') response.end();
    else await pipeline(file.createReadStream({ autoClose: false }), response);
  } catch (error) {
    // Before the first byte the reader is told; after it the connection breaks off, which tells it too.
    if (response.headersSent) response.destroy();
    else answer(response, 404, `${path}: ${(error as NodeJS.ErrnoException).code}`);
  } finally {
    await file?.close();
  }
}
