/** The devices that Nova reports below its hypervisors in Placement (`[pci] report_in_placement`). */
import type { Hypervisor } from './hosts.ts';
import type { ResourceProvider } from './placement.ts';

export interface PciProvider {
  readonly id: string;
  /** As servers and SRM records name it. */
  readonly host: string;
  readonly address: string;
}

/** Those whose name is `HYPERVISOR_ADDRESS`, by host and address (nova/compute/pci_placement_translator.py). */
export function pciProviders(
  hypervisors: readonly Pick<Hypervisor, 'id' | 'name' | 'host'>[],
  providers: readonly Pick<ResourceProvider, 'id' | 'name' | 'parentId'>[],
): PciProvider[] {
  const byId = new Map(hypervisors.map((hypervisor) => [hypervisor.id, hypervisor]));
  return providers
    .flatMap(({ id, name, parentId }): PciProvider[] => {
      const hypervisor = parentId === null ? undefined : byId.get(parentId);
      if (hypervisor === undefined || !name.startsWith(`${hypervisor.name}_`)) return [];
      const address = name.slice(hypervisor.name.length + 1).toLowerCase();
      return /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(address)
        ? [{ id, host: hypervisor.host, address }]
        : [];
    })
    .sort((one, other) => (one.host + one.address < other.host + other.address ? -1 : 1));
}
