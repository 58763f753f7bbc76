/** Watchers that do not read are let go, and cost no memory meanwhile; those who come back have what they missed. */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { SrmRegistry } from '../../../live/srm/registry.ts';
import { WatchHub } from '../../../live/srm/watch-hub.ts';
import { Simulator } from '../../../sim/engine/engine.ts';
import { noRecords, reportOf } from './build.ts';

/** A response whose reader takes nothing after the first `takes` writes. */
class Reader extends EventEmitter {
  written: string[] = [];
  destroyed = false;
  readonly takes: number;

  constructor(takes: number) {
    super();
    this.takes = takes;
  }
  get writableNeedDrain(): boolean {
    return this.written.length >= this.takes;
  }
  writeHead(): void {}
  write(part: string | Buffer): void {
    this.written.push(String(part));
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

async function emptyRegistry(): Promise<SrmRegistry> {
  const store = noRecords;
  const registry = new SrmRegistry({ store, clock: { nowS: 1 }, intervalS: 10, commit: { lingerMs: 0 } });
  await registry.load();
  return registry;
}

/** A hub whose clock goes on by `pass`. */
function hubOf(registry: SrmRegistry) {
  const clock = new Simulator();
  const pass = (seconds: number): void => clock.advance(clock.nowS + seconds, 1);
  return { hub: new WatchHub(registry, { epoch: 'e', clock }), pass };
}

test('who takes nothing is written nothing more, and let go after four beats; who reads goes on', async () => {
  const registry = await emptyRegistry();
  const { hub, pass } = hubOf(registry);
  const [slow, quick] = [new Reader(3), new Reader(Number.POSITIVE_INFINITY)];
  for (const reader of [slow, quick]) hub.attach(reader as unknown as ServerResponse, undefined);
  for (let sequence = 1; sequence <= 20; sequence++) {
    const report = reportOf('gpu-01', sequence, { vcpusUsed: sequence });
    await registry.report(report, sequence - 1, { tokenId: 1, requestId: '' });
    pass(0.25);
  }
  expect(slow.written.length).toBeLessThanOrEqual(3);
  expect(quick.written.join('')).toContain('"vcpusUsed":20');
  for (let beat = 1; beat <= 4; beat++) {
    expect(slow.destroyed).toBe(false);
    pass(15);
  }
  expect([slow.destroyed, quick.destroyed, hub.watchers]).toEqual([true, false, 1]);
});

test('what changed while nobody watched is there for who comes back, with the states and ids of then', async () => {
  const registry = await emptyRegistry();
  const { hub, pass } = hubOf(registry);
  for (let sequence = 1; sequence <= 3; sequence++) {
    const report = reportOf('gpu-01', sequence, { vcpusUsed: sequence });
    await registry.report(report, sequence - 1, { tokenId: 1, requestId: '' });
    pass(0.25);
  }
  const readers = [1, 2].map((last) => {
    const reader = new Reader(Number.POSITIVE_INFINITY);
    hub.attach(reader as unknown as ServerResponse, `e-${last}`);
    const written = reader.written.join('');
    return [...written.matchAll(/id: (e-\d+)|"vcpusUsed":(\d+)/g)].map(([, id, used]) => id ?? Number(used));
  });
  expect(readers).toEqual([
    ['e-2', 2, 'e-3', 3],
    ['e-3', 3],
  ]);
});
