import { expect, test } from 'vitest';
import { exampleStations } from '../../../live/demo/demo-folder.ts';
import { buildUserData } from '../../../live/desktops/provisioning/user-data.ts';
import { readStations } from '../../../live/desktops/stations-file.ts';
import { order } from './provisioning/orders.ts';

const { stations } = readStations(exampleStations);

test('the example’s stations are as the server reads them, one of them with cards', () => {
  expect(stations.map(({ id, gpu }) => [id, gpu.count])).toEqual([
    ['b7', 0],
    ['be', 1],
    ['b8', 0],
  ]);
});

test.each(stations.flatMap((station) => station.images.map((image) => ({ station, image }))))(
  'there is user data for $image.id at $station.id',
  ({ station, image }) => {
    const appBase = Object.fromEntries(image.apps.map(({ id }) => [id, `/apps/${order.desktop.id}/${id}`]));
    const text = buildUserData({ ...order, station, image, desktop: { ...order.desktop, appBase } });
    expect(text).toContain('#cloud-config');
    expect(text).not.toMatch(/\{(base|address|user|station)\}/);
  },
);
