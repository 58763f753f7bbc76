/** Nova's servers: list, boot on a chosen host, show, delete. */
import { aBoolean, anInteger, anObject, aText } from '../../core/check.ts';
import { anyText, aTime, aWrittenInteger, orNull, textsByName } from './answer-values.ts';
import type { Service } from './service.ts';

/** A server (`GET /servers/{id}`). */
export interface Server {
  readonly id: string;
  readonly name: string;
  /** `BUILD`, `ACTIVE`, `ERROR`, `DELETED`, and others. */
  readonly status: string;
  /** What Nova is doing with it: `spawning`; null when nothing. */
  readonly taskState: string | null;
  /** Null before it was placed, and for callers who are not admin. */
  readonly host: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly createdAtS: number;
  readonly updatedAtS: number;
  /** When the guest first ran; null before. */
  readonly launchedAtS: number | null;
  /** When the guest ended for good; null before. */
  readonly terminatedAtS: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** An owner or admin has locked it: what would end it is not to be done. */
  readonly isLocked: boolean;
  /** Null where its root disk is a volume, which takes nothing of the host's. */
  readonly imageId: string | null;
  /** Of its host's disk, besides the flavor's: ephemeral disks and swap. */
  readonly otherDiskGib: number;
  /** As it was at the boot or the last resize; the flavor itself may have changed or gone. */
  readonly flavor: ServerFlavor;
  /** Why it is in `ERROR`. Nova writes it a moment after the status: null then, and for every other status. */
  readonly fault: { readonly code: number; readonly message: string } | null;
}

/** The flavor of a server, as it was when the server was created. */
export interface ServerFlavor {
  readonly name: string;
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
  readonly extraSpecs: Readonly<Record<string, string>>;
}

/** Which servers are asked for; those of the own project without any. */
export interface ServerFilter {
  /** Of every project, not just the caller's; admin only. Defaults to false. */
  readonly allProjects?: boolean;
  readonly host?: string;
  readonly status?: string;
  /** Only those that are deleted, or about to be: with the status `SOFT_DELETED` those that can be restored. Admin only. */
  readonly isDeleted?: boolean;
  /** A part of the name, as a regular expression of the database. */
  readonly name?: string;
  /** Unix seconds: only what has changed since, and what was deleted since too. */
  readonly changesSinceS?: number;
  /** Servers a page. Defaults to what Nova gives, 1000. */
  readonly pageSize?: number;
}

/** What a server is created with (`POST /servers`). */
export interface NewServer {
  readonly name: string;
  readonly imageId: string;
  readonly flavorId: string;
  /** The host it must run on; admin only. Nova's filters still have their say. Left out: Nova chooses. */
  readonly host?: string;
  /** The zone that it must be in. Left out: any. */
  readonly availabilityZone?: string;
  /** Id of the server group that it belongs to. */
  readonly serverGroup?: string;
  /** Ids of networks, or none at all. */
  readonly networks: readonly string[] | 'none';
  /** At most 128 items, values of at most 255 characters. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Base64. */
  readonly userData?: string;
  readonly keyName?: string;
  readonly configDrive?: boolean;
  /** Names or ids. Left out: the project's default. */
  readonly securityGroups?: readonly string[];
  readonly volumes?: readonly ServerVolume[];
}

/** A volume of Cinder that a server gets. */
export interface ServerVolume {
  readonly id: string;
  /** Whether the server boots from it, in place of its image. Defaults to false. */
  readonly boots?: boolean;
  /** Whether it goes with the server. Defaults to false. */
  readonly deleteWithServer?: boolean;
}

/** What Nova answers to a create (`POST /servers`). */
export interface CreatedServer {
  readonly id: string;
  /** With which `os-instance-actions` knows the boot. */
  readonly requestId: string | null;
}

/** All servers that fit, with their details. */
export function listServers(nova: Service, filter: ServerFilter = {}): AsyncGenerator<Server, void, undefined> {
  const { allProjects, host, status, name, isDeleted, changesSinceS, pageSize } = filter;
  const changesSince = changesSinceS === undefined ? undefined : new Date(changesSinceS * 1000).toISOString();
  const query = {
    all_tenants: allProjects || undefined,
    host,
    status,
    name,
    deleted: isDeleted,
    'changes-since': changesSince,
  };
  return nova.items(
    { path: '/servers/detail', field: 'servers', query, ...(pageSize !== undefined && { pageSize }) },
    readServer,
  );
}

export async function showServer(nova: Service, id: string): Promise<Server> {
  const call = { method: 'GET', path: serverPath(id) } as const;
  return (await nova.request(call, (body) => readServer(anObject(body, 'body').server, 'server'))).value;
}

/** Never sent twice where Nova may have taken the first one: see `mayHaveTakenEffect`. */
export async function createServer(nova: Service, server: NewServer): Promise<CreatedServer> {
  const { networks } = server;
  const body = {
    server: {
      name: server.name,
      imageRef: server.volumes?.some(({ boots }) => boots) ? '' : server.imageId,
      flavorRef: server.flavorId,
      networks: networks === 'none' ? networks : networks.map((uuid) => ({ uuid })),
      host: server.host,
      metadata: server.metadata,
      user_data: server.userData,
      key_name: server.keyName,
      config_drive: server.configDrive,
      availability_zone: server.availabilityZone,
      security_groups: server.securityGroups?.map((name) => ({ name })),
      block_device_mapping_v2: server.volumes === undefined ? undefined : devicesOf(server.volumes, server.imageId),
    },
    ...(server.serverGroup !== undefined && { 'os:scheduler_hints': { group: server.serverGroup } }),
  };
  const { value, requestId } = await nova.request({ method: 'POST', path: '/servers', body }, (answer) =>
    aText(anObject(anObject(answer, 'body').server, 'server').id, 'server.id'),
  );
  return { id: value, requestId };
}

/** Returns when Nova has taken the order; the server is gone when showing it is a 404. */
export async function deleteServer(nova: Service, id: string): Promise<void> {
  await nova.request({ method: 'DELETE', path: serverPath(id) }, () => undefined);
}

/** A server that boots from its image has that as its first device, or Nova would not take any others. */
function devicesOf(volumes: readonly ServerVolume[], imageId: string): object[] {
  const devices = volumes.map(({ id, boots = false, deleteWithServer = false }) => ({
    uuid: id,
    source_type: 'volume',
    destination_type: 'volume',
    boot_index: boots ? 0 : -1,
    delete_on_termination: deleteWithServer,
  }));
  if (volumes.some(({ boots }) => boots)) return devices;
  const image = { uuid: imageId, source_type: 'image', destination_type: 'local', boot_index: 0 };
  return [{ ...image, delete_on_termination: true }, ...devices];
}

function serverPath(id: string): string {
  return `/servers/${encodeURIComponent(id)}`;
}

function readServer(value: unknown, where: string): Server {
  const server = anObject(value, where);
  const at = (field: string) => `${where}.${field}`;
  const optionalTime = (field: string) => orNull(server[field], at(field), aTime);
  return {
    id: aText(server.id, at('id')),
    name: anyText(server.name, at('name')),
    status: aText(server.status, at('status')),
    taskState: orNull(server['OS-EXT-STS:task_state'], at('OS-EXT-STS:task_state'), aText),
    host: orNull(server['OS-EXT-SRV-ATTR:host'], at('OS-EXT-SRV-ATTR:host'), aText),
    projectId: aText(server.tenant_id, at('tenant_id')),
    userId: aText(server.user_id, at('user_id')),
    createdAtS: aTime(server.created, at('created')),
    updatedAtS: aTime(server.updated, at('updated')),
    launchedAtS: optionalTime('OS-SRV-USG:launched_at'),
    terminatedAtS: optionalTime('OS-SRV-USG:terminated_at'),
    metadata: textsByName(server.metadata, at('metadata')),
    isLocked: orNull(server.locked, at('locked'), aBoolean) ?? false,
    imageId: imageOf(server.image, at('image')),
    otherDiskGib: otherDiskOf(server.flavor, at('flavor')),
    flavor: readFlavor(server.flavor, at('flavor')),
    fault: orNull(server.fault, at('fault'), readFault),
  };
}

function readFlavor(value: unknown, where: string): ServerFlavor {
  const flavor = anObject(value, where);
  return {
    name: aText(flavor.original_name, `${where}.original_name`),
    vcpus: anInteger(flavor.vcpus, `${where}.vcpus`),
    ramMib: anInteger(flavor.ram, `${where}.ram`),
    diskGib: aWrittenInteger(flavor.disk, `${where}.disk`),
    extraSpecs: orNull(flavor.extra_specs, `${where}.extra_specs`, textsByName) ?? {},
  };
}

/** Nova writes an empty text for none. */
function imageOf(value: unknown, where: string): string | null {
  return value === undefined || value === null || value === '' ? null : aText(anObject(value, where).id, `${where}.id`);
}

/** As Nova asks Placement for them: swap in whole GiB. */
function otherDiskOf(value: unknown, where: string): number {
  const { ephemeral, swap } = anObject(value, where);
  const swapMib = orNull(swap, `${where}.swap`, aWrittenInteger) ?? 0;
  return (orNull(ephemeral, `${where}.ephemeral`, aWrittenInteger) ?? 0) + Math.ceil(swapMib / 1024);
}

function readFault(value: unknown, where: string): { code: number; message: string } {
  const fault = anObject(value, where);
  return { code: anInteger(fault.code, `${where}.code`), message: anyText(fault.message, `${where}.message`) };
}
