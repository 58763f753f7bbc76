/** What can go wrong with a request to OpenStack: a refusal, no answer, an answer that cannot be read. */

/** A service answered, and said no. The message has all of it but headers and bodies, which may hold secrets. */
export class OpenStackError extends Error {
  /** As in the catalog: `compute`. */
  readonly service: string;
  /** HTTP status. */
  readonly status: number;
  /** What the service said of it, one line. */
  readonly detail: string;
  /** Placement's own name of the error, such as `placement.concurrent_update`; null elsewhere. */
  readonly code: string | null;
  /** With which the service's log can be searched; null where none was sent. */
  readonly requestId: string | null;
  /** Seconds that it asked to wait before the next attempt; null where it did not. */
  readonly retryAfterS: number | null;

  /** @param request method and path: `POST /servers` */
  constructor(
    service: string,
    request: string,
    status: number,
    body: string,
    requestId: string | null,
    retryAfterS: number | null,
  ) {
    const { detail, code } = readFault(body);
    const where = requestId === null ? '' : ` (${requestId})`;
    super(`${service}: ${request}: ${status} ${detail === '' ? 'without a message' : detail}${where}`);
    this.name = 'OpenStackError';
    this.service = service;
    this.status = status;
    this.detail = detail;
    this.code = code;
    this.requestId = requestId;
    this.retryAfterS = retryAfterS;
  }
}

/** No answer came: no connection, a lost one, or the time limit. */
export class NoAnswerError extends Error {
  readonly service: string;
  /** Whether the service may have got the request, and done what it says. */
  readonly mayHaveArrived: boolean;

  constructor(service: string, request: string, mayHaveArrived: boolean, cause: Error) {
    super(`${service}: ${request}: no answer: ${reasonOf(cause)}`, { cause });
    this.name = 'NoAnswerError';
    this.service = service;
    this.mayHaveArrived = mayHaveArrived;
  }
}

/** An answer is not what the API promises. */
export class UnreadableAnswerError extends Error {
  readonly service: string;

  constructor(service: string, request: string, cause: Error) {
    super(`${service}: ${request}: answer not understood: ${cause.message}`, { cause });
    this.name = 'UnreadableAnswerError';
    this.service = service;
  }
}

/** Whether what was asked may have been done all the same: then look before asking for it again. */
export function mayHaveTakenEffect(error: unknown): boolean {
  if (error instanceof NoAnswerError) return error.mayHaveArrived;
  if (error instanceof OpenStackError) return error.status >= 500;
  return error instanceof UnreadableAnswerError;
}

/** Whether the service has nothing of that id or name. */
export function isNotFound(error: unknown): error is OpenStackError {
  return error instanceof OpenStackError && error.status === 404;
}

/** Whether somebody else has written to the provider or consumer since it was read: read again, decide again. */
export function isConcurrentUpdate(error: unknown): error is OpenStackError {
  return error instanceof OpenStackError && error.status === 409 && error.code === 'placement.concurrent_update';
}

/**
 * The message in an error's body. Each service has a form of its own: Nova `{"forbidden": {"code", "message"}}`, Keystone
 * `{"error": {"message"}}`, Placement `{"errors": [{"detail", "code"}]}`, Glance and every proxy HTML or plain text.
 */
function readFault(body: string): { detail: string; code: string | null } {
  const parsed = parseObject(body);
  if (parsed === null)
    return { detail: oneLine(body.replace(/<(head|title)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')), code: null };
  const [first] = Array.isArray(parsed.errors) ? parsed.errors : Object.values(parsed);
  const fault = typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : parsed;
  const detail = [fault.detail, fault.message, fault.title].find((text) => typeof text === 'string' && text !== '');
  return { detail: oneLine(String(detail ?? '')), code: typeof fault.code === 'string' ? fault.code : null };
}

function parseObject(body: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null; // not JSON: the text itself is the message
  }
}

/** On one line, cut, and without the value that Nova repeats when it refuses user data or a password. */
function oneLine(text: string): string {
  const line = text
    .replace(/(attribute (?:user_data|adminPass)\. Value: )[\s\S]*/, '$1not shown')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}

/** A connection's error in words. Node gives an AggregateError without a message when every address of a name failed. */
function reasonOf(cause: Error): string {
  const { code } = cause as NodeJS.ErrnoException;
  return cause.message === '' ? (code ?? cause.name) : cause.message;
}
