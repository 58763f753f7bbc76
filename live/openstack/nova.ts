/** Nova, as far as placing servers on hosts needs it. */
import {
  createFlavor,
  deleteFlavor,
  type Flavor,
  letUseFlavor,
  listFlavors,
  type NewFlavor,
  setFlavorExtraSpecs,
} from './flavors.ts';
import {
  type Aggregate,
  type ComputeService,
  type Hypervisor,
  listAggregates,
  listHypervisors,
  listServices,
} from './hosts.ts';
import { type ActionEvent, type InstanceAction, listActionEvents, listInstanceActions } from './instance-actions.ts';
import { commonVersion, discoverVersions, type Microversion, type VersionRange } from './microversion.ts';
import { listMoves, type Move, type MoveFilter } from './migrations.ts';
import { listAddresses, openConsole, rebootServer, startServer, stopServer } from './server-actions.ts';
import {
  type CreatedServer,
  createServer,
  deleteServer,
  listServers,
  type NewServer,
  type Server,
  type ServerFilter,
  showServer,
} from './servers.ts';
import { serviceOf } from './service.ts';
import type { Session } from './session.ts';

/** 2.74 is the first to take the host of a new server, 2.87 the last whose hypervisors have sizes. */
export const novaVersions: VersionRange = { least: '2.74', most: '2.87' };

/** An interface, so that an in-memory cloud can stand in; each method is described where it is written. */
export interface Nova {
  /** That is spoken with it. */
  readonly version: Microversion;
  listServers(filter?: ServerFilter): AsyncIterable<Server>;
  showServer(id: string): Promise<Server>;
  createServer(server: NewServer): Promise<CreatedServer>;
  deleteServer(id: string): Promise<void>;
  listAddresses(id: string): Promise<string[]>;
  rebootServer(id: string): Promise<void>;
  stopServer(id: string): Promise<void>;
  startServer(id: string): Promise<void>;
  openConsole(id: string): Promise<string>;
  listFlavors(pageSize?: number): AsyncIterable<Flavor>;
  createFlavor(flavor: NewFlavor): Promise<Flavor>;
  setFlavorExtraSpecs(id: string, extraSpecs: Readonly<Record<string, string>>): Promise<void>;
  deleteFlavor(id: string): Promise<void>;
  letUseFlavor(id: string, projectId: string): Promise<void>;
  listHypervisors(pageSize?: number): AsyncIterable<Hypervisor>;
  listServices(binary?: string): AsyncIterable<ComputeService>;
  listAggregates(): Promise<Aggregate[]>;
  listInstanceActions(serverId: string): AsyncIterable<InstanceAction>;
  listMoves(filter?: MoveFilter): AsyncIterable<Move>;
  listActionEvents(serverId: string, requestId: string): Promise<ActionEvent[]>;
}

/** Asks which versions there are first. @throws InputError when none of ours is among them */
export async function openNova(session: Session): Promise<Nova> {
  return novaOf(session, commonVersion('compute', await discoverVersions(session, 'compute'), novaVersions));
}

/** In a version that the service is known to speak, as for another's token. */
export function novaOf(session: Session, version: Microversion): Nova {
  const nova = serviceOf(session, 'compute', version);
  return {
    version,
    listServers: (filter) => listServers(nova, filter),
    showServer: (id) => showServer(nova, id),
    createServer: (server) => createServer(nova, server),
    deleteServer: (id) => deleteServer(nova, id),
    listAddresses: (id) => listAddresses(nova, id),
    rebootServer: (id) => rebootServer(nova, id),
    stopServer: (id) => stopServer(nova, id),
    startServer: (id) => startServer(nova, id),
    openConsole: (id) => openConsole(nova, id),
    listFlavors: (pageSize) => listFlavors(nova, pageSize),
    createFlavor: (flavor) => createFlavor(nova, flavor),
    setFlavorExtraSpecs: (id, extraSpecs) => setFlavorExtraSpecs(nova, id, extraSpecs),
    deleteFlavor: (id) => deleteFlavor(nova, id),
    letUseFlavor: (id, projectId) => letUseFlavor(nova, id, projectId),
    listHypervisors: (pageSize) => listHypervisors(nova, pageSize),
    listServices: (binary) => listServices(nova, binary),
    listAggregates: () => listAggregates(nova),
    listMoves: (filter) => listMoves(nova, filter),
    listInstanceActions: (serverId) => listInstanceActions(nova, serverId),
    listActionEvents: (serverId, requestId) => listActionEvents(nova, serverId, requestId),
  };
}
