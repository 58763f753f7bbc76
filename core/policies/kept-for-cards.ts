/** What GPU hosts keep from CPU VMs, so that the VMs that need their cards find vCPUs and RAM beside them. Not in the paper. */
import type { HostView } from '../cluster.ts';
import type { Filter } from '../filters.ts';
import type { OptionValues, PolicyOptionRecord } from '../policy-options.ts';
import { isGpuRequest } from '../request.ts';

/** The options of policies that keep something for cards. */
export const keptForCardsOptions = {
  spill: {
    help: 'whether CPU VMs may go to GPU hosts when no CPU host has room',
    choices: ['allowed', 'never'],
    default: 'allowed',
    words: () => 'no CPU VMs on GPU hosts',
  },
  reserveVcpusPerCard: {
    help: 'vCPUs that CPU VMs leave free on a GPU host for each idle card',
    minimum: 0,
    default: 0,
    words: (vcpus) => `${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'} kept per idle card`,
  },
  reserveRamMibPerCard: {
    help: 'RAM that CPU VMs leave free on a GPU host for each idle card',
    minimum: 0,
    default: 0,
    unit: 'MiB',
    words: (mib) => `${mib < 1024 ? `${mib} MiB` : `${Number((mib / 1024).toFixed(1))} GiB`} of RAM kept per idle card`,
  },
} as const satisfies PolicyOptionRecord;

/** What a policy keeps for cards: the values of `keptForCardsOptions`. */
export type Reserve = OptionValues<typeof keptForCardsOptions>;

/**
 * A CPU VM may go to a GPU host only if this much stays free there for each idle card; with `spill: 'never'` to none.
 *
 * @returns no filter where the options keep nothing
 */
export function keptForCards({ spill, reserveVcpusPerCard, reserveRamMibPerCard }: Reserve): readonly Filter[] {
  if (spill !== 'never' && reserveVcpusPerCard === 0 && reserveRamMibPerCard === 0) return [];
  const keeps = (host: HostView, vcpusLeft: number, ramLeftMib: number): boolean => {
    if (spill === 'never') return true;
    const { idleCards } = host;
    return vcpusLeft < reserveVcpusPerCard * idleCards || ramLeftMib < reserveRamMibPerCard * idleCards;
  };
  return [
    {
      name: 'KeptForCards',
      dependsOn: 'host',
      reject(host, request) {
        if (isGpuRequest(request) || !host.isGpuHost) return undefined;
        const isKept = keeps(host, host.vcpusFree - request.vcpus, host.ramFreeMib - request.ramMib);
        return isKept ? 'kept-for-cards' : undefined;
      },
    },
  ];
}
