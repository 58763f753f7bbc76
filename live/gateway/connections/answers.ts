/** What the gateway itself answers over HTTP, with the headers of rule 7: nothing is kept, framed or told to other pages. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { guardedHeaders, type PageFile, portalHeaders } from '../../http/page-files.ts';

const nothingAllowed = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers with a short text. */
export function answer(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): void {
  send(response, status, Buffer.from(text), {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Security-Policy': nothingAllowed,
    ...headers,
  });
}

/** A file of the streaming page. @param origin the gateway's */
export function answerFile(response: ServerResponse, { body, type }: PageFile, origin: string): void {
  send(response, 200, body, { ...portalHeaders(origin), 'Content-Type': type });
}

/**
 * Sends the browser on to a path of this origin. A navigation that another site began does not send the cookie that comes with this, so
 * there the page continues on its own.
 */
export function sendOn(request: IncomingMessage, response: ServerResponse, path: string, cookie: string): void {
  const headers = { 'Set-Cookie': cookie };
  if (request.headers['sec-fetch-site'] !== 'cross-site') {
    answer(response, 303, '', { ...headers, Location: path });
    return;
  }
  answer(response, 200, `<!doctype html><title>…</title><meta http-equiv="refresh" content="0;url=${path}">`, {
    ...headers,
    'Content-Type': 'text/html; charset=utf-8',
  });
}

function send(
  response: ServerResponse,
  status: number,
  body: Buffer,
  headers: Readonly<Record<string, string | readonly string[]>>,
): void {
  response.writeHead(status, {
    ...guardedHeaders,
    'Content-Length': body.length,
    ...(headers as Record<string, string>),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Answers a request to upgrade with a refusal; it says no more than the status. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  const headers = Object.entries({ ...guardedHeaders, Connection: 'close', 'Content-Length': '0' });
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n`);
}
