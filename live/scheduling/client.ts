/** Speaks with a running `heps live serve`, for the commands that people type. */
import { InputError } from '../../core/input-error.ts';

export interface ClientOptions {
  /** Address of the server, such as `https://controller:8790`. */
  readonly url: URL;
  readonly token: string;
  /** Seconds until an answer must be there. Defaults to 30. */
  readonly limitS?: number;
}

/** An answer: its status, and the JSON of its body. */
export interface ClientAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** By how much the server's clock is ahead of ours, to the second; null where it does not say. */
  readonly aheadS?: number | null;
}

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** @param path with its query, such as `/v1/servers?limit=10` @throws InputError when there is no answer, or a refusal that `expected` does not name */
  async ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    expected: readonly number[],
    { body, headers = {} }: { body?: object; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<ClientAnswer> {
    const { url, token, limitS = 30 } = this.#options;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url.href.replace(/\/+$/, '')}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: 'manual', // a token is for the server it was made for
        signal: AbortSignal.timeout(limitS * 1000),
      });
      text = await response.text();
    } catch (error) {
      const { cause, message } = error as Error;
      throw new NoServer(url, cause instanceof Error && cause.message !== '' ? cause.message : message);
    }
    const answer = parsed(text);
    if (expected.includes(response.status)) {
      const atMs = Date.parse(response.headers.get('date') ?? '');
      const aheadS = Number.isNaN(atMs) ? null : Math.round((atMs - Date.now()) / 1000);
      return { status: response.status, body: answer, aheadS };
    }
    const detail = typeof answer.detail === 'string' ? answer.detail : 'without a reason';
    if (response.status >= 500) throw new NoServer(url, `${response.status}, ${detail}`);
    throw InputError.saying(`${url.host}: ${response.status}, ${detail}`);
  }
}

/** It did not answer, or could not: what was asked may be asked again. */
export class NoServer extends InputError {
  constructor(url: URL, reason: string) {
    super('', '', '');
    this.message = `${url.host}: expected heps live serve to answer (${reason})`;
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
