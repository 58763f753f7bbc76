/** A stream of server-sent events over HTTP, with a token, as an Observable (WHATWG HTML, section 9.2). */
import { Observable } from 'rxjs';

/** One event of a stream. */
export interface ServerSentEvent {
  /** `message` where the stream does not say. */
  readonly type: string;
  readonly data: string;
  /** Id of this event or of the last before it that had one; empty before the first. */
  readonly lastEventId: string;
}

/** The server is there and refuses for good: a wrong token, a wrong address. */
export class StreamRefused extends Error {
  /** Of the answer, such as 401. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'StreamRefused';
    this.status = status;
  }
}

/** How a stream is asked for. */
export interface StreamRequest {
  readonly url: URL;
  readonly token: string;
  /** The stream goes on after this event, where the server still can; undefined: from its beginning. */
  readonly lastEventId?: string | undefined;
}

/**
 * Connects once for each subscriber and completes when the server ends the stream. `null` stands for a comment, with which a server says
 * that it is there. Unsubscribing closes the connection.
 *
 * Errors with `StreamRefused` at an answer of 4xx, which will not change by asking again, or with what was wrong with the connection.
 */
export function serverSentEvents$({ url, token, lastEventId }: StreamRequest): Observable<ServerSentEvent | null> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      const headers: Record<string, string> = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
      if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
      const response = await fetch(url, { headers, signal: abort.signal });
      if (!response.ok) throw await refusalOf(response, url);
      if (!/^text\/event-stream\b/.test(response.headers.get('content-type') ?? '')) {
        throw new StreamRefused(response.status, `${url.href}: expected a stream of a heps live server`);
      }
      const parser = new EventParser(lastEventId ?? '');
      const decoder = new TextDecoder();
      for await (const bytes of response.body!) {
        for (const event of parser.take(decoder.decode(bytes, { stream: true }))) subscriber.next(event);
      }
    };
    read().then(
      () => subscriber.complete(),
      (error: unknown) => {
        if (!abort.signal.aborted) subscriber.error(connectionErrorOf(error, url));
      },
    );
    return () => abort.abort();
  });
}

async function refusalOf(response: Response, url: URL): Promise<Error> {
  const { status } = response;
  const text = await response.text();
  const what = `${url.href}: answered ${status}${detailOf(text)}`;
  return status >= 400 && status < 500 && status !== 429 ? new StreamRefused(status, what) : new Error(what);
}

/** Of problem details (RFC 9457): ` (the token is not known)`; empty where the answer is something else. */
function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === 'string' ? ` (${detail})` : '';
  } catch {
    return '';
  }
}

/** `fetch` says only that it failed; what failed stands in the cause. */
function connectionErrorOf(error: unknown, url: URL): unknown {
  if (!(error instanceof TypeError)) return error;
  const { cause } = error;
  return new Error(`${url.href}: ${cause instanceof Error ? cause.message : error.message}`, { cause: error });
}

/** Puts pieces of text together to events. */
export class EventParser {
  #text = '';
  #type = '';
  #data: string[] = [];
  #lastEventId: string;

  /** @param lastEventId of the event before the stream */
  constructor(lastEventId: string) {
    this.#lastEventId = lastEventId;
  }

  /** Events and comments (null) that the text completes. A line ends with LF or CR LF. */
  take(text: string): (ServerSentEvent | null)[] {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop()!;
    return lines.flatMap((line) => this.#takeLine(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #takeLine(line: string): (ServerSentEvent | null)[] {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return [null];
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.#lastEventId = value;
    return [];
  }

  #dispatch(): ServerSentEvent[] {
    const type = this.#type === '' ? 'message' : this.#type;
    const data = this.#data;
    this.#type = '';
    this.#data = [];
    return data.length === 0 ? [] : [{ type, data: data.join('\n'), lastEventId: this.#lastEventId }];
  }
}
