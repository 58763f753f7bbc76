/** The SRM controller of a host (paper, Fig. 5): create its record, then at every interval read, aggregate and update. */
import type { Clock } from '../../core/clock.ts';
import type { HostInventory } from '../../core/host.ts';
import type { SrmRecord } from '../../core/srm.ts';
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
  /** One line for whoever runs the host. */
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

/**
 * Reports until `signal` aborts, whatever happens: a failed reading or report is logged and followed by a new reading, so that only the
 * newest is ever sent. Sends what has changed, and a heartbeat.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { clock, intervalS, signal, log, random } = options;
  const numberNext = sequenceNumbers();
  let version: string | null = null;
  let takenContent = '';
  let takenAtS = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let lastKnown = 0;
  let knownWarnings = '';

  /** One turn of the loop: why it failed, or null. */
  async function turn(startS: number): Promise<Exclude<Outcome, { version: string }> | null> {
    const { warnings, ...report } = await options.observe(startS, numberNext(startS, lastKnown));
    if (warnings.join('\n') !== knownWarnings) {
      knownWarnings = warnings.join('\n');
      for (const warning of warnings.length > 0 ? warnings : ['nothing to warn of any more']) log(warning);
    }
    const content = contentOf(report);
    // Half an interval of play, since no turn starts to the millisecond.
    const heartbeatDue = Math.abs(startS - takenAtS) > (heartbeatIntervals - 0.5) * intervalS;
    if (content === takenContent && !heartbeatDue) return null;
    const outcome = await sendReport(options.send, report, version, signal);
    if ('version' in outcome) version = outcome.version;
    if (outcome.kind === 'refused') version = null; // it may be the version that is refused, of a record that is gone
    if (outcome.kind === 'taken') {
      if (takenContent === '') log(`the registry takes the reports of ${report.record.host}`);
      takenContent = content;
      takenAtS = startS;
      return null;
    }
    takenContent = '';
    if (outcome.kind !== 'conflict') return outcome;
    if (outcome.sequence === undefined) return changedUnderUs;
    lastKnown = outcome.sequence;
    return clockIsBehind;
  }

  while (!signal.aborted) {
    const startS = clock.nowS;
    const failure = await turn(startS).catch((error: unknown) => ({
      kind: 'unavailable' as const,
      reason: error instanceof Error ? error.message : String(error),
    }));
    if (signal.aborted) return;
    if (failure === null) {
      failures = 0;
      // The clock may have been set meanwhile: never wait longer than an interval.
      await wait(clock, Math.min(intervalS, Math.max(0, startS + intervalS - clock.nowS)), signal);
      continue;
    }
    failures++;
    const fullWaitS =
      failure.kind === 'refused' ? longestWaitS : Math.min(longestWaitS, firstWaitS * 2 ** (failures - 1));
    const waitS = fullWaitS * (0.5 + 0.5 * random());
    log(`${failure.reason}; trying again in ${waitS.toFixed(1)} s`);
    await wait(clock, waitS, signal);
  }
}

const changedUnderUs: Outcome & { kind: 'unavailable' } = {
  kind: 'unavailable',
  reason: `the record changed ${mostConflicts} times under this agent: does another report as this host?`,
};

const clockIsBehind: Outcome & { kind: 'unavailable' } = {
  kind: 'unavailable',
  reason: "this host's clock is behind the registry's last record of it: going on from that record's number",
};

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
    last = Math.max(last + 1, lastKnown + 1, Math.floor(nowS * 1000));
    return last;
  };
}

/** All that a reader of the report would act on. */
function contentOf({ inventory, record }: Report): string {
  const { observedAtS: _, sequence: __, ...content } = record;
  return JSON.stringify({ inventory, content });
}

/** Resolves after `delayS`, or at once when `signal` aborts. */
function wait(clock: Clock, delayS: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const stop = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.after(delayS, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
  });
}
