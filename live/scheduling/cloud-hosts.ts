/** The hosts of a cloud: Nova's hypervisors, with what Placement lets servers use of them. */
import { type Hypervisor, type Inventory, isNotFound, type Nova, type Placement } from '../openstack/index.ts';
import type { CloudHost } from './cloud-view.ts';

/** Inventories asked for at once. */
const atOnce = 8;

/** Hosts of one answer: each is taken in without a pause, and decisions wait. */
const pageSize = 250;

/** What was read of one host. */
interface ReadHost {
  readonly hypervisor: Hypervisor;
  /** Of its provider before the inventories were read; it rises with every change of them. Undefined where Placement does not know it. */
  readonly generation: number | undefined;
  /** Null where Placement does not know it. */
  readonly inventories: Readonly<Record<string, Inventory>> | null;
}

export class CloudHosts {
  readonly #nova: Pick<Nova, 'listHypervisors'>;
  readonly #placement: Pick<Placement, 'listProviders' | 'showInventories'>;
  #read: ReadonlyMap<string, ReadHost> = new Map();
  #byName: ReadonlyMap<string, Hypervisor> = new Map();

  constructor(nova: Pick<Nova, 'listHypervisors'>, placement: Pick<Placement, 'listProviders' | 'showInventories'>) {
    this.#nova = nova;
    this.#placement = placement;
  }

  /** All hosts. One that Placement does not know, or knows no vCPUs or RAM of, is left out: no server can go there. */
  async read(): Promise<CloudHost[]> {
    const generations = new Map((await this.#placement.listProviders()).map(({ id, generation }) => [id, generation]));
    const hypervisors: Hypervisor[] = [];
    for await (const hypervisor of this.#nova.listHypervisors(pageSize)) hypervisors.push(hypervisor);
    const hosts = new Map<string, ReadHost>();
    const left = [...hypervisors];
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let next = left.pop(); next !== undefined; next = left.pop()) {
          const known = this.#read.get(next.id);
          const generation = generations.get(next.id);
          const isCurrent = known !== undefined && generation !== undefined && known.generation === generation;
          const inventories = isCurrent ? known.inventories : await this.#inventoriesOf(next.id);
          hosts.set(next.id, { hypervisor: next, generation, inventories });
        }
      }),
    );
    this.#read = hosts;
    this.#byName = new Map(hypervisors.map((hypervisor) => [hypervisor.host, hypervisor]));
    return [...hosts.values()].flatMap(hostOf);
  }

  /** The host, whose id is that of its resource provider; undefined for one that was not read. */
  hypervisorOf(host: string): Hypervisor | undefined {
    return this.#byName.get(host);
  }

  /** Id of the host's resource provider; null for one that was not read. */
  idOf(host: string): string | null {
    return this.#byName.get(host)?.id ?? null;
  }

  /** Hosts that were read, by name. */
  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Name of the host with that resource provider; null for one that was not read. */
  nameOf(providerId: string): string | null {
    return this.#read.get(providerId)?.hypervisor.host ?? null;
  }

  async #inventoriesOf(providerId: string): Promise<Readonly<Record<string, Inventory>> | null> {
    try {
      return (await this.#placement.showInventories(providerId)).value;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }
}

function hostOf({ hypervisor: { host: name, state, status, diskGib }, inventories }: ReadHost): CloudHost[] {
  const { VCPU, MEMORY_MB, DISK_GB } = inventories ?? {};
  if (VCPU === undefined || MEMORY_MB === undefined) return [];
  const size = {
    vcpus: VCPU.total - VCPU.reserved,
    ramMib: capacity(MEMORY_MB),
    // On shared storage the disk is another provider's.
    diskGib: DISK_GB === undefined ? diskGib : capacity(DISK_GB),
  };
  if (size.vcpus <= 0 || size.ramMib <= 0) return [];
  const takesServers = state === 'up' && status === 'enabled';
  return [{ name, ...size, cpuAllocationRatio: VCPU.allocationRatio, takesServers }];
}

function capacity({ total, reserved, allocationRatio }: Inventory): number {
  return Math.max(0, Math.floor((total - reserved) * allocationRatio));
}
