import { describe, expect, test } from 'vitest';
import { checkLiveChange, checkLiveSnapshot, checkLiveTick } from '../../../core/wire/live-stream.ts';
import { liveSnapshot, liveVm } from './live-build.ts';

const parsed = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a snapshot', () => {
  test('a snapshot comes through unchanged when all of it is right', () => {
    expect(checkLiveSnapshot(parsed(liveSnapshot()))).toEqual(liveSnapshot());
  });

  test('of another version is refused with what to do', () => {
    expect(() => checkLiveSnapshot({ format: 'heps-live/2' })).toThrow(
      'snapshot.format: expected heps-live/1 (the server has another version: reload the page from it), got "heps-live/2"',
    );
    expect(() => checkLiveSnapshot({ format: 'heps-run/1' })).toThrow('expected heps-live/1, got "heps-run/1"');
  });

  test.each([
    [{ heartbeatS: 0 }, 'snapshot.heartbeatS: expected a number above 0, got 0'],
    [{ srmIntervall: 4 }, 'snapshot.srmIntervall: expected one of the fields'],
    [{ vms: [{ ...liveVm(), host: -1 }] }, 'snapshot.vms[0].host: expected a whole number of at least 0, got -1'],
    [{ vms: [{ ...liveVm(), user: undefined }] }, 'snapshot.vms[0].user: expected a text, got nothing'],
    [{ hosts: [{ up: 1 }] }, 'snapshot.hosts[0].up: expected true or false, got 1'],
    [{ cluster: null }, 'snapshot.cluster: expected an object, got null'],
  ])('with %j is refused, naming the field', (wrong, message) => {
    expect(() => checkLiveSnapshot(parsed({ ...liveSnapshot(), ...wrong }))).toThrow(message);
  });
});

describe('a change', () => {
  test('a change keeps only the parts that it has', () => {
    const change = { sequence: 8, atS: 1001, hosts: [{ host: 1, srmObservedAtS: null }], ended: ['vm-1'] };
    expect(checkLiveChange(parsed(change))).toEqual(change);
  });

  test('with a field that nothing reads is refused', () => {
    expect(() => checkLiveChange({ sequence: 8, atS: 1, bonud: [] })).toThrow(
      'change.bonud: expected one of the fields',
    );
  });

  test('a change names the place of what is wrong', () => {
    expect(() => checkLiveChange({ sequence: 8, atS: 1, bound: [liveVm(), { ...liveVm(), vcpus: '4' }] })).toThrow(
      'change.bound[1].vcpus: expected a number above 0, got "4"',
    );
  });
});

test('a tick has the time and the last sequence', () => {
  expect(checkLiveTick({ sequence: 8, atS: 1001 })).toEqual({ sequence: 8, atS: 1001 });
  expect(() => checkLiveTick({ atS: 1001 })).toThrow('tick.sequence');
});
