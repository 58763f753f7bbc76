/** A policy from a file, wrapped: it decides as the policy itself does, and what it does wrong names it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardedFactory } from '../../../core/policies/guarded.ts';
import { leastCard } from '../../../core/policies/least-card.ts';
import { createPolicy, type Policy } from '../../../core/policy.ts';
import { explain, schedule } from '../../../core/scheduler.ts';
import { anyHosts, anyRequest, anySteps, ask, card, clusterOf, large, play, policyNamed } from '../build.ts';

const own = { ...leastCard, name: 'own', create: () => ({ ...policyNamed('least-card'), name: 'own' }) };

test('a wrapped policy decides and explains as the policy itself, after any history', () => {
  const guarded = createPolicy(guardedFactory(own, './own.ts'));
  fc.assert(
    fc.property(anyHosts, anySteps, anyRequest, (hosts, steps, request) => {
      const { cluster } = play(hosts, steps, guarded);
      expect(schedule(cluster, request, guarded)).toEqual(schedule(cluster, request, own.create()));
      expect(explain(cluster, request, guarded)).toEqual(explain(cluster, request, own.create()));
    }),
  );
});

describe('what a policy does wrong names its file, the policy and where', () => {
  const cluster = clusterOf({ vcpus: 4, ramMib: 4096, cards: [card(large)] });
  const request = ask({ id: 'vm-1', cards: 1 });
  const policyWith = (fields: Partial<Policy>): Policy => {
    const create = () => ({ ...policyNamed('first-fit'), name: 'own', ...fields });
    return createPolicy(guardedFactory({ name: 'own', summary: 'own', create }, './own.ts', () => ':3:1'));
  };
  const unknownReason = { name: 'Odd', reject: () => 'odd' as 'vcpus' };
  test.each<[string, Partial<Policy>, string]>([
    [
      'a score that is no number',
      { score: () => Number.NaN },
      'score() for VM vm-1 on host host-0: expected a number, got "NaN"',
    ],
    [
      'a tier that is no number',
      { tier: () => Number.NaN },
      'tier() for VM vm-1 on host host-0: expected a number, got "NaN"',
    ],
    [
      'a card that the host does not have',
      { cards: () => [1] },
      'cards() for VM vm-1 on host host-0: expected the numbers of 1 of its cards, ascending, got [1]',
    ],
    ['too few cards', { cards: () => [] }, 'expected the numbers of 1 of its cards, ascending, got []'],
    [
      'an unknown reason',
      { filters: [unknownReason] },
      'filter Odd() for VM vm-1 on host host-0: expected nothing, or one of excluded, host-down',
    ],
  ])('%s', (_, fields, message) => {
    expect(() => schedule(cluster, request, policyWith(fields))).toThrow(message);
  });

  test('terms that are no numbers', () => {
    const policy = policyWith({ terms: () => ({ a: 'b' as unknown as number }) });
    expect(() => explain(cluster, request, policy)).toThrow(
      'terms() for VM vm-1 on host host-0: expected numbers by name',
    );
  });

  test('whatever it throws', () => {
    const policy = policyWith({
      prepare() {
        throw new TypeError('none');
      },
    });
    expect(() => schedule(cluster, request, policy)).toThrow(
      './own.ts:3:1: policy own failed in prepare() for VM vm-1: TypeError: none',
    );
  });
});
