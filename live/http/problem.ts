/** Problem details (RFC 9457): how the API says that something went wrong. */
import type { ServerResponse } from 'node:http';

/** Thrown while answering a request; the caller gets `detail` and `members`. */
export class Problem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** More members of the answer, such as the version that was expected. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    detail: string,
    {
      headers = {},
      members = {},
    }: { headers?: Readonly<Record<string, string>>; members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.headers = headers;
    this.members = members;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Body too large',
  415: 'Unsupported media type',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

/** Answers with a problem; a response that has begun can only be broken off. */
export function sendProblem(response: ServerResponse, problem: Problem, requestId: string): void {
  if (response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, message, headers, members } = problem;
  const body = {
    type: 'about:blank',
    title: titles[status] ?? 'Error',
    status,
    detail: message,
    requestId,
    ...members,
  };
  if (isForPerson(response)) {
    sendText(response, status, problemPage(body.title, message), 'text/html; charset=utf-8', headers);
    return;
  }
  sendText(response, status, JSON.stringify(body), 'application/problem+json', headers);
}

/** Whether a browser shows the answer to a person, who cannot read JSON. */
function isForPerson({ req }: ServerResponse): boolean {
  return req.method === 'GET' && (req.headers.accept?.includes('text/html') ?? false);
}

function problemPage(title: string, detail: string): string {
  const [shownTitle, shownDetail] = [title, detail].map((text) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
  );
  return [
    '<!doctype html>',
    '<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta name="color-scheme" content="light dark"><title>${shownTitle}</title>`,
    `<h1>${shownTitle}</h1><p>${shownDetail}</p><p><a href="/portal/">To the portal</a></p></html>`,
  ].join('\n');
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, value: unknown): void {
  sendText(response, 200, JSON.stringify(value), 'application/json');
}

/** Answers with a text of that type, unless the request was answered meanwhile: its time limit was over. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type: string,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  if (response.writableEnded) return;
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text), ...headers });
  response.end(text);
}
