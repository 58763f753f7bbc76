import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inLanes } from '../../../sim/runs/lanes.ts';

/** Lets other lanes go on. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

test('results stand in the order of the items, never more are under way than there are lanes, and each is begun in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(8), { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), async (items, lanes) => {
      let [underWay, most] = [0, 0];
      const begun: number[] = [];
      const results = await inLanes(items, lanes, async (item, index) => {
        begun.push(index);
        most = Math.max(most, ++underWay);
        await turns(item);
        underWay--;
        return `${index} ${item}`;
      });
      expect(results).toEqual(items.map((item, index) => `${index} ${item}`));
      expect(most).toBeLessThanOrEqual(lanes);
      expect(begun).toEqual(items.map((_, index) => index));
    }),
  );
});

test('after a failure nothing else is begun, and what is under way has ended when the error comes', async () => {
  const [begun, ended]: [string[], string[]] = [[], []];
  const work = async (item: string): Promise<void> => {
    begun.push(item);
    await turns(item === 'long' ? 20 : 1);
    if (item === 'wrong') throw new Error('wrong');
    ended.push(item);
  };
  await expect(inLanes(['long', 'wrong', 'third', 'fourth'], 2, work)).rejects.toThrow('wrong');
  expect([begun, ended]).toEqual([['long', 'wrong'], ['long']]);
});
