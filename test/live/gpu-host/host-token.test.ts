import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostToken } from '../../../live/gpu-host/host-token.ts';
import { emptyFolder } from './folders.ts';

test('a replaced file is the new token; the environment counts only without a file', () => {
  const file = join(emptyFolder(), 'token');
  writeFileSync(file, 'first\n');
  expect(hostToken(file, { HEPS_AGENT_TOKEN: 'other' })).toBe('first');
  writeFileSync(file, 'second');
  expect(hostToken(file, {})).toBe('second');
  expect(hostToken(undefined, { HEPS_AGENT_TOKEN: 'other' })).toBe('other');
});

test.each(['', 'two words', 'two\nlines', 'umläut'])('%j is no token, and is not shown', (text) => {
  expect(() => hostToken(undefined, { HEPS_AGENT_TOKEN: text })).toThrow(
    /^HEPS_AGENT_TOKEN: expected a token, one line of printable ASCII without spaces$/,
  );
});
