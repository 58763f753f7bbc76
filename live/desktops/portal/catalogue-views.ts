/** Stations, and desktops with what the catalogue says of them, as people see them. */
import { modelNamed } from '../../../core/card-catalogue.ts';
import type { CardView, DesktopView, StationView } from '../../../core/wire/portal.ts';
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

/** Models that the station's people may choose among, those with the least memory first. @param there models of the hosts that report */
export function cardsOffered({ cardModels, largest }: Station, there: readonly string[]): CardView[] {
  const models = cardModels.length > 0 ? cardModels : there;
  return models
    .flatMap((name) => modelNamed(name) ?? [])
    .filter(({ memoryMib }) => largest.cards > 0 && memoryMib <= largest.cardMemoryMib)
    .map(({ name, memoryMib, cores }) => ({ name, memoryMib, cores }))
    .sort((one, other) => one.memoryMib - other.memoryMib || one.cores - other.cores);
}

/** Without what is the operator's. @param there models of the hosts that report */
export function stationView(station: Station, there: readonly string[]): StationView {
  const { id, title, description, size, gpu, largest, lifetimeS, longestLifetimeS } = station;
  const images = station.images.map((image) => ({
    id: image.id,
    title: image.title,
    system: image.system,
    software: image.software.map((software) => software.title),
    apps: image.apps.map((app) => ({ id: app.id, title: app.title })),
  }));
  const cards = cardsOffered(station, there);
  return { id, title, description, images, size, gpu, largest, cards, lifetimeS, longestLifetimeS };
}
