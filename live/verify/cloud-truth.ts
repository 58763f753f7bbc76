/** What Nova and Placement say of who holds what, read for itself: nothing of it comes from the scheduler. */

import { inParallel } from '../openstack/in-parallel.ts';
import {
  collect,
  type Hypervisor,
  isMoveOpen,
  isNotFound,
  type Nova,
  type Placement,
  pciProviders,
  type Resources,
  type Server,
} from '../openstack/index.ts';

/** What one consumer has of one host. */
export interface HeldSize {
  readonly vcpus: number;
  readonly ramMib: number;
  /** Null where the host's provider gives no disk: it is another one's, as on shared storage. */
  readonly diskGib: number | null;
}

export interface HostTruth {
  readonly host: string;
  readonly takesServers: boolean;
  /** By the server that has it, also while it moves; by the consumer where Nova knows no such server. */
  readonly held: ReadonlyMap<string, HeldSize>;
  /** Holder of each device by address, '' for none; null where Placement lists no devices. */
  readonly devices: ReadonlyMap<string, string> | null;
}

export interface CloudTruth {
  readonly hosts: readonly HostTruth[];
  readonly servers: ReadonlyMap<string, Server>;
}

type Reads = Pick<Placement, 'listProviders' | 'showHolders' | 'showInventories'>;

/** Reads all of it: some requests for each host. @throws OpenStackError, NoAnswerError */
export async function readCloudTruth(nova: Nova, placement: Reads): Promise<CloudTruth> {
  const hypervisors = await collect(nova.listHypervisors());
  const servers = new Map<string, Server>();
  for (const filter of [{}, { status: 'SOFT_DELETED', isDeleted: true }]) {
    for await (const server of nova.listServers({ allProjects: true, ...filter })) servers.set(server.id, server);
  }
  const devices = pciProviders(hypervisors, await placement.listProviders());
  const hosts: HostTruth[] = [];
  const serverOf = new Map<string, string>();
  await inParallel(hypervisors, async (hypervisor) => {
    const root = await holdersOf(placement, hypervisor.id);
    const onHost = devices.filter(({ host }) => host === hypervisor.host);
    const byAddress = new Map<string, Readonly<Record<string, Resources>>>();
    await inParallel(onHost, async ({ id, address }) => {
      byAddress.set(address, await holdersOf(placement, id));
    });
    const consumers = [root, ...byAddress.values()].flatMap((holders) => Object.keys(holders));
    if (consumers.some((id) => !servers.has(id) && !serverOf.has(id))) {
      for await (const move of nova.listMoves({ host: hypervisor.host })) {
        if (isMoveOpen(move)) serverOf.set(move.id, move.serverId);
      }
    }
    const holder = (id: string): string => serverOf.get(id) ?? id;
    const hasDisk = await givesDisk(placement, hypervisor);
    const held = new Map<string, HeldSize>();
    for (const [id, resources] of Object.entries(root)) {
      const { VCPU = 0, PCPU = 0, MEMORY_MB = 0, DISK_GB = 0 } = resources;
      const before = held.get(holder(id)) ?? { vcpus: 0, ramMib: 0, diskGib: hasDisk ? 0 : null };
      held.set(holder(id), {
        vcpus: before.vcpus + VCPU + PCPU,
        ramMib: before.ramMib + MEMORY_MB,
        diskGib: before.diskGib === null ? null : before.diskGib + DISK_GB,
      });
    }
    const named = Array.from(byAddress, ([address, holders]) => {
      const [first] = Object.keys(holders);
      return [address, first === undefined ? '' : holder(first)] as const;
    });
    hosts.push({
      host: hypervisor.host,
      takesServers: hypervisor.state === 'up' && hypervisor.status === 'enabled',
      held,
      devices: onHost.length === 0 ? null : new Map(named),
    });
  });
  return { hosts: hosts.sort((one, other) => (one.host < other.host ? -1 : 1)), servers };
}

/** Nobody, where Placement does not know the provider. */
async function holdersOf(placement: Reads, providerId: string): Promise<Readonly<Record<string, Resources>>> {
  try {
    return await placement.showHolders(providerId);
  } catch (error) {
    if (isNotFound(error)) return {};
    throw error;
  }
}

async function givesDisk(placement: Reads, { id }: Hypervisor): Promise<boolean> {
  try {
    return (await placement.showInventories(id)).value.DISK_GB !== undefined;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
