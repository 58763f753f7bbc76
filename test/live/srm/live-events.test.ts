/** What a browser that watches is sent, and when. */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { LiveEvents } from '../../../live/srm/live-events.ts';
import { SrmRegistry } from '../../../live/srm/registry.ts';
import { Simulator } from '../../../sim/engine/engine.ts';
import { noRecords, reportOf } from './build.ts';

/** A browser: what it was sent, as name and data. */
class Viewer extends EventEmitter {
  sent: { readonly event: string; readonly data: Record<string, unknown> }[] = [];
  writableLength = 0;
  isEnded = false;
  destroyed = false;

  get events(): string[] {
    return this.sent.map(({ event }) => event);
  }
  writeHead(): void {}
  write(part: Buffer): void {
    const [, event, data] = /^event: (.*)\ndata: (.*)\n\n$/.exec(String(part))!;
    this.sent.push({ event: event!, data: JSON.parse(data!) });
  }
  end(): void {
    this.isEnded = true;
    this.emit('close');
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

async function start() {
  const store = noRecords;
  const clock = new Simulator();
  const registry = new SrmRegistry({ store, clock, intervalS: 10, commit: { lingerMs: 0 } });
  await registry.load();
  const events = new LiveEvents(registry, clock, 'hybrid');
  let sequence = 0;
  return {
    events,
    pass: (seconds: number): void => clock.advance(clock.nowS + seconds, 1),
    report: async (host: string, vcpusUsed: number): Promise<void> => {
      const version = registry.hosts.get(host)?.version ?? 0;
      await registry.report(reportOf(host, ++sequence, { vcpusUsed }), version, { tokenId: 1, requestId: '' });
    },
    view(): Viewer {
      const viewer = new Viewer();
      expect(events.attach(viewer as unknown as ServerResponse)).toBe(true);
      return viewer;
    },
  };
}

test('a viewer has a snapshot, the changes of each second together, and a tick every five seconds', async () => {
  const { events, pass, report, view } = await start();
  expect(events.attach(new Viewer() as unknown as ServerResponse)).toBe(false);
  await report('gpu-01', 1);
  await report('gpu-02', 1);
  const viewer = view();
  await report('gpu-01', 2);
  await report('gpu-02', 2);
  await report('gpu-01', 3);
  pass(1);
  expect(viewer.events).toEqual(['snapshot', 'change']);
  expect((viewer.sent[1]!.data.hosts as unknown[]).length).toBe(2);
  pass(9);
  expect(viewer.events).toEqual(['snapshot', 'change', 'tick', 'tick']);
});

test('a host that is new ends the streams, and who connects then has it', async () => {
  const { events, pass, report, view } = await start();
  await report('gpu-01', 1);
  const viewer = view();
  await report('gpu-02', 1);
  pass(1);
  expect([viewer.events, viewer.isEnded, events.viewers]).toEqual([['snapshot'], true, 0]);
  expect(view().sent[0]!.data.hosts as unknown[]).toHaveLength(2);
});

test('who does not read is let go, and others are not; after the last nothing is gathered', async () => {
  const { events, pass, report, view } = await start();
  await report('gpu-01', 1);
  const [slow, quick] = [view(), view()];
  slow.writableLength = 10 * 2 ** 20;
  await report('gpu-01', 2);
  pass(1);
  expect([slow.destroyed, quick.destroyed, quick.events, events.viewers]).toEqual([
    true,
    false,
    ['snapshot', 'change'],
    1,
  ]);
  await report('gpu-01', 3);
  quick.destroy();
  await report('gpu-01', 4);
  const next = view();
  pass(4);
  // It has the newest state from its snapshot on.
  expect(next.events).toEqual(['snapshot']);
  events.close();
  expect([next.isEnded, events.viewers]).toEqual([true, 0]);
});
