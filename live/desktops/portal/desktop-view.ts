/** A desktop as the person sees it who asks, with what to warn of. Pure. */
import type { DesktopRole, DesktopState, DesktopView, ShareView } from '../../../core/wire/portal.ts';
import { type DesktopImage, graceOf, type Station } from '../catalogue/station.ts';
import { settleS } from '../lifecycle/desktop-state.ts';
import { idleEndOf } from '../lifecycle/idle-end.ts';
import type { Desktop } from '../records/desktop.ts';

/** Seconds before its end at which a person is warned, and warned again: a day before only of a desktop that lives for longer. */
export const warningsS = [86_400, 3600, 30 * 60, 10 * 60] as const;
/** Seconds before a rule for unused desktops ends it. */
const idleWarningsS = [30 * 60, 10 * 60] as const;

/** What is known of a desktop besides its row. */
export interface DesktopFacts {
  readonly row: Desktop;
  readonly shares: readonly ShareView[];
  /** People who are connected. */
  readonly viewers: readonly string[];
  /** As the catalogue has them now; undefined where they are not in it any more. */
  readonly station: Station | undefined;
  readonly image: DesktopImage | undefined;
}

export function desktopView(
  { row, shares, viewers, station, image }: DesktopFacts,
  role: DesktopRole,
  isAdmin: boolean,
  nowS: number,
): DesktopView {
  const state: DesktopState = row.state === 'ready' && viewers.length > 0 ? 'connected' : row.state;
  const idleEndAtS = idleEndOf(row, station);
  const seesAll = role === 'owner' || isAdmin;
  return {
    id: row.id,
    title: row.title,
    owner: row.owner,
    role,
    station: row.station,
    stationTitle: station?.title ?? row.station,
    image: row.image,
    imageTitle: image?.title ?? row.image,
    system: image?.system ?? 'linux',
    size: { vcpus: row.vcpus, ramMib: row.ramMib, diskGib: row.diskGib },
    gpu: { count: row.cards, memoryMib: row.cardMemoryMib, cores: row.cardCores, models: row.askedModels },
    state,
    reason: row.reason ?? sentenceOf(row, nowS),
    expectedAtS: row.expectedAtS,
    host: seesAll ? row.host : null,
    cardModels: row.cardModels,
    createdAtS: row.createdAtS,
    readyAtS: row.readyAtS,
    endsAtS: row.endsAtS,
    latestEndAtS: row.latestEndAtS,
    deleteAtS: row.deleteAtS,
    endedAtS: row.state === 'deleted' ? row.stateAtS : null,
    idleEndAtS: idleEndAtS !== null && idleEndAtS <= nowS + idleWarningsS[0] ? idleEndAtS : null,
    warning: warningOf(row, idleEndAtS, station, nowS),
    shares: seesAll ? shares : [],
    // All applications share the gateway's origin: nobody opens one of somebody else's machine.
    apps: role === 'owner' ? (image?.apps ?? []).map(({ id, title }) => ({ id, title })) : [],
    viewers,
  };
}

/** What comes next, where the row has no reason of its own. */
function sentenceOf(row: Desktop, nowS: number): string | null {
  const { state, wish, readyAtS, stateAtS, deleteAtS } = row;
  if (deleteAtS !== null && state !== 'deleting' && state !== 'deleted') {
    return mayExtend(row, nowS)
      ? 'Its time is over. Extend it to keep it.'
      : 'Its time is over, and it cannot be extended.';
  }
  if (wish === 'stop') return 'It is being shut down.';
  if (wish === 'restart') return 'It is about to be restarted.';
  if (wish === 'start') return 'It is about to be started.';
  switch (state) {
    case 'waiting':
      return 'A host is being looked for.';
    case 'scheduled':
      return 'A host was found. The machine is about to be built.';
    case 'building':
      return 'The machine is being built.';
    case 'starting':
      if (readyAtS !== null && nowS < stateAtS + settleS) return 'The machine is being started.';
      return 'The machine runs. Its desktop is being set up.';
    case 'deleting':
      return 'It is being deleted.';
    default:
      return null;
  }
}

function warningOf(row: Desktop, idleEndAtS: number | null, station: Station | undefined, nowS: number) {
  const isThere = row.state === 'ready' || row.state === 'starting' || row.state === 'stopped';
  if (row.deleteAtS !== null) return null;
  const leadS = isThere ? leadOf(row, nowS) : undefined;
  if (leadS !== undefined) {
    const what = mayExtend(row, nowS) ? 'Extend it, or save your work.' : 'It cannot be extended. Save your work.';
    return `It is ${graceOf(station) > 0 ? 'stopped' : 'deleted'} within ${leadWords(leadS)}. ${what}`;
  }
  if (idleEndAtS === null) return null;
  const within = [...idleWarningsS].reverse().find((warningS) => idleEndAtS - nowS <= warningS);
  if (within === undefined) return null;
  const becomes = station!.idle!.action === 'stop' ? 'stopped' : 'deleted';
  return `Nobody uses it. It is ${becomes} within ${within / 60} minutes unless somebody does.`;
}

/** The shortest of the times before its end that has come; undefined before the first. */
export function leadOf({ endsAtS, readyAtS, createdAtS }: Desktop, nowS: number): number | undefined {
  if (endsAtS === null) return undefined;
  const livesS = endsAtS - (readyAtS ?? createdAtS);
  return [...warningsS].reverse().find((leadS) => endsAtS - nowS <= leadS && leadS < livesS);
}

export function leadWords(leadS: number): string {
  if (leadS >= 86_400) return 'a day';
  return leadS >= 3600 ? 'an hour' : `${leadS / 60} minutes`;
}

export function mayExtend({ endsAtS, latestEndAtS }: Desktop, nowS: number): boolean {
  return endsAtS !== null && latestEndAtS !== null && latestEndAtS > Math.max(endsAtS, nowS);
}
