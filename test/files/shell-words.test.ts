/** Printed commands mean in a shell what they say. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellWord } from '../../files/shell-words.ts';

test('a shell reads every word back as it was', () => {
  const words = fc.sample(
    fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0')),
    300,
  );
  words.push('my runs/$(date) x.run.json', "it's", 'a"b', 'a\nb', '-n', '~', '*', '!', '`id`', '');
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' });
  expect(printed.split('\0').slice(0, -1)).toEqual(words);
});

test('a plain path stands bare', () => {
  expect(shellWord('runs/heps-250_heps-30d_hybrid_seed1.run.json')).toBe(
    'runs/heps-250_heps-30d_hybrid_seed1.run.json',
  );
});
