/** Who has which card of a host: what the host reports, what is claimed, what others booted. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { modelNamed } from '../../../core/card-catalogue.ts';
import type { GpuCard } from '../../../core/gpu-card.ts';
import { type SrmCard, srmCardOf } from '../../../core/srm.ts';
import { type Holding, holdersOf, type WantedCards } from '../../../live/scheduling/holding.ts';

const card = (address: string, model = 'A40'): GpuCard => {
  const { name: _, pciIds: __, powerW: ___, source: ____, ...figures } = modelNamed(model)!;
  return { address, model, sharing: 'passthrough', ...figures };
};
const reported = (each: GpuCard, holder: string): SrmCard => {
  const used = holder === '' ? 0 : 1;
  return srmCardOf(each, {
    memoryUsedMib: each.memoryMib * used,
    coresUsed: each.cores * used,
    serverIds: holder === '' ? [] : [holder],
    healthy: true,
  });
};
const holding = (id: string, serverId: string | null, ...cards: WantedCards[]): Holding => ({
  id,
  serverId,
  host: 'h',
  vcpus: 1,
  ramMib: 1,
  diskGib: 0,
  cards,
});
const cards = [card('a'), card('b'), card('c'), card('t', 'T4')];
const holders = (report: readonly SrmCard[] | null, ...holdings: Holding[]) =>
  Object.fromEntries(holdersOf(cards, report, holdings));

test('a claim has the cards that it was decided with', () => {
  expect(holders(null, holding('r1', null, { model: 'A40', count: 2, addresses: ['a', 'c'] }))).toEqual({
    a: 'r1',
    c: 'r1',
  });
});

test('a server that the host has reported is not counted twice, wherever its cards are', () => {
  const report = cards.map((each) => reported(each, each.address === 'b' ? 's1' : ''));
  const claim = holding('r1', 's1', { model: 'A40', count: 1, addresses: ['a'] });
  expect(holders(report, claim)).toEqual({ b: 's1' });
});

test('a claim whose card somebody else turned out to have takes another one of the model', () => {
  const report = cards.map((each) => reported(each, each.address === 'a' ? 'other' : ''));
  const claim = holding('r1', 's1', { model: 'A40', count: 1, addresses: ['a'] });
  expect(holders(report, claim)).toEqual({ a: 'other', c: 's1' });
});

test("others' servers known only by their alias take the last idle cards of its model, or any where the alias is unknown", () => {
  const known = holding('s1', 's1', { model: 'A40', count: 2, addresses: [] });
  const unknown = holding('s2', 's2', { model: null, count: 1, addresses: [] });
  expect(holders(null, known, unknown)).toEqual({ b: 's1', c: 's1', t: 's2' });
});

test('a card in use whose holder the host does not name is taken', () => {
  const report = cards.map((each) => ({ ...reported(each, each.address === 'a' ? 'x' : ''), serverIds: [] }));
  expect(holders(report)).toEqual({ a: '' });
});

test('as many cards are taken as are held, each once, whatever claims, servers and reports say of where', () => {
  const address = fc.constantFrom('a', 'b', 'c');
  const held = fc.record({
    count: fc.integer({ min: 1, max: 3 }),
    addresses: fc.uniqueArray(address, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(held, { maxLength: 3 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
      (all, where) => {
        // Holder 0 is nobody; the others are the servers of the holdings, as far as the host reports them.
        const report = cards.slice(0, 3).map((each, index) => {
          const holder = where[index] ?? 0;
          return reported(each, holder === 0 || holder > all.length ? '' : `s${holder}`);
        });
        const holdings = all.map(({ count, addresses }, index) =>
          holding(`r${index + 1}`, `s${index + 1}`, { model: 'A40', count, addresses: addresses.slice(0, count) }),
        );
        const taken = [...holdersOf(cards.slice(0, 3), report, holdings).values()];
        const reportedCount = (id: string): number => report.filter(({ serverIds }) => serverIds.includes(id)).length;
        // A holder with more cards in the report than it claims keeps them.
        const wanted = all.reduce((sum, { count }, index) => sum + Math.max(count, reportedCount(`s${index + 1}`)), 0);
        expect(taken.length).toBe(Math.min(3, wanted));
        if (wanted <= 3) {
          all.forEach(({ count }, index) => {
            const id = `s${index + 1}`;
            expect(taken.filter((holder) => holder === id).length).toBe(Math.max(count, reportedCount(id)));
          });
        }
      },
    ),
  );
});
