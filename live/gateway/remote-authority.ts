/** The token server, asked over HTTP by a gateway in a process of its own: the paper's external authentication API. */
import { Agent, type Dispatcher, request } from 'undici';
import {
  type Authority,
  type ConnectAttempt,
  type ConnectionReport,
  type Grant,
  type OpenGrant,
  type RefusalReason,
  Refused,
  refusalReasons,
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
  readonly #agent: Dispatcher;

  constructor({ url, token, limitS = 3 }: RemoteAuthorityOptions) {
    this.#base = `${url.href.replace(/\/+$/, '')}/v1/gateway`;
    this.#token = token;
    this.#limitS = limitS;
    this.#agent = new Agent({ connections: 32, maxResponseSize: mostAnswerBytes });
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

  async check(open: readonly OpenGrant[]): Promise<ReadonlyMap<string, string>> {
    const { ended } = (await this.#ask('check', { open })) as { ended: Readonly<Record<string, string>> };
    return new Map(Object.entries(ended));
  }

  async closed(report: ConnectionReport): Promise<void> {
    await this.#ask('closed', report);
  }

  async refused(reason: RefusalReason, address: string, requestId: string): Promise<void> {
    await this.#ask('refused', { reason, address, requestId });
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** @throws Refused where the server says so; anything else that is no good answer is an error that names no secret */
  async #ask(what: string, question: object): Promise<unknown> {
    const { statusCode, body } = await request(`${this.#base}/${what}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(question),
      dispatcher: this.#agent,
      signal: AbortSignal.timeout(this.#limitS * 1000),
    });
    const text = await body.text();
    if (statusCode === 204) return null;
    const answer = objectOf(text);
    if (statusCode === 200 && answer !== null) return answer;
    const reason = refusalReasons.find((each) => each === answer?.reason);
    if (statusCode === 403 && reason !== undefined) throw new Refused(reason);
    throw new Error(`the server answered ${statusCode} when it was asked to ${what}`);
  }
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
