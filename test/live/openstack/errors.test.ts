/** What the message of a refusal says, by the forms in which the services write it; bodies as a Zed cloud sent them. */
import { describe, expect, test } from 'vitest';
import {
  isConcurrentUpdate,
  isNotFound,
  mayHaveTakenEffect,
  NoAnswerError,
  OpenStackError,
  UnreadableAnswerError,
} from '../../../live/openstack/errors.ts';

const refusal = (status: number, body: string, requestId: string | null = null) =>
  new OpenStackError('compute', 'POST /servers', status, body, requestId, null);

describe('the message', () => {
  test.each([
    ['Nova', 403, '{"forbidden": {"code": 403, "message": "Quota exceeded for cores"}}', 'Quota exceeded for cores'],
    [
      'Keystone',
      401,
      '{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}',
      'The request you have made requires authentication.',
    ],
    [
      'Placement',
      409,
      '{"errors": [{"status": 409, "title": "Conflict", "detail": "resource provider generation conflict", "code": "placement.concurrent_update"}]}',
      'resource provider generation conflict',
    ],
    [
      'Glance',
      404,
      '<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  No image found<br /><br />\n </body>\n</html>',
      '404 Not Found No image found',
    ],
    ['a proxy', 502, 'Bad\r\n  Gateway', 'Bad Gateway'],
    ['nobody', 500, '', 'without a message'],
    ['a service that says nothing', 500, '{"computeFault": {}}', 'without a message'],
  ])('of %s', (_, status, body, said) => {
    expect(refusal(status, body).message).toBe(`compute: POST /servers: ${status} ${said}`);
  });

  test('the message has the request id, and is one line of limited length', () => {
    const { message } = refusal(400, `{"badRequest": {"message": "${'long '.repeat(1000)}"}}`, 'req-1');
    expect(message).toMatch(/^compute: POST \/servers: 400 long .*\.\.\. \(req-1\)$/);
    expect(message.length).toBeLessThan(400);
  });
});

test('only a 409 of that code is a concurrent update; only a 404 is not found', () => {
  const conflict = '{"errors": [{"code": "placement.concurrent_update"}]}';
  expect([refusal(409, conflict), refusal(400, conflict), refusal(409, '{}'), null].map(isConcurrentUpdate)).toEqual([
    ...[true, false, false, false],
  ]);
  expect([refusal(404, ''), refusal(403, ''), new Error('404')].map(isNotFound)).toEqual([true, false, false]);
});

test('what may have been done all the same: no answer after sending, a server error, an answer not understood', () => {
  const lost = (mayHaveArrived: boolean) =>
    new NoAnswerError('compute', 'POST /servers', mayHaveArrived, new Error('x'));
  const may = [lost(true), refusal(500, ''), refusal(503, ''), new UnreadableAnswerError('a', 'b', new Error('x'))];
  expect(may.map(mayHaveTakenEffect)).toEqual([true, true, true, true]);
  const not = [lost(false), refusal(400, ''), refusal(409, ''), refusal(429, ''), new Error('x')];
  expect(not.map(mayHaveTakenEffect)).toEqual([false, false, false, false, false]);
});
