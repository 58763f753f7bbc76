/** The hosts of a cloud: Nova's hypervisors, with what Placement lets servers use of them. */
import type { Inventory, Nova, Placement, ResourceProvider } from '../openstack/index.ts';
import type { CloudHost } from './cloud-view.ts';

/** Inventories asked for at once. */
const atOnce = 8;

export class CloudHosts {
  readonly #nova: Pick<Nova, 'listHypervisors'>;
  readonly #placement: Pick<Placement, 'listProviders' | 'showInventories'>;
  /** By provider, with the generation at which they were read: those of a host seldom change. */
  readonly #inventories = new Map<string, { generation: number; value: Readonly<Record<string, Inventory>> }>();

  constructor(nova: Pick<Nova, 'listHypervisors'>, placement: Pick<Placement, 'listProviders' | 'showInventories'>) {
    this.#nova = nova;
    this.#placement = placement;
  }

  /** All hosts. One that Placement does not know, or knows no vCPUs or RAM of, is left out: no server can go there. */
  async read(): Promise<CloudHost[]> {
    const providers = new Map((await this.#listNodes()).map((provider) => [provider.id, provider]));
    const hypervisors = [];
    for await (const hypervisor of this.#nova.listHypervisors()) hypervisors.push(hypervisor);
    const toRead = hypervisors.filter(({ id }) => {
      const provider = providers.get(id);
      return provider !== undefined && this.#inventories.get(id)?.generation !== provider.generation;
    });
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let next = toRead.pop(); next !== undefined; next = toRead.pop()) {
          this.#inventories.set(next.id, await this.#placement.showInventories(next.id));
        }
      }),
    );
    return hypervisors.flatMap(({ id, host, state, status }): CloudHost[] => {
      const { VCPU, MEMORY_MB, DISK_GB } = this.#inventories.get(id)?.value ?? {};
      if (!providers.has(id) || VCPU === undefined || MEMORY_MB === undefined) return [];
      const size = {
        vcpus: VCPU.total - VCPU.reserved,
        ramMib: capacity(MEMORY_MB),
        diskGib: DISK_GB === undefined ? 0 : capacity(DISK_GB),
      };
      if (size.vcpus <= 0 || size.ramMib <= 0) return [];
      const takesServers = state === 'up' && status === 'enabled';
      return [{ name: host, ...size, cpuAllocationRatio: VCPU.allocationRatio, takesServers }];
    });
  }

  /** The hosts' own providers, not those of their cards. Nova sets the trait since Ussuri; before, all have to be read. */
  async #listNodes(): Promise<ResourceProvider[]> {
    const nodes = await this.#placement.listProviders({ required: 'COMPUTE_NODE' });
    return nodes.length > 0 ? nodes : await this.#placement.listProviders();
  }
}

function capacity({ total, reserved, allocationRatio }: Inventory): number {
  return Math.max(0, Math.floor((total - reserved) * allocationRatio));
}
