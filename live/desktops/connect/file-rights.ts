/** What files a person may move, and from where a station's desktops may be used. */
import type { DesktopRole, FilePolicy } from '../../../core/wire/portal.ts';
import { isIn, networksOf } from '../../http/client-address.ts';
import type { Station } from '../catalogue/station.ts';
import type { ConnectKind } from '../records/tables.ts';

/** Null: none. Of a station that is gone, none. */
export function filesOf(station: Station | undefined, role: DesktopRole): FilePolicy | null {
  if (station === undefined || role === 'view') return null;
  const { up, down, mostBytes, byControllers } = station.files;
  return (up || down) && (role === 'owner' || byControllers) ? { up, down, mostBytes } : null;
}

/** Networks from which that may be used; none: any. Consoles are the administrators', who have rules of their own. */
export function networksFor(station: Station | undefined, kind: ConnectKind): readonly string[] {
  if (station === undefined || kind === 'console') return [];
  const { files, clientNetworks } = station;
  return kind === 'files' && files.clientNetworks.length > 0 ? files.clientNetworks : clientNetworks;
}

/** @param networks none: any @param address null: not known */
export function isFrom(networks: readonly string[], address: string | null): boolean {
  if (networks.length === 0) return true;
  return address !== null && isIn(networksOf(networks, 'clientNetworks'), address);
}
