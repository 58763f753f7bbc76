import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addRunOptions, decisionPlanOf, type RunOptions } from '../../../sim/terminal/options.ts';
import { addPolicyOptions } from '../../../sim/terminal/policy-options.ts';

/** The plan of those words on the command line. */
function planOf(...words: readonly string[]) {
  const command = addPolicyOptions(addRunOptions(new Command()))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command.parse(words, { from: 'user' });
  return decisionPlanOf(command.opts<RunOptions>(), 'hybrid', 1);
}

test('options that came later are left out where they are at their defaults, so that run files stay as they were', () => {
  const { policyOptions, cloud } = planOf();
  expect(policyOptions).toEqual({ similarity: 'normalised' });
  expect(Object.keys(cloud)).not.toContain('schedulers');
  const spelled = planOf(
    '--gpu-score',
    'both',
    '--spill',
    'allowed',
    '--reserve-vcpus-per-card',
    '0',
    '--schedulers',
    '1',
  );
  expect(spelled).toEqual(planOf());
});

test('what is not at its default is in the plan', () => {
  const words =
    '--gpu-score card --spill never --reserve-vcpus-per-card 6 --reserve-ram-mib-per-card 32768 --schedulers 4';
  const { policyOptions, cloud } = planOf(...words.split(' '));
  expect(policyOptions).toEqual({
    similarity: 'normalised',
    gpuScore: 'card',
    spill: 'never',
    reserveVcpusPerCard: 6,
    reserveRamMibPerCard: 32768,
  });
  expect(cloud.schedulers).toBe(4);
});

test.each([
  [['--gpu-score', 'fast'], 'Allowed choices are both, card, similarity'],
  [['--spill', 'seldom'], 'Allowed choices are allowed, never'],
  [['--reserve-vcpus-per-card', '-1'], 'Expected a number of at least 0'],
  [['--schedulers', '0'], 'Expected a whole number of at least 1'],
])('%o is refused in one line', (words, message) => {
  expect(() => planOf(...words)).toThrow(message);
});
