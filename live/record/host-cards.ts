/** Which cards the hosts have: as their agents report them, or as Placement lists them. */

import { type CatalogueEntry, catalogue, modelByPciId } from '../../core/card-catalogue.ts';
import { anArray, anObject, aText } from '../../core/check.ts';
import type { GpuCard } from '../../core/gpu-card.ts';
import { aliasOfModel, resourceClassOf } from '../gpu-host/passthrough-files.ts';
import { type Hypervisor, type PciProvider, type Placement, pciProviders } from '../openstack/index.ts';
import type { Client } from '../scheduling/client.ts';
import { checkReport } from '../srm/report.ts';

export interface HostCards {
  /** In order of address. A host without cards may be missing. */
  readonly byHost: ReadonlyMap<string, readonly GpuCard[]>;
  readonly warnings: readonly string[];
}

/** Providers asked for at once. */
const atOnce = 8;

/** Of each host from its record, where a server is named that has one; else from Placement. @throws InputError */
export async function cardsOfHosts(
  hypervisors: readonly Pick<Hypervisor, 'id' | 'name' | 'host'>[],
  placement: Pick<Placement, 'listProviders' | 'showInventories'>,
  client: Pick<Client, 'ask'> | null,
): Promise<HostCards> {
  if (client === null) return await hostCardsInPlacement(hypervisors, placement);
  const recorded = await cardsInRegistry(client);
  const others = hypervisors.filter(({ host }) => !recorded.byHost.has(host));
  if (others.length === 0) return recorded;
  const placed = await cardsOfProviders(pciProviders(others, await placement.listProviders()), placement);
  return { byHost: new Map([...recorded.byHost, ...placed.byHost]), warnings: placed.warnings };
}

/** From the SRM records of a running server; those of stale hosts too, since a host keeps its cards. @throws InputError */
export async function cardsInRegistry(client: Pick<Client, 'ask'>): Promise<HostCards> {
  const { body } = await client.ask('GET', '/v1/srm', [200]);
  const hosts = anArray(body.hosts, 'hosts').map((item, index) => {
    const state = anObject(item, `hosts[${index}]`);
    const host = aText(state.host, `hosts[${index}].host`);
    return [host, checkReport({ inventory: state.inventory, record: state.record }, host).inventory.cards] as const;
  });
  return { byHost: new Map(hosts), warnings: [] };
}

/**
 * From the providers below the hosts', each with a class `CUSTOM_PCI_VENDOR_PRODUCT`, or the one that `heps live host prepare` gives; a device
 * that the catalogue lacks, or that is kept back, is no card.
 */
export async function hostCardsInPlacement(
  hypervisors: readonly Pick<Hypervisor, 'id' | 'name' | 'host'>[],
  placement: Pick<Placement, 'listProviders' | 'showInventories'>,
): Promise<HostCards> {
  return await cardsOfProviders(pciProviders(hypervisors, await placement.listProviders()), placement);
}

async function cardsOfProviders(
  providers: readonly PciProvider[],
  placement: Pick<Placement, 'showInventories'>,
): Promise<HostCards> {
  const classes = new Map<string, readonly string[]>();
  const toRead = [...providers];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = toRead.pop(); next !== undefined; next = toRead.pop()) {
        const inventories = Object.entries((await placement.showInventories(next.id)).value);
        const given = inventories.filter(([, { total, reserved }]) => reserved < total);
        if (inventories.length === 0 || given.length > 0) {
          classes.set(
            next.id,
            given.map(([name]) => name),
          );
        }
      }
    }),
  );
  const byHost = new Map<string, GpuCard[]>();
  const unknown = new Map<string, number>();
  for (const { id, host, address } of providers) {
    const found = classes.get(id);
    if (found === undefined) continue; // kept back
    const model = found.map(modelOfClass).find((entry) => entry !== undefined);
    if (model === undefined) {
      const name = found.join(', ') || 'nothing';
      unknown.set(name, (unknown.get(name) ?? 0) + 1);
      continue;
    }
    const { name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = model;
    const figures = { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz };
    const cards = byHost.get(host) ?? [];
    cards.push({ address, model: name, ...figures, sharing: 'passthrough' });
    byHost.set(host, cards);
  }
  const warnings = Array.from(
    unknown,
    ([name, count]) => `${count} devices in Placement are of no known card model, and left out: ${name}`,
  );
  return { byHost, warnings };
}

const modelsByClass = new Map(catalogue.map((entry) => [resourceClassOf(aliasOfModel(entry.name)), entry]));

/** Undefined for a class that names no model of the catalogue. */
function modelOfClass(resourceClass: string): CatalogueEntry | undefined {
  const ids = /^CUSTOM_PCI_([0-9A-F]{4})_([0-9A-F]{4})$/.exec(resourceClass);
  return ids === null ? modelsByClass.get(resourceClass) : modelByPciId(`${ids[1]}:${ids[2]}`);
}
