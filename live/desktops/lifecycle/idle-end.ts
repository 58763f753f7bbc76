/** When the station's rule for unused desktops ends one. */
import type { Station } from '../catalogue/station.ts';
import type { Desktop } from '../records/desktop.ts';

/** Unix seconds; null where no rule ends it. */
export function idleEndOf(row: Desktop, station: Station | undefined): number | null {
  if (station?.idle == null || row.state !== 'ready' || row.wish !== null) return null;
  return Math.max(row.activeAtS ?? 0, row.stateAtS) + station.idle.afterS;
}
