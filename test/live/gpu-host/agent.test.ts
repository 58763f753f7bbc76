import { expect, test } from 'vitest';
import type { Clock } from '../../../core/clock.ts';
import {
  type AgentOptions,
  type Outcome,
  type Report,
  runAgent,
  sendReport,
  sequenceNumbers,
} from '../../../live/gpu-host/agent.ts';
import type { Observation } from '../../../live/gpu-host/observation.ts';

interface Sent {
  atS: number;
  version: string | null;
  vcpusUsed: number;
  sequence: number;
}

const startS = 1_000_000;

/** Runs an agent with 10 s between readings for `untilS` seconds, in no time: waiting moves the clock. */
async function runFor(
  untilS: number,
  answer: (sent: Sent, count: number) => Outcome,
  options: { vcpusUsed?: (atS: number) => number; warnings?: (atS: number) => string[]; random?: () => number } = {},
): Promise<{ sent: Sent[]; log: string[] }> {
  const stop = new AbortController();
  const sent: Sent[] = [];
  const log: string[] = [];
  let nowS = startS;
  const clock: Clock = {
    get nowS() {
      return nowS;
    },
    after(delayS, action) {
      nowS += delayS;
      if (nowS - startS > untilS) stop.abort();
      queueMicrotask(action);
      return () => {};
    },
  };
  const observe: AgentOptions['observe'] = async (atS, sequence) =>
    observation(atS, sequence, options.vcpusUsed?.(atS - startS) ?? 4, options.warnings?.(atS - startS) ?? []);
  await runAgent({
    observe,
    send: async ({ record }, version) => {
      sent.push({ atS: nowS - startS, version, vcpusUsed: record.vcpusUsed, sequence: record.sequence });
      return answer(sent.at(-1)!, sent.length);
    },
    clock,
    random: options.random ?? (() => 0.999_999_999),
    log: (line) => log.push(line),
    intervalS: 10,
    signal: stop.signal,
  });
  return { sent, log };
}

function observation(observedAtS: number, sequence: number, vcpusUsed: number, warnings: string[] = []): Observation {
  return {
    inventory: { vcpus: 64, ramMib: 262144, diskGib: 0, cards: [] },
    record: { host: 'gpu-001', observedAtS, sequence, vcpusUsed, ramUsedMib: 0, diskUsedGib: 0, cards: [] },
    warnings,
  };
}

const taken = (_: Sent, count: number): Outcome => ({ kind: 'taken', version: `v${count}` });
const times = (sent: Sent[]): number[] => sent.map(({ atS }) => Math.round(atS));

test('an unchanged host reports at once and then at every second interval, each time as successor of the last', async () => {
  const { sent, log } = await runFor(60, taken);
  expect(times(sent)).toEqual([0, 20, 40, 60]);
  expect(sent.map(({ version }) => version)).toEqual([null, 'v1', 'v2', 'v3']);
  expect(log).toEqual(['the registry takes the reports of gpu-001']);
});

test('a change is sent with the reading that finds it', async () => {
  const { sent } = await runFor(45, taken, { vcpusUsed: (atS) => (atS < 25 ? 4 : 8) });
  expect(sent.map(({ atS, vcpusUsed }) => [atS, vcpusUsed])).toEqual([
    [0, 4],
    [20, 4],
    [30, 8],
  ]);
});

test('while the registry is away the waits double up to a minute; what is sent then is the newest reading', async () => {
  const away = (sent: Sent): Outcome =>
    sent.atS < 200 ? { kind: 'unavailable', reason: 'ECONNREFUSED' } : { kind: 'taken', version: '1' };
  const { sent, log } = await runFor(250, away, { vcpusUsed: (atS) => Math.floor(atS) });
  // 1, 2, 4, 8, 16, 32, then 60 s each.
  expect(times(sent)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  expect(sent.at(-1)!.vcpusUsed).toBe(Math.floor(sent.at(-1)!.atS));
  expect(log[0]).toBe('ECONNREFUSED; trying again in 1.0 s');
  expect(log.at(-1)).toBe('the registry takes the reports of gpu-001');
});

test('waits differ from agent to agent, from half the wait up', async () => {
  const { sent } = await runFor(10, () => ({ kind: 'unavailable', reason: 'away' }), { random: () => 0 });
  expect(sent.map(({ atS }) => atS)).toEqual([0, 0.5, 1.5, 3.5, 7.5]);
});

test('a refused agent says so and asks once a minute; it forgets the version, which may be the reason', async () => {
  const answer = (_: Sent, count: number): Outcome =>
    count === 2 ? { kind: 'refused', reason: 'does not accept the token (401)' } : { kind: 'taken', version: '7' };
  const { sent, log } = await runFor(90, answer);
  expect(times(sent)).toEqual([0, 20, 80]);
  expect(sent.map(({ version }) => version)).toEqual([null, '7', null]);
  expect(log).toContain('does not accept the token (401); trying again in 60.0 s');
});

test('on a conflict the version of the registry is taken over at once', async () => {
  const answer = (sent: Sent): Outcome =>
    sent.version === '41' ? { kind: 'taken', version: '42' } : { kind: 'conflict', version: '41' };
  const { sent } = await runFor(5, answer);
  expect(sent.map(({ atS, version }) => [atS, version])).toEqual([
    [0, null],
    [0, '41'],
  ]);
});

test('endless conflicts are tried three times and then like a failure, and say what may be wrong', async () => {
  const { sent, log } = await runFor(2.5, (_, count) => ({ kind: 'conflict', version: String(count) }));
  expect(times(sent)).toEqual([0, 0, 0, 1, 1, 1]);
  expect(log[0]).toContain('does another report as this host?; trying again in 1.0 s');
});

test('a host whose clock was ahead before a restart goes on from the number of its last record', async () => {
  const ahead = startS * 1000 + 3_600_000;
  const answer = ({ version, sequence }: Sent): Outcome => {
    if (version !== '5') return { kind: 'conflict', version: '5' };
    return sequence <= ahead ? { kind: 'conflict', version: '5', sequence: ahead } : { kind: 'taken', version: '5' };
  };
  const { sent, log } = await runFor(35, answer, { vcpusUsed: (atS) => Math.floor(atS) });
  expect(sent.map(({ sequence }) => sequence - ahead)).toEqual([-3_600_000, -3_600_000, 1, 2, 3, 4]);
  expect(log[0]).toContain("this host's clock is behind");
});

test('a reading that fails and a transport that throws are logged, and the agent goes on', async () => {
  const { sent, log } = await runFor(30, taken, {
    vcpusUsed: (atS) => {
      if (atS < 2) throw new Error('/proc/meminfo: expected a line');
      return 4;
    },
  });
  expect(times(sent)).toEqual([3, 23]);
  expect(log.slice(0, 2)).toEqual([
    '/proc/meminfo: expected a line; trying again in 1.0 s',
    '/proc/meminfo: expected a line; trying again in 2.0 s',
  ]);
  const thrown = await runFor(2, () => {
    throw new Error('a bug');
  });
  expect(thrown.log).toEqual(['a bug; trying again in 1.0 s', 'a bug; trying again in 2.0 s']);
});

test('warnings are said when they change, not with every reading', async () => {
  const { log } = await runFor(60, taken, { warnings: (atS) => (atS < 25 ? ['a card has no driver'] : []) });
  expect(log).toEqual([
    'a card has no driver',
    'the registry takes the reports of gpu-001',
    'nothing to warn of any more',
  ]);
});

test('a waiting agent ends at once when told to', async () => {
  const stop = new AbortController();
  let cancelled = 0;
  const running = runAgent({
    observe: async (atS, sequence) => observation(atS, sequence, 1),
    send: async () => ({ kind: 'taken', version: '1' }),
    clock: {
      nowS: 0,
      after: () => {
        queueMicrotask(() => stop.abort());
        return () => {
          cancelled++;
        };
      },
    },
    random: () => 0,
    log: () => {},
    intervalS: 10,
    signal: stop.signal,
  });
  await running;
  expect(cancelled).toBe(1);
});

test('sequence numbers rise within a millisecond, when the clock is set back, and over a restart', () => {
  const next = sequenceNumbers();
  expect([1000, 1000, 999, 1001].map(next)).toEqual([1_000_000, 1_000_001, 1_000_002, 1_001_000]);
  expect(sequenceNumbers()(1002)).toBeGreaterThan(1_001_000);
});

test('after a number beyond which none can be counted they follow the clock again', () => {
  const next = sequenceNumbers();
  expect(next(1000, Number.MAX_SAFE_INTEGER - 1)).toBe(Number.MAX_SAFE_INTEGER);
  expect(next(1001)).toBe(1_001_000);
});

test('a single report gives up after three conflicts', async () => {
  const { warnings: _, ...report }: Report & { warnings: unknown } = observation(0, 1, 1);
  let count = 0;
  const outcome = await sendReport(
    async () => ({ kind: 'conflict', version: `${++count}` }),
    report,
    null,
    new AbortController().signal,
  );
  expect(outcome).toEqual({ kind: 'conflict', version: '3' });
});
