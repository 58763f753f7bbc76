/** A decision is explained by what the run file says, and by nothing else. */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../../core/input-error.ts';
import { policies } from '../../core/policies/index.ts';
import { decisionsOf, firstTryOf, momentOf, policyOf, requestsWithId, rowOf, viewAt } from '../../core/runs/replay.ts';
import { cardsAt, type DecisionColumns, type RunFile, requestAt, textAt } from '../../core/runs/run-file.ts';
import { explain, formatRejections } from '../../core/scheduler.ts';
import { cases } from '../cases.ts';
import { card, large, small } from '../core/build.ts';
import { anyArrivals, anyRun, hostsOf, type Run, runFileOf, runOf, temporaryDirectory, vm } from './build.ts';

type Read = RunFile & { decisions: DecisionColumns };

/** What the scheduler says when it is asked again. */
function decidedAgain(run: Read, row: number) {
  const moment = momentOf(run, run.decisions, row);
  const cluster = viewAt(run, run.decisions, moment);
  return explain(cluster, requestAt(run.decisions, row), policyOf(run), moment.excluded);
}

/** Rows whose decision, made again, differs from what stands in the file. */
function unlikeRecorded(run: Read): string[] {
  const { decisions } = run;
  return decisions.id.flatMap((id, row) => {
    const { decision, verdicts } = decidedAgain(run, row);
    const outcome = textAt(decisions.outcome, row);
    const host = decisions.host[row]!;
    if (host >= 0) {
      const recorded = { kind: 'placed', host, cards: cardsAt(decisions, row), score: decisions.score[row] };
      const scored = verdicts[host]!.scored;
      const isSame =
        JSON.stringify(decision) === JSON.stringify(recorded) && scored?.shownScore === decisions.score[row];
      return isSame ? [] : [`${id}: recorded ${JSON.stringify(recorded)}, again ${JSON.stringify(decision)}`];
    }
    // Who waits behind others may give up while there is room for it.
    if (outcome === 'gave-up' && textAt(decisions.waitReason, row) === 'behind-others') return [];
    if (decision.kind === 'placed') return [`${id}: recorded ${outcome}, again ${JSON.stringify(decision)}`];
    // An unservable VM has the reasons of the empty cloud, one that gave up those of its last try.
    const reason = formatRejections(decision.rejectedBy);
    const isSame = outcome !== 'refused' || reason === textAt(decisions.reason, row);
    return isSame ? [] : [`${id}: recorded ${textAt(decisions.reason, row)}, again ${reason}`];
  });
}

/** Rows that waited, whose first try, made again, does not fail for the recorded reason. */
function unlikeFirstTry(run: Read): string[] {
  const { decisions } = run;
  return decisions.id.flatMap((id, row) => {
    const waitReason = textAt(decisions.waitReason, row);
    if (waitReason === '' || waitReason === 'behind-others') return [];
    const moment = firstTryOf(run, decisions, row);
    const cluster = viewAt(run, decisions, moment);
    const { decision } = explain(cluster, requestAt(decisions, row), policyOf(run), moment.excluded);
    const again = decision.kind === 'placed' ? `host ${decision.host}` : formatRejections(decision.rejectedBy);
    return again === waitReason ? [] : [`${id}: waited for ${waitReason}, again ${again}`];
  });
}

/** Reads back what a run wrote; the property's runs share one file. */
function onFile(check: (run: Read) => void): (run: Run) => Promise<void> {
  const path = join(temporaryDirectory(), 'run.json');
  return async (run) => {
    check(await runFileOf(run, path));
  };
}

/** Runs without failures and with one scheduler: nothing is ever refused by the truth. */
const calmRun = anyRun.map(
  (run): Run => ({ ...run, cloud: { ...run.cloud, mtbfH: null, cardMtbfH: null, schedulers: 1 } }),
);
const often = { numRuns: cases(300) };

test.each(policies.map(({ name }) => name))(
  '%s: every decision, replayed from the run file, is the same',
  async (policy) => {
    const check = onFile((read) => expect(unlikeRecorded(read)).toEqual([]));
    await fc.assert(
      fc.asyncProperty(calmRun, (run) => check({ ...run, policy })),
      { numRuns: cases(100) },
    );
  },
);

test('every decision, replayed from the run file, is the same where hosts and cards fail and SRM is late', async () => {
  const check = onFile((read) => expect(unlikeRecorded(read)).toEqual([]));
  await fc.assert(fc.asyncProperty(anyRun, check), often);
});

test.each(policies.map(({ name }) => name))(
  '%s: decisions of several schedulers, each replayed on what that one saw, are the same',
  async (policy) => {
    const check = onFile((read) => expect([...unlikeRecorded(read), ...unlikeFirstTry(read)]).toEqual([]));
    const anySchedulers = fc.constantFrom(2, 3, 5);
    const anyInterval = fc.constantFrom(0, 0.3, 1, 5, 10, 30);
    await fc.assert(
      fc.asyncProperty(anyRun, anySchedulers, anyInterval, (run, schedulers, srmIntervalS) => {
        // Some end as they begin, also at the instant of a report.
        const arrivals = run.arrivals.map((each, index) => (index % 4 === 3 ? { ...each, lifetimeS: 0 } : each));
        return check({ ...run, arrivals, policy, cloud: { ...run.cloud, schedulers, srmIntervalS } });
      }),
      { numRuns: cases(100) },
    );
  },
);

test('demand-aware: decisions are replayed with what had been asked for by then, over weeks', async () => {
  const check = onFile((read) => expect([...unlikeRecorded(read), ...unlikeFirstTry(read)]).toEqual([]));
  // What comes within seconds elsewhere comes within days here: kinds are counted every six hours and forgotten after two weeks.
  const slower = 7200;
  await fc.assert(
    fc.asyncProperty(calmRun, fc.constantFrom(1, 3), fc.constantFrom(0, 10, 3000), (run, schedulers, srmIntervalS) => {
      const arrivals = run.arrivals.map((each) => ({
        ...each,
        atS: each.atS * slower,
        lifetimeS: each.lifetimeS * slower,
      }));
      const { patienceS } = run.cloud;
      const cloud = {
        ...run.cloud,
        schedulers,
        srmIntervalS,
        patienceS: patienceS === null ? null : patienceS * slower,
      };
      return check({ ...run, arrivals, cloud, policy: 'demand-aware' });
    }),
    often,
  );
});

test('the first try of a VM that waited, replayed, fails for the recorded reason', async () => {
  const check = onFile((read) => expect(unlikeFirstTry(read)).toEqual([]));
  await fc.assert(fc.asyncProperty(calmRun, check), often);
});

test('the first try fails again for the recorded reason where hosts and cards fail and SRM is late', async () => {
  const check = onFile((read) => expect(unlikeFirstTry(read)).toEqual([]));
  await fc.assert(fc.asyncProperty(anyRun, check), often);
});

test('replayed decisions are the same whatever the interval between reports, even one that no float hits', async () => {
  const check = onFile((read) => expect([...unlikeRecorded(read), ...unlikeFirstTry(read)]).toEqual([]));
  const anyInterval = fc.constantFrom(0.1, 0.3, 0.7, 1.1, 2.3, 3.3);
  await fc.assert(
    fc.asyncProperty(calmRun, anyInterval, (run, srmIntervalS) =>
      check({ ...run, cloud: { ...run.cloud, srmIntervalS } }),
    ),
    often,
  );
});

test('replayed decisions are the same with arrivals and lifetimes in fractions of a second', async () => {
  const check = onFile((read) => expect([...unlikeRecorded(read), ...unlikeFirstTry(read)]).toEqual([]));
  const anyTimes = fc.infiniteStream(fc.integer({ min: 1, max: 30_000 }).map((thousandths) => thousandths / 1000));
  await fc.assert(
    fc.asyncProperty(calmRun, anyArrivals, anyTimes, (run, rows, times) => {
      let atS = 0;
      const arrivals = rows.map((row) => {
        atS += times.next().value!;
        return { ...row, atS, lifetimeS: times.next().value! };
      });
      return check({ ...run, arrivals });
    }),
    often,
  );
});

/** One host that fails about every 36 s and reports every 30 s: many of the VMs that come each second are refused by it. */
function refusingRun(patienceS: number | null): Run {
  const arrivals = Array.from({ length: 120 }, (_, atS) => vm(`vm-${atS}`, atS, 1));
  const cloud = { onFull: 'queue', backfill: true, patienceS, srmIntervalS: 30, mtbfH: 0.01, mttrH: 0.005 } as const;
  return runOf(hostsOf(1000), arrivals, { cloud });
}

test('a first try in which a host refused is repeated without that host', async () => {
  await onFile((read) => {
    expect(read.decisions.waitReason.texts).toContain('excluded:1');
    expect(unlikeFirstTry(read)).toEqual([]);
  })(refusingRun(null));
});

test('a VM that gave up since a host refused it gives up again', async () => {
  await onFile((read) => {
    expect(read.decisions.outcome.texts).toContain('gave-up');
    expect(unlikeRecorded(read)).toEqual([]);
  })(refusingRun(0));
});

/** Two hosts; a holds the first card from 0 to 10, b the second from 2 to 30, c waits from 5 and gets the card that a leaves. */
async function smallRun(): Promise<Read> {
  const hosts = [
    { vcpus: 4, ramMib: 8192, cards: [card(large)] },
    { vcpus: 4, ramMib: 8192, cards: [card(small)] },
  ];
  const gpu = { cards: 1 };
  const arrivals = [vm('a', 0, 10, gpu), vm('b', 2, 28, gpu), vm('c', 5, 5, gpu), vm('d', 6, 1, { vcpus: 9 })];
  return runFileOf(runOf(hosts, arrivals, { cloud: { onFull: 'queue' } }), join(temporaryDirectory(), 'run.json'));
}

test('a moment is after the rows decided before it; whatever has ended by then is free', async () => {
  const run = await smallRun();
  // Rows: a at 0, b at 2, d turned away at 6, c at 10.
  expect(run.decisions.id).toEqual(['a', 'b', 'd', 'c']);
  expect(momentOf(run, run.decisions, 3)).toEqual({ nowS: 10, rows: 3, scheduler: 0, excluded: new Set() });
  expect(firstTryOf(run, run.decisions, 3)).toEqual({ nowS: 5, rows: 2, scheduler: 0, excluded: new Set() });
  const idle = (row: number) =>
    viewAt(run, run.decisions, momentOf(run, run.decisions, row)).hosts.map((h) => h.idleCards);
  expect(idle(0)).toEqual([1, 1]);
  expect(idle(1)).toEqual([0, 1]);
  expect(idle(3)).toEqual([1, 0]);
  const firstTry = viewAt(run, run.decisions, firstTryOf(run, run.decisions, 3));
  expect(firstTry.hosts.map((host) => host.idleCards)).toEqual([0, 0]);
});

test('a VM is found by its id, the last of its submissions unless another is asked for', async () => {
  const path = join(temporaryDirectory(), 'run.json');
  // The only host fails every 36 s on average, so that a is lost a few times before it has run for its 60 s.
  const cloud = { onFull: 'queue', resubmit: 1000, mtbfH: 0.01, mttrH: 0.001 } as const;
  const run = await runFileOf(runOf(hostsOf(2), [vm('a', 0, 60), vm('b', 1, 5)], { cloud }), path);
  const rows = run.decisions.id.flatMap((id, row) => (id === 'a' ? [row] : []));
  expect(rows.length).toBeGreaterThan(2);
  expect(rows.map((row) => run.decisions.attempt[row])).toEqual(rows.map((_, index) => index + 1));
  expect(rowOf(run.decisions, 'a', null, path)).toBe(rows.at(-1));
  expect(rowOf(run.decisions, 'a', 1, path)).toBe(rows[0]);
  expect(rows.map((row) => textAt(run.decisions.outcome, row))).toEqual([
    ...rows.slice(1).map(() => 'lost'),
    'completed',
  ]);
  expect(requestsWithId(run.decisions, 'a')).toBe(1);
  expect(() => rowOf(run.decisions, 'a', rows.length + 1, path)).toThrow(
    new InputError('attempt', `one of ${rows.map((_, index) => index + 1).join(', ')}`, rows.length + 1),
  );
  expect(() => rowOf(run.decisions, 'c', null, 'x.json')).toThrow(
    'x.json, decisions.id: expected a request of this run, such as a, ',
  );
});

test('of several requests with one id the last is shown, and only what is there is suggested', async () => {
  const path = join(temporaryDirectory(), 'run.json');
  const run = await runFileOf(runOf(hostsOf(2), [vm('a', 0, 60), vm('a', 1, 5), vm('a', 70, 5), vm('b', 80, 5)]), path);
  expect(requestsWithId(run.decisions, 'a')).toBe(3);
  expect(run.decisions.submitS[rowOf(run.decisions, 'a', null, path)]).toBe(70);
  expect(run.decisions.submitS[rowOf(run.decisions, 'a', 1, path)]).toBe(70);
  expect(() => rowOf(run.decisions, 'a', 2, path)).toThrow('attempt: expected 1, got 2');
  expect(() => rowOf(run.decisions, 'c', null, 'x.json')).toThrow('a request of this run, such as a, b, got "c"');
});

test('a run file without decisions says how to get one with them', async () => {
  const run = await smallRun();
  expect(() => decisionsOf({ ...run, decisions: null }, 'x.json')).toThrow(
    'x.json, decisions: expected a run written without --summary-only, got null',
  );
});
