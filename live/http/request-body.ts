/** Reads the JSON body of a request, up to a size. */
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

/** @throws Problem 413, 415 or 400 */
export async function readJson(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') throw new Problem(415, 'expected Content-Type: application/json');
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch (error) {
    throw new Problem(400, `expected JSON (${(error as Error).message})`);
  }
}

function tooLarge(mostBytes: number): Problem {
  return new Problem(413, `expected a body of at most ${mostBytes} bytes`, { headers: { Connection: 'close' } });
}
