/**
 * The token server, asked over HTTP by a gateway in a process of its own: the paper's external authentication API. By Node's own client:
 * loading undici takes 18 MB, which is what seven hundred idle streams take.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { DesktopRole } from '../../../core/wire/portal.ts';
import {
  type Authority,
  type ConnectAttempt,
  type ConnectionReport,
  type FilesGrant,
  type Grant,
  type OpenGrant,
  type RefusalReason,
  Refused,
  type RightsNow,
  refusalReasons,
  type TransferReport,
  takesRolesHeader,
} from './authority.ts';

export interface RemoteAuthorityOptions {
  /** Address of the server, such as `https://controller:8790`. */
  readonly url: URL;
  /** Of role `gateway`. */
  readonly token: string;
  /** Seconds until an answer must be there. Defaults to 3. */
  readonly limitS?: number;
}

/** Far more than an answer has. */
const mostAnswerBytes = 4 * 1024 * 1024;

export class RemoteAuthority implements Authority {
  readonly #base: string;
  readonly #token: string;
  readonly #limitS: number;
  readonly #agent: Agent;
  readonly #request: typeof httpRequest;

  constructor({ url, token, limitS = 3 }: RemoteAuthorityOptions) {
    this.#base = `${url.href.replace(/\/+$/, '')}/v1/gateway`;
    this.#token = token;
    this.#limitS = limitS;
    const isSecure = url.protocol === 'https:';
    this.#agent = new (isSecure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 32, scheduling: 'lifo' });
    this.#request = isSecure ? httpsRequest : httpRequest;
  }

  redeem(attempt: ConnectAttempt): Promise<Grant> {
    return this.#ask('redeem', attemptBody(attempt)) as Promise<Grant>;
  }

  exchange(attempt: ConnectAttempt): Promise<{ secret: string; path: string; endsAtS: number }> {
    return this.#ask('exchange', attemptBody(attempt)) as Promise<{ secret: string; path: string; endsAtS: number }>;
  }

  appGrant(secret: string, desktopId: string, app: string): Promise<Grant> {
    return this.#ask('app-grant', { secret, desktopId, app }) as Promise<Grant>;
  }

  filesGrant(secret: string, desktopId: string): Promise<FilesGrant> {
    return this.#ask('files-grant', { secret, desktopId }) as Promise<FilesGrant>;
  }

  async certify(secret: string, desktopId: string, publicKey: string): Promise<string> {
    const { certificate } = (await this.#ask('certify', { secret, desktopId, publicKey })) as { certificate: string };
    return certificate;
  }

  async check(open: readonly OpenGrant[]): Promise<RightsNow> {
    const { ended, roles = {} } = (await this.#ask('check', { open })) as {
      readonly ended: Readonly<Record<string, string>>;
      /** Not from a server that ends what has changed. */
      readonly roles?: Readonly<Record<string, DesktopRole>>;
    };
    return { ended: new Map(Object.entries(ended)), roles: new Map(Object.entries(roles)) };
  }

  async closed(report: ConnectionReport): Promise<void> {
    await this.#ask('closed', report);
  }

  async transferred(report: TransferReport): Promise<void> {
    await this.#ask('transferred', report);
  }

  async refused(reason: RefusalReason, address: string, requestId: string): Promise<void> {
    await this.#ask('refused', { reason, address, requestId });
  }

  /** Ends what is under way. */
  close(): void {
    this.#agent.destroy();
  }

  /** @throws Refused where the server says so; anything else that is no good answer is an error that names no secret */
  async #ask(what: string, question: object): Promise<unknown> {
    const { status, text } = await this.#post(what, JSON.stringify(question));
    if (status === 204) return null;
    const answer = objectOf(text);
    if (status === 200 && answer !== null) return answer;
    const reason = refusalReasons.find((each) => each === answer?.reason);
    if (status === 403 && reason !== undefined) throw new Refused(reason);
    throw new Error(`the server answered ${status} when it was asked to ${what}`);
  }

  #post(what: string, body: string, isAgain = false): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const request = this.#request(`${this.#base}/${what}`, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          authorization: `Bearer ${this.#token}`,
          'content-type': 'application/json',
          [takesRolesHeader]: '1',
          'content-length': Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(this.#limitS * 1000),
      });
      request.once('response', (response) => {
        textOf(response).then((text) => resolve({ status: response.statusCode!, text }), reject);
      });
      request.once('error', (error: NodeJS.ErrnoException) => {
        // The server had just closed a connection that was kept: it has not seen the question.
        if (request.reusedSocket && error.code === 'ECONNRESET' && !isAgain) {
          resolve(this.#post(what, body, true));
        } else reject(error);
      });
      request.end(body);
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostAnswerBytes) throw new Error(`the server answered with more than ${mostAnswerBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Without whatever else the attempt carries. */
function attemptBody({ token, address, requestId }: ConnectAttempt): object {
  return { token, address, requestId };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
