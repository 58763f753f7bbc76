/** Which cards a server really has: Nova chooses among those of a model, and does not say. */
import { isNotFound, type Placement, type Server } from '../openstack/index.ts';
import { cardsOf, type HostState, inventoryOf } from '../srm/host-state.ts';
import type { HeldCard } from './holding.ts';

/**
 * From Placement, where Nova reports each card as a provider `HOST_ADDRESS` below the host's (`[pci] report_in_placement`).
 *
 * @param count cards that it has
 * @returns null where Placement does not name them all
 */
export async function cardsInPlacement(
  placement: Pick<Placement, 'showAllocations' | 'listProviders'>,
  { id, host }: Pick<Server, 'id' | 'host'>,
  state: HostState | undefined,
  count: number,
): Promise<HeldCard[] | null> {
  if (state === undefined || host === null) return null;
  try {
    const providerIds = Object.keys(await placement.showAllocations(id));
    if (providerIds.length < 2) return null; // the host itself, and no cards
    const providers = await placement.listProviders({ inTree: providerIds[0]! });
    const addresses = providers
      .filter(({ id: providerId, parentId }) => parentId !== null && providerIds.includes(providerId))
      .map(({ name }) => name.slice(name.lastIndexOf('_') + 1));
    return known(addresses, state, count);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** Cards by server, from the host's own report. */
export function cardsInReport(state: HostState | undefined): ReadonlyMap<string, readonly HeldCard[]> {
  const byServer = new Map<string, HeldCard[]>();
  if (state === undefined || state.isStale) return byServer;
  for (const { address, model, serverIds } of cardsOf(state)) {
    for (const id of serverIds) byServer.set(id, [...(byServer.get(id) ?? []), { address, model }]);
  }
  return byServer;
}

/** Only where all of them are named. */
function known(addresses: readonly string[], state: HostState, count: number): HeldCard[] | null {
  const cards = inventoryOf(state).cards.filter(({ address }) => addresses.includes(address));
  return cards.length === count ? cards.map(({ address, model }) => ({ address, model })) : null;
}
