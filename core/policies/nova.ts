/**
 * Stock OpenStack, Zed (26.3.0): Placement's CPU, RAM and disk, PciPassthroughFilter, and the default weighers with PCIWeigher.
 * Cards are counted, nothing else is known of them. Hosts of equal weight keep their order: host_subset_size 1, no shuffle.
 * Sources: nova/scheduler/manager.py, nova/weights.py, nova/scheduler/weights/*.py. docs/stock-openstack.md compares it with a real one.
 */
import type { HostView } from '../cluster.ts';
import { countedCards, cpuRamDisk, gpuCount, hostUp } from '../filters.ts';
import type { Policy, PolicyFactory } from '../policy.ts';
import { NovaIndex } from '../score-index/nova-index.ts';

export const nova: PolicyFactory = {
  name: 'nova',
  summary: 'stock OpenStack Zed with PciPassthroughFilter and PCIWeigher: cards are counted',
  create: createNova,
  shown: () => ({
    terms: {
      ram: { title: 'RAM', meaning: 'free RAM, of the most among the hosts that fit' },
      cpu: { title: 'vCPUs', meaning: 'free vCPUs, of the most among the hosts that fit' },
      disk: { title: 'disk', meaning: 'free disk, of the most among the hosts that fit' },
      io_ops: { title: 'building', meaning: 'VMs that are being built there count against it' },
      pci: { title: 'few cards', meaning: 'hosts with fewer idle cards are preferred' },
    },
    combined: 'sum',
    countsBuilding: true,
  }),
};

/** One Nova weigher: raw value of a host, multiplier, and `minval` where the class sets it. */
interface Weigher {
  readonly name: string;
  readonly multiplier: number;
  readonly minval?: number;
  raw(host: HostView): number;
}

const weighers: readonly Weigher[] = [
  { name: 'ram', multiplier: 1, minval: 0, raw: (host) => host.ramFreeMib },
  { name: 'cpu', multiplier: 1, minval: 0, raw: (host) => host.vcpusFree },
  { name: 'disk', multiplier: 1, minval: 0, raw: (host) => host.diskFreeGib * 1024 },
  { name: 'io_ops', multiplier: -1, minval: 0, raw: (host) => host.building },
  { name: 'pci', multiplier: 1, raw: (host) => 100 - Math.min(host.idleCards, 99) },
];

function createNova(): Policy {
  /** Per weigher, the bounds over the candidates; empty with one candidate, which Nova does not weigh. */
  let bounds: { weigher: Weigher; lo: number; hi: number }[] = [];

  const weight = ({ weigher, lo, hi }: (typeof bounds)[number], host: HostView): number => {
    const above = Math.max(weigher.raw(host), lo) - lo;
    return above === 0 ? 0 : weigher.multiplier * (above / (hi - lo));
  };

  return {
    name: 'nova',
    filters: [hostUp, cpuRamDisk, gpuCount],
    wholeCards: true,
    prepare(_request, candidates) {
      bounds =
        candidates.length <= 1
          ? []
          : weighers.map((weigher) => {
              let lo = weigher.minval ?? Infinity;
              let hi = -Infinity;
              for (const host of candidates) {
                const raw = weigher.raw(host);
                if (weigher.minval === undefined && raw < lo) lo = raw;
                if (raw > hi) hi = raw;
              }
              return { weigher, lo, hi };
            });
    },
    score(host) {
      let sum = 0;
      for (const bound of bounds) sum += weight(bound, host);
      return sum;
    },
    terms: (host) => Object.fromEntries(bounds.map((bound) => [bound.weigher.name, weight(bound, host)])),
    cards: (host, request) => countedCards(host, request).slice(0, request.cards),
    index: (cluster) => new NovaIndex(cluster),
  };
}
