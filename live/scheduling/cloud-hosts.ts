/** The hosts of a cloud: Nova's hypervisors, with what Placement lets servers use of them. */
import { type Hypervisor, type Inventory, isNotFound, type Nova, type Placement } from '../openstack/index.ts';
import type { CloudHost } from './cloud-view.ts';

/** Inventories asked for at once. */
const atOnce = 8;

/** Seconds after which the inventories of a host whose size is the same are read again: an allocation ratio was changed, perhaps. */
const readAgainS = 600;

/** Hosts of one answer: each is taken in without a pause, and decisions wait. */
const pageSize = 250;

/** What was read of one host. */
interface ReadHost {
  readonly hypervisor: Hypervisor;
  readonly atS: number;
  /** Null where Placement does not know it. */
  readonly inventories: Readonly<Record<string, Inventory>> | null;
}

export class CloudHosts {
  readonly #nova: Pick<Nova, 'listHypervisors'>;
  readonly #placement: Pick<Placement, 'showInventories'>;
  #read: ReadonlyMap<string, ReadHost> = new Map();
  #hostOfProvider: ReadonlyMap<string, string> = new Map();
  #byHost: ReadonlyMap<string, Hypervisor> = new Map();

  constructor(nova: Pick<Nova, 'listHypervisors'>, placement: Pick<Placement, 'showInventories'>) {
    this.#nova = nova;
    this.#placement = placement;
  }

  /** The host of each provider at the top of a tree in Placement, by its id. */
  get hostOfProvider(): ReadonlyMap<string, string> {
    return this.#hostOfProvider;
  }

  /** Placement's provider of a host. */
  providerOf(host: string): Hypervisor | undefined {
    return this.#byHost.get(host);
  }

  /** All hosts. One that Placement does not know, or knows no vCPUs or RAM of, is left out: no server can go there. */
  async read(nowS: number): Promise<CloudHost[]> {
    const hypervisors: Hypervisor[] = [];
    for await (const hypervisor of this.#nova.listHypervisors(pageSize)) hypervisors.push(hypervisor);
    const hosts = new Map<string, ReadHost>();
    const left = [...hypervisors];
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let next = left.pop(); next !== undefined; next = left.pop()) {
          const known = this.#read.get(next.id);
          const isCurrent =
            known !== undefined &&
            known.inventories !== null &&
            nowS - known.atS < readAgainS &&
            isSameSize(known.hypervisor, next);
          hosts.set(
            next.id,
            isCurrent
              ? { ...known, hypervisor: next }
              : { hypervisor: next, atS: nowS, inventories: await this.#inventoriesOf(next.id) },
          );
        }
      }),
    );
    this.#read = hosts;
    this.#hostOfProvider = new Map(hypervisors.map(({ id, host }) => [id, host]));
    this.#byHost = new Map(hypervisors.map((hypervisor) => [hypervisor.host, hypervisor]));
    return [...hosts.values()].flatMap(hostOf);
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

function isSameSize(one: Hypervisor, other: Hypervisor): boolean {
  return one.vcpus === other.vcpus && one.ramMib === other.ramMib && one.diskGib === other.diskGib;
}

function capacity({ total, reserved, allocationRatio }: Inventory): number {
  return Math.max(0, Math.floor((total - reserved) * allocationRatio));
}
