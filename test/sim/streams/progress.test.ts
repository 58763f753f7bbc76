import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { filter, firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { compare } from '../../../sim/runs/compare.ts';
import { compare$, simulate$ } from '../../../sim/streams/progress.ts';
import { temporaryDirectory } from '../build.ts';

const small = { cluster: 'heps-test-3', days: 1, load: 0.02 } as const;

test('a comparison tells progress, then its result, and completes', async () => {
  const options = { ...small, policies: ['hybrid'], seeds: [1, 2], threads: 1 } as const;
  const updates = await lastValueFrom(compare$(options).pipe(toArray()));
  expect(updates.slice(0, -1).every(({ kind }) => kind === 'progress')).toBe(true);
  expect(updates.at(-2)).toMatchObject({ progress: { stage: 'runs', share: 1, finished: 2, total: 2 } });
  const last = updates.at(-1)!;
  const summaries = last.kind === 'result' ? last.result.runs.map(({ summary }) => summary) : [];
  expect(summaries).toEqual((await compare(options)).runs.map(({ summary }) => summary));
});

test('who unsubscribes at the first progress stops the simulation, and no file is left', async () => {
  const folder = temporaryDirectory();
  const out = join(folder, 'a.run.json');
  const run = simulate$({ ...small, days: 20, load: 1, out });
  await firstValueFrom(
    run.pipe(
      filter(({ kind }) => kind === 'progress'),
      take(1),
    ),
  );
  await expect.poll(() => readdirSync(folder)).toEqual([]);
});

test('nothing runs before somebody subscribes', () => {
  expect(() => compare$({ policies: ['no such policy'] })).not.toThrow();
});
