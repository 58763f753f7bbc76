/** Reads the JSON body of a request, up to a size. */
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

/** @throws Problem 413, 415 or 400 */
export async function readJson(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') throw new Problem(415, 'expected Content-Type: application/json');
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const body = await readBody(request, mostBytes);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Problem(400, `expected JSON (${(error as Error).message})`);
  }
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
