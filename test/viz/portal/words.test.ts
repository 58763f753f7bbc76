import { describe, expect, test } from 'vitest';
import {
  atWords,
  clockWords,
  dateTimeWords,
  graphicsWords,
  lifetimeChoices,
  lifetimeWords,
  listWords,
  roughSpan,
  sizeWords,
} from '../../../viz/portal/model/words.ts';

/** Seconds of a local time in November 2026; the 27th is a Friday. */
const local = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime() / 1000;

describe('times', () => {
  const nowS = local(27, 22, 50);

  test.each([
    [local(27, 23, 5), '23:05', 'at 23:05'],
    [local(28, 0, 5), 'tomorrow 00:05', 'tomorrow at 00:05'],
    [local(26, 23, 59), 'yesterday 23:59', 'yesterday at 23:59'],
    [local(30, 9, 0), 'Mon 30 Nov 09:00', 'on Mon 30 Nov at 09:00'],
  ])('%d is named by its day, as the reader’s clock shows it', (atS, alone, inSentence) => {
    expect(clockWords(atS, nowS)).toBe(alone);
    expect(atWords(atS, nowS)).toBe(inSentence);
  });

  test('a record has its whole date and its second, today as well', () => {
    expect(dateTimeWords(local(7, 9, 5) + 3)).toBe('2026-11-07 09:05:03');
  });

  test.each([
    [59, 'less than a minute'],
    [89, '1 min'],
    [7 * 3600 + 20, '7 h'],
    [12_000, '3 h 20 min'],
    [2 * 86_400, '2 d'],
    [2 * 86_400 + 4 * 3600, '2 d 04 h'],
  ])('%d s is told as %s', (seconds, words) => {
    expect(roughSpan(seconds)).toBe(words);
  });
});

test('a lifetime is chosen among the usual ones, the proposed one and the longest', () => {
  expect(lifetimeChoices(6 * 3600, 3 * 86_400).map(lifetimeWords)).toEqual([
    '1 h',
    '4 h',
    '6 h',
    '8 h',
    '1 day',
    '2 days',
    '3 days',
  ]);
  expect(lifetimeChoices(0, 1800).map(lifetimeWords)).toEqual(['30 min']);
});

test('cards are told by what was asked for until it is known which they are', () => {
  const desktop = { size: { vcpus: 1, ramMib: 2048, diskGib: 20 }, gpu: { count: 2, memoryMib: 49_152 } };
  expect(sizeWords({ ...desktop, cardModels: [] })).toEqual([
    '1 vCPU',
    '2 GiB memory',
    '20 GiB disk',
    '2 cards with 48 GiB',
  ]);
  expect(sizeWords({ ...desktop, cardModels: ['A40', 'A40'] }).at(-1)).toBe('2 × A40');
  expect(sizeWords({ ...desktop, gpu: { count: 0, memoryMib: 0 }, cardModels: [] }).length).toBe(3);
});

test('names are listed as in a sentence', () => {
  expect([[], ['chen'], ['chen', 'li'], ['chen', 'li', 'wang']].map(listWords)).toEqual([
    '',
    'chen',
    'chen and li',
    'chen, li and wang',
  ]);
});

test('what is asked of cards, in words', () => {
  expect(graphicsWords({ count: 1, memoryMib: 24_576 })).toBe('1 graphics card with 24 GiB or more');
  expect(graphicsWords({ count: 2, memoryMib: 24_576, cores: 5000 })).toBe(
    '2 graphics cards with 24 GiB or more and 5000 cores or more',
  );
  expect(graphicsWords({ count: 1, memoryMib: 0, models: ['A40', 'L40S'] })).toBe('1 graphics card, A40 or L40S');
});
