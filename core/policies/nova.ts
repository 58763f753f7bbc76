/**
 * Stock OpenStack, Zed (26.3.0): Placement's CPU, RAM and disk, PciPassthroughFilter, and the default weighers with PCIWeigher.
 * Cards are counted, nothing else is known of them. Hosts of equal weight keep their order: host_subset_size 1, no shuffle.
 * Sources: nova/scheduler/manager.py, nova/weights.py, nova/scheduler/weights/*.py. docs/stock-openstack.md compares it with a real one.
 */
import type { HostView } from '../cluster.ts';
import { cpuRamDisk, hostUp, ownAggregate } from '../filters.ts';
import { type Aliases, byModel, bySize } from '../pci-aliases.ts';
import type { Policy, PolicyFactoryWith } from '../policy.ts';
import type { OptionValues, PolicyOptionRecord } from '../policy-options.ts';
import { NovaIndex } from '../score-index/nova-index.ts';

const options = {
  hostAggregates: {
    help: 'host aggregates: none, or hosts with and without cards in two, to which flavors bind their VMs',
    choices: ['none', 'gpu'],
    default: 'none',
    words: () => 'host aggregates for GPU hosts',
  },
} as const satisfies PolicyOptionRecord;

const shown = () => ({
  terms: {
    ram: { title: 'RAM', meaning: 'free RAM, of the most among the hosts that fit' },
    cpu: { title: 'vCPUs', meaning: 'free vCPUs, of the most among the hosts that fit' },
    disk: { title: 'disk', meaning: 'free disk, of the most among the hosts that fit' },
    io_ops: { title: 'building', meaning: 'VMs that are being built there count against it' },
    pci: { title: 'few cards', meaning: 'hosts with fewer idle cards are preferred' },
  },
  combined: 'sum' as const,
  countsBuilding: true as const,
});

/** One alias for all cards; requests that name models use an alias of those. */
export const nova: PolicyFactoryWith<typeof options> = {
  name: 'nova',
  summary: 'stock OpenStack Zed with PciPassthroughFilter and PCIWeigher: cards are counted',
  options,
  create: (given) => createNova('nova', byModel, given),
  shown,
};

/** The same as an operator who knows the cards sets it up: for each size of card that is asked for an alias of the products that have it. */
export const novaAliases: PolicyFactoryWith<typeof options> = {
  name: 'nova-aliases',
  summary: 'the same with an alias for each size of card, repeated for every product that has it: no card is too small',
  options,
  create: (given) => createNova('nova-aliases', bySize, given),
  shown,
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

function createNova(name: string, aliases: Aliases, { hostAggregates }: OptionValues<typeof options>): Policy {
  const areSplit = hostAggregates === 'gpu';
  const filters = areSplit ? [ownAggregate, aliases.filter] : [aliases.filter];
  /** Per weigher, the bounds over the candidates; empty with one candidate, which Nova does not weigh. */
  let bounds: { weigher: Weigher; lo: number; hi: number }[] = [];

  const weight = ({ weigher, lo, hi }: (typeof bounds)[number], host: HostView): number => {
    const above = Math.max(weigher.raw(host), lo) - lo;
    return above === 0 ? 0 : weigher.multiplier * (above / (hi - lo));
  };

  return {
    name,
    filters: [hostUp, cpuRamDisk, ...filters],
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
    cards: (host, request) => aliases.counted(host, request).slice(0, request.cards),
    index: (cluster) => new NovaIndex(cluster, aliases, areSplit),
  };
}
