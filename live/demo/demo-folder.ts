/** The folder of a demonstration: configuration, stations and database of a server that needs no cloud. */
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeOutput } from '../../files/output-file.ts';
import { packageRoot } from '../../package-files.ts';

export interface DemoPorts {
  readonly portal: number;
  readonly gateway: number;
}

/** The stations that come with this package. */
export const exampleStations = join(packageRoot(), 'live', 'desktops', 'examples', 'stations.yaml');

/** Writes the configuration, and the stations unless they are there: somebody may have changed them. @returns the configuration file */
export function makeDemoFolder(folder: string, { portal, gateway }: DemoPorts): string {
  mkdirSync(folder, { recursive: true });
  // Desktops of root's demonstration run as nobody, and pass through.
  chmodSync(folder, 0o711);
  const stations = join(folder, 'stations.yaml');
  if (!existsSync(stations)) writeOutput(stations, readFileSync(exampleStations));
  const configuration = {
    listen: { address: '127.0.0.1', port: portal },
    database: { file: 'heps.db' },
    desktops: {
      stationsFile: 'stations.yaml',
      machines: 'local',
      publicUrl: `http://127.0.0.1:${portal}`,
      title: 'HEPS virtual cloud desktops',
      // In place of machines there are sessions on this computer.
      allowLoopback: true,
      mostDesktops: 3,
      mostCards: 2,
      mostCardHours: 100,
    },
    accounts: { kind: 'local' },
    gateway: { address: '127.0.0.1', port: gateway, publicUrl: `http://127.0.0.1:${gateway}` },
    log: { level: 'warn' },
  };
  const file = join(folder, 'heps.yaml');
  writeOutput(file, stringify(configuration));
  return file;
}
