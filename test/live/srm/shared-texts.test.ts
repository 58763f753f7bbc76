import { expect, test } from 'vitest';
import { SharedTexts } from '../../../live/srm/shared-texts.ts';

test('an equal text comes back for each one, whatever was forgotten meanwhile', () => {
  const texts = new SharedTexts();
  const of = (index: number): string => `{"vcpus":${index}}`;
  for (const round of [1, 2]) {
    for (let index = 0; index < 2_500; index++) expect(texts.share(of(index)), `round ${round}`).toBe(of(index));
  }
});
