/** One HTTP exchange with a service, within a time limit. */
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Agent, request } from 'undici';
import type { Clock } from '../../core/clock.ts';
import { InputError } from '../../core/input-error.ts';

/** Methods that the APIs take. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  readonly method: Method;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, already a text; null for none. */
  readonly body: string | null;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** By name in small letters; the first value where a header came more than once. */
  header(name: string): string | null;
}

export interface Http {
  /** @throws what the connection failed with: see `neverArrived` */
  exchange(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends what is under way; nothing can be sent any more. */
  close(): Promise<void>;
}

/** Whether a failed exchange cannot have reached the service: no such name, no connection, no trust. */
export function neverArrived(error: Error): boolean {
  // One error for each address of a name.
  const causes: NodeJS.ErrnoException[] = error instanceof AggregateError ? error.errors : [error];
  return causes.every(
    (cause) =>
      cause.syscall === 'connect' ||
      cause.syscall === 'getaddrinfo' ||
      cause.code === 'UND_ERR_CONNECT_TIMEOUT' ||
      isDistrust(cause),
  );
}

/** Whether the service's certificate was not accepted: no repetition mends that. Codes of OpenSSL, as Node names them. */
export function isDistrust(error: NodeJS.ErrnoException): boolean {
  return /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/.test(error.code ?? '');
}

/**
 * Redirects are not followed: the token would go along.
 * @param caFile certificate authorities to trust besides Node's own; null for none
 * @param connectLimitS until a connection stands @param exchangeLimitS until the whole answer is there
 * @throws InputError when the file cannot be read
 */
export function openHttp(caFile: string | null, connectLimitS: number, exchangeLimitS: number, clock: Clock): Http {
  const agent = new Agent({
    connect: { timeout: connectLimitS * 1000, ...(caFile !== null && { ca: [...rootCertificates, readCa(caFile)] }) },
    // OpenStack's own servers may close an idle connection after 5 s; a request that meets the closing is lost.
    keepAliveTimeout: 3000,
  });
  return {
    async exchange({ method, url, headers, body }) {
      const limit = new AbortController();
      const cancel = clock.after(exchangeLimitS, () => limit.abort(new Error(`none within ${exchangeLimitS} s`)));
      try {
        const answer = await request(url, { dispatcher: agent, method, headers, body, signal: limit.signal });
        const text = await answer.body.text();
        const header = (name: string) => {
          const value = answer.headers[name];
          return (Array.isArray(value) ? value[0] : value) ?? null;
        };
        return { status: answer.statusCode, body: text, header };
      } finally {
        cancel();
      }
    },
    close: () => agent.destroy(),
  };
}

function readCa(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw InputError.saying(`cacert ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw InputError.saying(`cacert ${file}: expected PEM certificates`);
  return text;
}
