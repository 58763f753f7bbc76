/** What GPU hosts keep from CPU VMs, so that the VMs that need their cards find vCPUs and RAM beside them. Not in the paper. */
import type { HostView } from '../cluster.ts';
import type { Filter } from '../filters.ts';
import type { PolicyOptions } from '../policy.ts';
import { isGpuRequest } from '../request.ts';

type Reserve = Pick<PolicyOptions, 'spill' | 'reserveVcpusPerCard' | 'reserveRamMibPerCard'>;

/**
 * A CPU VM may go to a GPU host only if so much stays free there for each idle card; with `spill: 'never'` to none.
 *
 * @returns no filter where the options keep nothing
 */
export function keptForCards({ spill, reserveVcpusPerCard = 0, reserveRamMibPerCard = 0 }: Reserve): readonly Filter[] {
  if (spill !== 'never' && reserveVcpusPerCard === 0 && reserveRamMibPerCard === 0) return [];
  const keeps = (host: HostView, vcpusLeft: number, ramLeftMib: number): boolean => {
    if (spill === 'never') return true;
    const { idleCards } = host;
    return vcpusLeft < reserveVcpusPerCard * idleCards || ramLeftMib < reserveRamMibPerCard * idleCards;
  };
  return [
    {
      name: 'KeptForCards',
      reject(host, request) {
        if (isGpuRequest(request) || !host.isGpuHost) return undefined;
        const isKept = keeps(host, host.vcpusFree - request.vcpus, host.ramFreeMib - request.ramMib);
        return isKept ? 'kept-for-cards' : undefined;
      },
    },
  ];
}
