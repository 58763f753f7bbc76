import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VmRequest } from '../../../core/request.ts';
import { SizedRequests } from '../../../sim/cloud/sized-requests.ts';
import { anyRequest } from '../../core/build.ts';

const sizeOf = ({ vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels }: VmRequest): string =>
  JSON.stringify([vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels]);

test('requests of one size share one object while some VM has it, and those of different sizes do not', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyRequest, fc.boolean()), { maxLength: 200, size: 'max' }), (steps) => {
      const sizes = new SizedRequests(String);
      const held = new Map<string, object>();
      for (const [request, isKept] of steps) {
        const size = sizes.take(request);
        expect(sizeOf(size)).toBe(sizeOf(request));
        const known = held.get(sizeOf(request));
        if (known !== undefined) expect(size).toBe(known);
        if (isKept) held.set(sizeOf(request), size);
        else size.users--;
      }
    }),
  );
});

test('sizes that come and go leave nothing behind, and those that stay are found again', () => {
  const request = (ramMib: number): VmRequest => ({
    ...{ id: '', vcpus: 1, ramMib, diskGib: 0 },
    ...{ cards: 0, cardMemoryMib: 0, cardCores: 0, cardModels: [] },
  });
  const sizes = new SizedRequests((slot) => `vm-${slot}`);
  const kept = Array.from({ length: 100 }, (_, ramMib) => sizes.take(request(ramMib)));
  for (let ramMib = 1000; ramMib < 20_000; ramMib++) sizes.take(request(ramMib)).users--;
  expect(kept.map((_, ramMib) => sizes.take(request(ramMib)))).toEqual(kept);
  kept[7]!.slot = 3;
  expect(kept[7]!.id).toBe('vm-3');
});
