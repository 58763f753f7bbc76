/** Reads the JSON body of a request, up to a size. */
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

/** Arrays and objects in one another: what we take has fewer than ten, and what is much deeper overflows the stack of whoever prints it. */
const mostNested = 64;

/** @throws Problem 413, 415 or 400 */
export async function readJson(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') throw new Problem(415, 'expected Content-Type: application/json');
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const body = await readBody(request, mostBytes);
  if (isNestedDeeper(body, mostNested)) {
    throw new Problem(400, `expected JSON with at most ${mostNested} arrays and objects in one another`);
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Problem(400, `expected JSON (${(error as Error).message})`);
  }
}

/** Whether more than so many brackets are open at once, outside of texts. */
function isNestedDeeper(json: Buffer, most: number): boolean {
  let open = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (isText) {
      if (byte === 0x5c)
        at++; // a backslash: what follows it ends no text
      else if (byte === 0x22) isText = false;
    } else if (byte === 0x22) isText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++open > most) return true;
    } else if (byte === 0x5d || byte === 0x7d) open--;
  }
  return false;
}

/** By its events: an iterator over the request costs several times as much. */
function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= mostBytes) {
        parts.push(part);
        return;
      }
      reject(tooLarge(mostBytes));
      request.pause();
    });
    request.on('end', () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    request.on('error', reject);
  });
}

function tooLarge(mostBytes: number): Problem {
  return new Problem(413, `expected a body of at most ${mostBytes} bytes`, { headers: { Connection: 'close' } });
}
