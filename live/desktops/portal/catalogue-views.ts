/** Stations, and desktops with what the catalogue says of them, as people see them. */
import type { DesktopView, StationView } from '../../../core/wire/portal.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { DesktopImage, Station } from '../catalogue/station.ts';
import type { Desktop } from '../records/desktop.ts';
import type { DesktopRecord } from '../records/desktop-store.ts';
import { desktopView } from './desktop-view.ts';

/** As the person sees it; an administrator who has no other role has `view`. */
export function viewOf(
  catalogue: Catalogue,
  record: DesktopRecord,
  person: { readonly name: string; readonly isAdmin: boolean },
  nowS: number,
): DesktopView {
  const { row, shares } = record;
  const shared = shares.find((share) => share.person === person.name)?.role;
  const role = row.owner === person.name ? 'owner' : (shared ?? 'view');
  const facts = { ...record, station: stationNamed(catalogue, row), image: imageNamed(catalogue, row) };
  return desktopView(facts, role, person.isAdmin, nowS);
}

/** Undefined where it is not in the catalogue any more. */
export function stationNamed({ stations }: Catalogue, { station }: Desktop): Station | undefined {
  return stations.find(({ id }) => id === station);
}

export function imageNamed(catalogue: Catalogue, row: Desktop): DesktopImage | undefined {
  return stationNamed(catalogue, row)?.images.find(({ id }) => id === row.image);
}

/** Without what is the operator's. */
export function stationView(station: Station): StationView {
  const { id, title, description, size, gpu, largest, lifetimeS, longestLifetimeS } = station;
  const images = station.images.map((image) => ({
    id: image.id,
    title: image.title,
    system: image.system,
    software: image.software.map((software) => software.title),
    apps: image.apps.map((app) => ({ id: app.id, title: app.title })),
  }));
  return { id, title, description, images, size, gpu, largest, lifetimeS, longestLifetimeS };
}
