/** The SRM controller of a host (paper, Fig. 5): create its record, then at every interval read, aggregate and update. */
import {
  concatMap,
  defer,
  EMPTY,
  filter,
  fromEvent,
  lastValueFrom,
  type Observable,
  repeat,
  retry,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import type { Clock } from '../../core/clock.ts';
import type { HostInventory } from '../../core/host.ts';
import type { SrmRecord } from '../../core/srm.ts';
import { schedulerOf } from '../clock-scheduler.ts';
import type { Observation } from './observation.ts';

/** What is sent to the registry. */
export interface Report {
  readonly inventory: HostInventory;
  readonly record: SrmRecord;
}

/** What became of a report. */
export type Outcome =
  | { kind: 'taken'; version: string }
  /** The registry has another version than the one that was named; or that one, but with `sequence`, which is not below the report's. */
  | { kind: 'conflict'; version: string; sequence?: number }
  /** Sending it again will not help: somebody has to mend something. */
  | { kind: 'refused'; reason: string }
  /** It may be taken later. */
  | { kind: 'unavailable'; reason: string };

/** Sends a report as the successor of `version`, null for the first. Gives up when `signal` aborts. */
export type Transport = (report: Report, version: string | null, signal: AbortSignal) => Promise<Outcome>;

export interface AgentOptions {
  /** Reads the host at a moment, under a sequence number. */
  readonly observe: (nowS: number, sequence: number) => Promise<Observation>;
  readonly send: Transport;
  readonly clock: Clock;
  /** In [0, 1): spreads what many agents do after a common failure. */
  readonly random: () => number;
  /** One line for the host's operator. */
  readonly log: (line: string) => void;
  /** Seconds between readings. */
  readonly intervalS: number;
  /** Ends the loop. */
  readonly signal: AbortSignal;
}

/** An unchanged host reports at every second interval: a record is stale after three, so one report may be lost. */
const heartbeatIntervals = 2;
/** Wait after the first failure, doubled by each further one up to the longest; a refused agent waits the longest at once. */
const firstWaitS = 1;
const longestWaitS = 60;
/** Versions taken over in a row before the agent waits like after a failure. */
const mostConflicts = 3;

/** The registry did not take a report; the message says why. */
class NotTaken extends Error {
  readonly kind: 'refused' | 'unavailable';

  constructor({ kind, reason }: Extract<Outcome, { reason: string }>) {
    super(reason);
    this.kind = kind;
  }
}

/**
 * Reports until `signal` aborts, whatever happens: a failed reading or report is logged and followed by a new reading, so that only the
 * newest is ever sent. Sends what has changed, and a heartbeat.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { clock, intervalS, signal, log, random } = options;
  const numberNext = sequenceNumbers();
  let startS = clock.nowS;
  let version: string | null = null;
  let takenContent = '';
  let takenAtS = Number.NEGATIVE_INFINITY;
  let lastKnown = 0;
  let knownWarnings = '';

  function read(): Promise<Observation> {
    startS = clock.nowS;
    return options.observe(startS, numberNext(startS, lastKnown));
  }

  function sayWarnings({ warnings }: Observation): void {
    if (warnings.join('\n') === knownWarnings) return;
    knownWarnings = warnings.join('\n');
    for (const warning of warnings.length > 0 ? warnings : ['nothing to warn of any more']) log(warning);
  }

  function isNews(report: Report): boolean {
    // Half an interval of play, since no turn starts to the millisecond.
    const heartbeatDue = Math.abs(startS - takenAtS) > (heartbeatIntervals - 0.5) * intervalS;
    return contentOf(report) !== takenContent || heartbeatDue;
  }

  /** @throws NotTaken, or what the transport threw */
  async function send({ inventory, record }: Report): Promise<void> {
    const report = { inventory, record };
    const outcome = await sendReport(options.send, report, version, signal);
    if ('version' in outcome) version = outcome.version;
    if (outcome.kind === 'refused') version = null; // it may be the version that is refused, of a record that is gone
    if (outcome.kind === 'taken') {
      if (takenContent === '') log(`the registry takes the reports of ${record.host}`);
      takenContent = contentOf(report);
      takenAtS = startS;
      return;
    }
    takenContent = '';
    if (outcome.kind !== 'conflict') throw new NotTaken(outcome);
    if (outcome.sequence === undefined) throw new NotTaken(changedUnderUs);
    lastKnown = outcome.sequence;
    throw new NotTaken(clockIsBehind);
  }

  function backOff(error: unknown, failures: number): Observable<unknown> {
    if (signal.aborted) return EMPTY;
    const isRefused = error instanceof NotTaken && error.kind === 'refused';
    const fullWaitS = isRefused ? longestWaitS : Math.min(longestWaitS, firstWaitS * 2 ** (failures - 1));
    const waitS = fullWaitS * (0.5 + 0.5 * random());
    const reason = error instanceof Error ? error.message : String(error);
    log(`${reason}; trying again in ${waitS.toFixed(1)} s`);
    return wait(waitS);
  }

  /** Emits after `delayS`; ends without that when `signal` aborts. */
  function wait(delayS: number): Observable<unknown> {
    if (signal.aborted) return EMPTY;
    return timer(delayS * 1000, schedulerOf(clock)).pipe(takeUntil(fromEvent(signal, 'abort')));
  }

  const reports = defer(read).pipe(
    tap(sayWarnings),
    filter(isNews),
    concatMap(send),
    retry({ delay: backOff }),
    // The clock may have been set meanwhile: never wait longer than an interval.
    repeat({ delay: () => wait(Math.min(intervalS, Math.max(0, startS + intervalS - clock.nowS))) }),
  );
  await lastValueFrom(reports, { defaultValue: undefined });
}

const changedUnderUs = {
  kind: 'unavailable',
  reason: `the record changed ${mostConflicts} times under this agent: does another report as this host?`,
} as const;

const clockIsBehind = {
  kind: 'unavailable',
  reason: "this host's clock is behind the registry's last record of it: going on from that record's number",
} as const;

/** Sends a report; where the registry has another version, again as the successor of that, a few times. */
export async function sendReport(
  send: Transport,
  report: Report,
  version: string | null,
  signal: AbortSignal,
): Promise<Outcome> {
  let outcome = await send(report, version, signal);
  for (let tries = 1; tries < mostConflicts && outcome.kind === 'conflict' && outcome.sequence === undefined; tries++) {
    outcome = await send(report, outcome.version, signal);
  }
  return outcome;
}

/**
 * Milliseconds of the clock, but always more than the last: so they rise over restarts without being kept. Where the clock was ahead
 * before a restart, the registry's last number has to be given as `lastKnown`.
 */
export function sequenceNumbers(): (nowS: number, lastKnown?: number) => number {
  let last = 0;
  return (nowS, lastKnown = 0) => {
    const next = Math.max(last + 1, lastKnown + 1, Math.floor(nowS * 1000));
    // After a number beyond any clock the registry takes those of a right clock again.
    last = Number.isSafeInteger(next) ? next : Math.floor(nowS * 1000);
    return last;
  };
}

/** All that a reader of the report would act on. */
function contentOf({ inventory, record }: Report): string {
  const { observedAtS: _, sequence: __, ...content } = record;
  return JSON.stringify({ inventory, content });
}
