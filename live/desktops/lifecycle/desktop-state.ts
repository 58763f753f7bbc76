/** What becomes of a desktop by what is seen of its machine. Pure: from the row, the machine's status and the time to what changes. */
import type { DesktopState } from '../../../core/wire/portal.ts';
import type { MachineStatus } from '../machines/machines.ts';
import type { VncAnswer } from '../machines/vnc-probe.ts';
import type { Desktop, DesktopChanges } from '../records/desktop.ts';

/** States in which the machine is polled often. */
export const restlessStates: readonly DesktopState[] = ['waiting', 'scheduled', 'building', 'starting', 'deleting'];

/** Seconds after a start or restart in which the machine may still look as before. */
export const settleS = 5;
/** Seconds within which a machine that was started must not be stopped any more. */
const startGraceS = 120;
/** Seconds for which a failed desktop is shown. */
const failedKeptS = 7 * 24 * 3600;

/** What is seen of a desktop at a moment. */
export interface Sight {
  readonly status: MachineStatus;
  /** Whether its desktop answers; null where that was not tried. */
  readonly answers: VncAnswer | null;
  /** Why its address may not be used; null when it may, or has none. */
  readonly objection: string | null;
}

export interface StateSettings {
  /** Seconds from the machine's running until its desktop must answer. */
  readonly startLimitS: number;
  /** Of its station. */
  readonly longestLifetimeS: number;
}

/** @returns nothing where all stays as it is */
export function changesBy(row: Desktop, sight: Sight, nowS: number, settings: StateSettings): DesktopChanges {
  const { status } = sight;
  if (row.state === 'deleting') {
    return status.kind === 'gone' ? { ...into('deleted', nowS), ...letGo(row, nowS), reason: row.reason } : {};
  }
  if (row.state === 'failed') return status.kind === 'gone' ? letGo(row, nowS) : {};
  if (status.kind === 'no-room') {
    if (row.state === 'waiting') return {};
    return { ...into('waiting', nowS), host: null, cardModels: [], heldFromS: null };
  }
  if (status.kind === 'failed') return failed(status.reason, nowS);
  if (status.kind === 'gone') {
    // Before anything is held, it is an order that was not made.
    return row.state === 'waiting' ? {} : failed('The machine is not in the cloud any more.', nowS);
  }
  const place = { host: status.host, cardModels: status.cardModels };
  const held = { ...placeChanges(row, place), ...(row.heldFromS === null && { heldFromS: nowS }) };
  if (status.kind === 'scheduled' || status.kind === 'building') {
    return { ...held, ...(row.state === status.kind ? {} : into(status.kind, nowS)) };
  }
  const lived = { ...held, ...lifetimeFrom(row, nowS, settings) };
  if (status.kind === 'stopped') {
    const isStarting = row.state === 'starting' && row.wish !== 'stop' && nowS < row.stateAtS + startGraceS;
    if (row.state === 'stopped' || isStarting) return lived;
    // One that never ran is not stopped because somebody wanted that.
    const isNew = row.state === 'waiting' || row.state === 'scheduled' || row.state === 'building';
    return { ...lived, ...into('stopped', nowS), wish: isNew ? 'start' : null };
  }
  return { ...lived, ...runningChanges(row, sight, nowS, settings) };
}

function runningChanges(row: Desktop, sight: Sight, nowS: number, settings: StateSettings): DesktopChanges {
  const { answers, objection } = sight;
  if (row.state !== 'starting' && row.state !== 'ready') {
    // A stop that was ordered takes a moment.
    if (row.state === 'stopped' && nowS < row.stateAtS + settleS) return {};
    return into('starting', nowS);
  }
  if (row.state === 'ready') return {};
  if (answers === 'answers' && hasSettled(row, nowS)) {
    return { ...into('ready', nowS), ...(row.readyAtS === null && { readyAtS: nowS }) };
  }
  if (nowS > row.stateAtS + settings.startLimitS) {
    const minutes = Math.round(settings.startLimitS / 60);
    const silence = answers === 'refuses' ? 'did not take its password' : `did not answer within ${minutes} minutes`;
    return failed(objection ?? `The machine runs, but its desktop ${silence}.`, nowS);
  }
  if (objection !== null || answers !== 'refuses') return objection === row.reason ? {} : { reason: objection };
  return row.reason === refusal ? {} : { reason: refusal };
}

/** Shown while it starts. */
const refusal = 'The streaming server of the desktop is up, but does not take its password yet.';

/** Whether what answers now is what was started: after a restart the old desktop may still answer for a moment. */
export function hasSettled({ stateAtS, readyAtS }: Desktop, nowS: number): boolean {
  return nowS >= stateAtS + (readyAtS === null ? 0 : settleS);
}

/** It is over, and shown for some days. */
export function failed(reason: string, nowS: number): DesktopChanges {
  return { ...into('failed', nowS), reason, wish: null, endsAtS: nowS + failedKeptS, latestEndAtS: nowS + failedKeptS };
}

/** The machine is to be removed. */
export function deleting(reason: string | null, nowS: number): DesktopChanges {
  return { ...into('deleting', nowS), reason, wish: null };
}

export function into(state: DesktopState, nowS: number): DesktopChanges {
  return { state, stateAtS: nowS, reason: null, expectedAtS: null };
}

function letGo({ heldFromS, heldUntilS }: Desktop, nowS: number): DesktopChanges {
  return heldUntilS === null ? { heldUntilS: nowS, ...(heldFromS === null && { heldFromS: nowS }) } : {};
}

function placeChanges(row: Desktop, place: { readonly host: string; readonly cardModels: readonly string[] }) {
  const isSame = row.host === place.host && row.cardModels.join('\n') === place.cardModels.join('\n');
  return isSame ? {} : place;
}

/** From the machine's first running on. */
function lifetimeFrom(row: Desktop, nowS: number, { longestLifetimeS }: StateSettings): DesktopChanges {
  if (row.endsAtS !== null) return {};
  return { endsAtS: nowS + row.lifetimeS, latestEndAtS: nowS + Math.max(longestLifetimeS, row.lifetimeS) };
}
