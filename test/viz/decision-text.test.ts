/** What the page says of a decision. */
import { describe, expect, test } from 'vitest';
import type { DecisionColumns } from '../../core/runs/run-file.ts';
import { headline, lifeOf } from '../../viz/model/decision-text.ts';
import { describeRejection } from '../../viz/model/rejection-words.ts';
import { describeAsked, listCards } from '../../viz/model/vm-words.ts';
import { describeChange, describeSmaller } from '../../viz/model/why-text.ts';
import { formatMib, formatSpan, plural } from '../../viz/page/quantity-words.ts';
import { ask, clusterOf } from '../core/build.ts';

const hour = 3600;

/** Decisions of one row: a VM that asked at 10 s. */
function oneRow(row: {
  host: number;
  cards?: string;
  decidedS?: number;
  endS?: number;
  outcome: string;
  reason?: string;
}) {
  const text = (value: string) => ({ texts: [value], rows: [0] });
  const { host, cards = '', decidedS = 10, endS = decidedS + hour, outcome, reason = '' } = row;
  const [startS, ends] = host < 0 ? [null, null] : [decidedS, endS];
  return {
    ...{ id: ['vm-1'], submitS: [10], decidedS: [decidedS], host: [host], startS: [startS], endS: [ends] },
    ...{ cardIndexes: text(cards), outcome: text(outcome), reason: text(reason) },
  } as unknown as DecisionColumns;
}

const cluster = clusterOf({ vcpus: 4, ramMib: 4096 });

describe('headline', () => {
  test.each([
    [{ host: 0, outcome: 'completed' }, 'vm-1 went to host-0'],
    [{ host: 0, cards: '2', outcome: 'completed' }, 'vm-1 went to host-0, card 2'],
    [{ host: 0, cards: '0-1-3', outcome: 'completed' }, 'vm-1 went to host-0, cards 0, 1 and 3'],
    [
      { host: 0, cards: '2', outcome: 'lost', reason: 'host-failed' },
      'vm-1 went to host-0, card 2, and was lost: the host failed after 1 h 00 min',
    ],
    [
      { host: 0, endS: 10, outcome: 'lost', reason: 'card-failed' },
      'vm-1 went to host-0, and was lost: a card failed before it started',
    ],
    [{ host: -1, decidedS: 10 + 4 * hour, outcome: 'gave-up' }, 'vm-1 was turned away: it gave up after 4 h 00 min'],
    [{ host: -1, outcome: 'refused' }, 'vm-1 was turned away: no host had room for it'],
    [{ host: -1, outcome: 'unservable' }, 'vm-1 was turned away: no host could take it, even an empty one'],
  ])('%j', (row, text) => {
    expect(headline(oneRow(row), 0, cluster)).toBe(text);
  });
});

test('a life is told in order of time, and without moments that say nothing', () => {
  expect(lifeOf(oneRow({ host: 0, outcome: 'completed' }), 0)).toEqual([
    { label: 'submitted', atS: 10 },
    { label: 'started', atS: 10 },
    { label: 'ended', atS: 3610 },
  ]);
  expect(lifeOf(oneRow({ host: -1, decidedS: 20, outcome: 'gave-up' }), 0)).toEqual([
    { label: 'submitted', atS: 10 },
    { label: 'turned away', atS: 20 },
  ]);
});

test('what was asked for is said with units', () => {
  expect(describeAsked(ask({ vcpus: 4, ramMib: 16384 }))).toBe('4 vCPUs and 16 GiB RAM, no card');
  expect(
    describeAsked(ask({ vcpus: 1, ramMib: 512, diskGib: 200, cards: 2, cardMemoryMib: 24576, cardModels: ['A', 'B'] })),
  ).toBe('1 vCPU, 512 MiB RAM, 200 GiB disk and 2 cards with at least 24 GiB each (A or B)');
});

test('quantities have no more digits than they need', () => {
  expect([formatMib(22000), formatMib(1023), formatMib(81920)]).toEqual(['21.5 GiB', '1,023 MiB', '80 GiB']);
  expect([45, 600, 725, 14_400, 273_600].map(formatSpan)).toEqual([
    '45 s',
    '10 min',
    '12 min 05 s',
    '4 h 00 min',
    '3 d 04 h',
  ]);
  expect([plural(1, 'card'), plural(2, 'card'), plural(1250, 'host')]).toEqual(['1 card', '2 cards', '1,250 hosts']);
  expect([listCards([]), listCards([2]), listCards([0, 3])]).toEqual(['', 'card 2', 'cards 0 and 3']);
});

test('one host lacks, several lack', () => {
  expect(describeRejection('vcpus', 182)).toBe('182 lack free vCPUs');
  expect(describeRejection('vcpus', 1)).toBe('1 lacks free vCPUs');
  expect(describeRejection('card-memory', 52)).toBe('52 have cards with too little memory');
});

test('changes are told as more, less or instead', () => {
  expect(describeChange({ quantity: 'vcpus', change: 1 })).toBe('1 more free vCPU');
  expect(describeChange({ quantity: 'vcpus', change: -10 })).toBe('10 fewer free vCPUs');
  expect(describeChange({ quantity: 'ramMib', change: -8192 })).toBe('8 GiB less of free RAM');
  const asked = ask({ cards: 2, cardMemoryMib: 40960, cardModels: ['large'] });
  const smaller = (request: Partial<typeof asked>) => ({ request: { ...asked, ...request }, hosts: 1, host: 0 });
  expect(describeSmaller(asked, { field: 'cardMemoryMib', ...smaller({ cardMemoryMib: 16384 }) })).toBe(
    '16 GiB of card memory instead of 40 GiB',
  );
  expect(describeSmaller(asked, { field: 'cards', ...smaller({ cards: 1 }) })).toBe('1 card instead of 2');
  expect(describeSmaller(asked, { field: 'cardModels', ...smaller({ cardModels: [] }) })).toBe(
    'any model instead of large',
  );
});
