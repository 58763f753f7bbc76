import { expect, test } from 'vitest';
import type { DesktopState } from '../../../core/wire/portal.ts';
import { Milestones, stepsOf } from '../../../viz/portal/model/progress.ts';
import { desktopView } from '../../browser/portal-samples.ts';

const desktop = (state: DesktopState) => desktopView({ id: 'd', state, createdAtS: 100, readyAtS: null });
const statuses = (state: DesktopState, milestones = new Milestones()): string =>
  stepsOf(desktop(state), milestones)
    .map(({ status }) => status)
    .join(' ');

test('what is before a state is done, what comes after it is ahead', () => {
  expect(statuses('waiting')).toBe('done waiting ahead ahead ahead');
  expect(statuses('scheduled')).toBe('done current ahead ahead ahead');
  expect(statuses('building')).toBe('done done current ahead ahead');
  expect(statuses('starting')).toBe('done done done current ahead');
});

test('one that has been ready shows no steps, whatever became of it', () => {
  expect(stepsOf(desktopView({ state: 'failed', readyAtS: 200 }), new Milestones())).toEqual([]);
  expect(stepsOf(desktopView({ state: 'stopped', readyAtS: 200 }), new Milestones())).toEqual([]);
});

test('one that failed on its way shows where, as far as it was seen', () => {
  const milestones = new Milestones();
  expect(statuses('failed', milestones)).toBe('');
  milestones.note([desktop('waiting')], 100);
  expect(statuses('failed', milestones)).toBe('done failed ahead ahead ahead');
  milestones.note([desktop('building')], 130);
  expect(statuses('failed', milestones)).toBe('done done failed ahead ahead');
});

test('only what began while the page looked has a time', () => {
  const milestones = new Milestones();
  milestones.note([desktop('scheduled')], 110);
  milestones.note([desktop('building')], 130);
  milestones.note([desktop('building')], 140);
  expect(stepsOf(desktop('building'), milestones).map(({ atS }) => atS)).toEqual([100, null, 130, null, null]);
});
