/** What nova-scheduler and Placement read of the hosts, from the tables where they read it. */
import { createPool, type Pool } from 'mysql2/promise';
import { Cluster } from '../../../core/cluster.ts';
import type { HostSpec } from '../../../core/host.ts';

/** One row of `compute_nodes`, as HostState takes it (nova/scheduler/host_manager.py), and what Placement has given out. */
export interface SeenHost {
  readonly vcpusFree: number;
  readonly ramFreeMib: number;
  readonly diskFreeGib: number;
  /** What DiskWeigher weighs: at most what the host measured when it last looked, up to a minute ago. */
  readonly diskWeighedGib: number;
  /** `num_io_ops`: servers that were built since the host last looked, up to a minute ago. */
  readonly building: number;
  /** By model. */
  readonly idleCards: Readonly<Record<string, number>>;
  readonly placement: { readonly vcpusUsed: number; readonly ramUsedMib: number; readonly diskUsedGib: number };
}

/** By host. */
export type SeenHosts = ReadonlyMap<string, SeenHost>;

interface ComputeNode {
  readonly name: string;
  readonly vcpusFree: number;
  readonly ramFreeMib: number;
  readonly diskFreeGib: number;
  readonly diskLeastGib: number | null;
  readonly stats: string | null;
  readonly pools: string | null;
}

interface Pools {
  readonly 'nova_object.data': {
    readonly objects: readonly { 'nova_object.data': { product_id: string; count: number } }[];
  };
}

const computeNodes = `select hypervisor_hostname name, vcpus * cpu_allocation_ratio - vcpus_used vcpusFree,
  free_ram_mb ramFreeMib, free_disk_gb diskFreeGib, disk_available_least diskLeastGib, stats, pci_stats pools
  from nova.compute_nodes where deleted = 0`;
// Resource classes 0, 1, 2: os_resource_classes.STANDARDS.
const allocations = `select provider.name, cast(sum(if(resource_class_id = 0, used, 0)) as int) vcpusUsed,
  cast(sum(if(resource_class_id = 1, used, 0)) as int) ramUsedMib, cast(sum(if(resource_class_id = 2, used, 0)) as int) diskUsedGib
  from placement.allocations join placement.resource_providers provider on provider.id = resource_provider_id group by provider.name`;

/** The cloud's own MariaDB, for looking only. */
export function openTables(): Pool {
  return createPool({
    host: '127.0.0.1',
    port: Number(process.env.MYSQL_PORT ?? 3306),
    user: 'openstack',
    password: process.env.OPENSTACK_PASSWORD ?? 'openstack',
  });
}

/** @param modelOf card model by PCI product id */
export async function readHosts(tables: Pool, modelOf: Readonly<Record<string, string>>): Promise<SeenHosts> {
  const [nodes] = await tables.query(computeNodes);
  const [given] = await tables.query(allocations);
  const used = new Map((given as ({ name: string } & SeenHost['placement'])[]).map((row) => [row.name, row]));
  return new Map(
    (nodes as ComputeNode[]).map(({ name, vcpusFree, ramFreeMib, diskFreeGib, diskLeastGib, stats, pools }) => {
      const { io_workload: building = 0 } = JSON.parse(stats ?? '{}') as { io_workload?: string };
      const idleCards: Record<string, number> = {};
      for (const { 'nova_object.data': pool } of (JSON.parse(pools!) as Pools)['nova_object.data'].objects) {
        if (pool.count > 0) idleCards[modelOf[pool.product_id]!] = pool.count;
      }
      const { vcpusUsed = 0, ramUsedMib = 0, diskUsedGib = 0 } = used.get(name) ?? {};
      const seen: SeenHost = {
        vcpusFree,
        ramFreeMib,
        diskFreeGib,
        diskWeighedGib: Math.min(diskFreeGib, diskLeastGib ?? diskFreeGib),
        building: Number(building),
        idleCards,
        placement: { vcpusUsed, ramUsedMib, diskUsedGib },
      };
      return [name, seen];
    }),
  );
}

/** The same of a cluster of `core`; where `seen` differs in what `core` counts, the host and both; null where all is equal. */
export function differenceFrom(cluster: Cluster, seen: SeenHosts): string | null {
  for (const host of cluster.hosts) {
    const found = seen.get(host.name);
    if (found === undefined) return `${host.name} is not there`;
    const idleCards: Record<string, number> = {};
    host.specs.cards.forEach(({ model }, card) => {
      if (host.isCardIdle(card)) idleCards[model] = (idleCards[model] ?? 0) + 1;
    });
    const { vcpusFree, ramFreeMib, diskFreeGib } = host;
    const placement = {
      vcpusUsed: host.vcpus - vcpusFree,
      ramUsedMib: host.ramMib - ramFreeMib,
      diskUsedGib: host.diskGib - diskFreeGib,
    };
    const own = facts({ vcpusFree, ramFreeMib, diskFreeGib, idleCards, placement });
    if (own !== facts(found)) return `${host.name}: core has ${own}, Nova and Placement ${facts(found)}`;
  }
  return null;
}

function facts(host: Omit<SeenHost, 'diskWeighedGib' | 'building'>): string {
  const { vcpusFree, ramFreeMib, diskFreeGib, idleCards, placement } = host;
  return JSON.stringify([vcpusFree, ramFreeMib, diskFreeGib, Object.entries(idleCards).sort(), placement]);
}

/** What of the state counts late in Nova: `now` is the state without that delay. */
export interface Delays {
  readonly disk: 'now' | 'late';
  readonly building: 'now' | 'late';
}

/** A cluster of `core` in that state, its hosts in the order of `specs`. */
export function clusterOf(specs: readonly HostSpec[], seen: SeenHosts, delays: Delays): Cluster {
  const cluster = new Cluster(specs);
  for (const host of cluster.hosts) {
    const { vcpusFree, ramFreeMib, diskFreeGib, diskWeighedGib, building, idleCards } = seen.get(host.name)!;
    const left = { ...idleCards };
    const cards = host.specs.cards.map(({ model, memoryMib, cores }, index) => {
      const isIdle = (left[model] ?? 0) > 0;
      if (isIdle) left[model]!--;
      return { index, memoryFreeMib: isIdle ? memoryMib : 0, coresFree: isIdle ? cores : 0, isHealthy: true };
    });
    cluster.observe(host.index, {
      observedAtS: 0,
      sequence: 0,
      vcpusFree,
      ramFreeMib,
      diskFreeGib: delays.disk === 'now' ? diskFreeGib : diskWeighedGib,
      cards,
    });
    if (delays.building === 'late') cluster.addBuilding(host.index, building);
  }
  return cluster;
}
