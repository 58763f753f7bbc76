/** Losses and waits on RxJS's virtual time, in milliseconds. */
import { concat, NEVER, type Observable, of, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect, test } from 'vitest';
import { reconnecting } from '../../../live/watch/reconnecting.ts';
import { StreamRefused } from '../../../live/watch/server-sent-events.ts';

const lost$ = throwError(() => new Error('lost'));

/** Connects to each of the streams in turn, for that many virtual seconds. @returns what happened, with its time in seconds */
function follow(streams: readonly Observable<string>[], seconds: number, mostWaitS?: number): [number, string][] {
  const scheduler = new TestScheduler(() => {});
  scheduler.maxFrames = seconds * 1000;
  const happened: [number, string][] = [];
  const note = (what: string): void => void happened.push([scheduler.now() / 1000, what]);
  let tries = 0;
  const onLost = ({ message }: Error, waitS: number): void => note(`${message}, next try in ${waitS} s`);
  const stream = reconnecting(() => streams[tries++] ?? NEVER, { scheduler, onLost, mostWaitS });
  const subscription = stream.subscribe({ next: note, error: ({ message }: Error) => note(`error: ${message}`) });
  scheduler.flush();
  subscription.unsubscribe();
  return happened;
}

test('a lost connection is made again after one second', () => {
  expect(follow([concat(of('a'), lost$), of('b')], 1.5)).toEqual([
    [0, 'a'],
    [0, 'lost, next try in 1 s'],
    [1, 'b'],
    [1, 'the server ended the stream, next try in 1 s'],
  ]);
});

test('waits double up to the ceiling while nothing is heard, and start from the first once something is', () => {
  const heard = concat(of('a'), lost$);
  const waits = follow([lost$, lost$, lost$, lost$, lost$, heard, lost$], 30, 6).map(([, what]) => what);
  expect(waits).toEqual([
    ...[1, 2, 4, 6, 6].map((waitS) => `lost, next try in ${waitS} s`),
    'a',
    ...[1, 2].map((waitS) => `lost, next try in ${waitS} s`),
  ]);
});

test('a connection on which nothing is heard for a minute is given up', () => {
  expect(follow([concat(of('a'), NEVER)], 90)).toEqual([
    [0, 'a'],
    [60, 'nothing was heard for 60 s, next try in 1 s'],
  ]);
});

test('a refused token is an error at once, without another try', () => {
  const refused$ = throwError(() => new StreamRefused(403, 'expected a token of the role reader'));
  expect(follow([concat(of('a'), lost$), refused$, of('b')], 90)).toEqual([
    [0, 'a'],
    [0, 'lost, next try in 1 s'],
    [1, 'error: expected a token of the role reader'],
  ]);
});
