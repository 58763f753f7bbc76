/** The desktop service with its machines, as the configuration has them. */
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { AddressCheck } from '../desktops/connect/address-check.ts';
import { endpointAddresses, ownAddresses } from '../desktops/connect/control-plane.ts';
import { appBase } from '../desktops/connect/local-authority.ts';
import { type DesktopService, openDesktopService } from '../desktops/desktop-service.ts';
import { CloudMachines } from '../desktops/machines/cloud-machines.ts';
import { openLocalMachines } from '../desktops/machines/local-machines.ts';
import type { Machines } from '../desktops/machines/machines.ts';
import { readStations } from '../desktops/stations-file.ts';
import { type Nova, openNova } from '../openstack/index.ts';
import type { Configuration } from './configuration.ts';
import type { Metrics } from './metrics.ts';
import type { CloudScheduler } from './open-scheduler.ts';
import type { Stores } from './stores.ts';

/** The desktop service, on the cloud of the scheduler or on this computer; null where the configuration has none. */
export function openDesktops(
  { desktops: settings, database }: Configuration,
  scheduler: CloudScheduler | null,
  { database: tables, clock }: Pick<Stores, 'database' | 'clock'>,
  { register }: Pick<Metrics, 'register'>,
  log: Logger,
): DesktopService | null {
  if (settings === null) return null;
  const catalogue = readStations(settings.stationsFile);
  const addresses = new AddressCheck({ ...settings, controlPlane: ownAddresses() });
  const machines =
    settings.machines === 'local'
      ? openLocalMachines({
          folder: settings.localFolder,
          images: catalogue.stations.flatMap(({ images }) => images),
          appBase,
          log: (text) => log.info(text),
        })
      : openCloudMachines(scheduler!, addresses, clock, log);
  const isShared = database.kind === 'mariadb';
  const service = openDesktopService({
    settings,
    catalogue,
    database: tables,
    isShared,
    machines,
    addresses,
    clock,
    log,
    register,
  });
  return {
    ...service,
    async stop() {
      await service.stop();
      await machines.close();
    },
  };
}

function openCloudMachines(
  { session, scheduling, requests }: CloudScheduler,
  addresses: AddressCheck,
  clock: Pick<Clock, 'nowS'>,
  log: Logger,
): Machines {
  let nova: Promise<Nova> | null = null;
  const forbid = (): void =>
    void endpointAddresses(session)
      .then((found) => addresses.forbid(found))
      .catch((error: unknown) => {
        log.warn({ err: error }, "the cloud's endpoints are not known yet");
        setTimeout(forbid, 30_000).unref();
      });
  forbid();
  return new CloudMachines({
    scheduling,
    requests,
    nova: () => {
      nova ??= openNova(session).catch((error: unknown) => {
        nova = null;
        throw error;
      });
      return nova;
    },
    mayUse: (address) => addresses.objectionTo(address) === null,
    nowS: () => clock.nowS,
  });
}
