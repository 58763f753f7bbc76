/** Workloads in which some are picky: who wants what, and how scarce that is, are two numbers each. */

import { modelNamed } from '../../../core/card-catalogue.ts';
import { addressOf, type NamedCluster } from '../../../core/cluster-file.ts';
import { exponential, randomStream } from '../../../traces/random.ts';

/** A point of the phase diagram. */
export interface Phase {
  /** Of the picky VMs, the part that names the small model; the others ask for more memory than it has. */
  readonly namesSmall: number;
  /** Of the hosts, the part that has small cards. */
  readonly smallHosts: number;
}

/** Values of both axes. */
export const namesSmall: readonly number[] = [0, 0.25, 0.5, 0.75, 1];
export const smallHosts: readonly number[] = [0.2, 0.35, 0.5, 0.65, 0.8];
export const phases: readonly Phase[] = smallHosts.flatMap((hosts) =>
  namesSmall.map((names) => ({ namesSmall: names, smallHosts: hosts })),
);

/** `phase-50-20`. */
export function phaseName(phase: Phase): string {
  return `phase-${Math.round(100 * phase.namesSmall)}-${Math.round(100 * phase.smallHosts)}`;
}

const hosts = 40;
const cardsPerHost = 2;
const days = 14;
const meanLifetimeS = 24 * 3600;
/** Cards asked for at a time, on average, of those there are. */
const load = 0.9;
/** Of the VMs, those that do not take any card. */
const pickyShare = 0.3;
const small = 'T4';
const large = 'A40';
/** More than the small model has. */
const largeMib = 40_000;

/** Hosts of two models, small ones first as they happen to be bought. */
export function clusterOfPhase(phase: Phase): NamedCluster {
  const ofSmall = Math.round(hosts * phase.smallHosts);
  return {
    name: phaseName(phase),
    hosts: Array.from({ length: hosts }, (_, index) => {
      // Models alternate as evenly as they can, so that the order of hosts favours neither.
      const isSmall = Math.floor(((index + 1) * ofSmall) / hosts) > Math.floor((index * ofSmall) / hosts);
      const { name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = modelNamed(isSmall ? small : large)!;
      return {
        name: `gpu-${String(index).padStart(2, '0')}`,
        vcpus: 32,
        ramMib: 256 * 1024,
        diskGib: 4000,
        cpuAllocationRatio: 1,
        cards: Array.from({ length: cardsPerHost }, (__, place) => ({
          ...{ model: name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz },
          address: addressOf(place),
          sharing: 'passthrough' as const,
        })),
      };
    }),
  };
}

/** Two weeks of VMs with a card each as CSV of heps: Poisson arrivals, exponential lifetimes; from the seed alone, whoever is picky. */
export function traceOfPhase({ namesSmall: naming }: Phase, seed: number): string {
  const arrivals = randomStream(seed, 'arrivals');
  const lifetimes = randomStream(seed, 'lifetimes');
  const wishes = randomStream(seed, 'wishes');
  const meanGapS = meanLifetimeS / (load * hosts * cardsPerHost);
  const rows = ['id,submit_s,lifetime_s,vcpus,ram_mib,disk_gib,cards,card_memory_mib,card_models'];
  for (let atS = exponential(arrivals, meanGapS); atS < days * 86_400; atS += exponential(arrivals, meanGapS)) {
    const lifetimeS = Math.max(60, Math.round(exponential(lifetimes, meanLifetimeS)));
    const [isPicky, isNaming] = [wishes() < pickyShare, wishes() < naming];
    const wish = !isPicky ? '8000,' : isNaming ? `8000,${small}` : `${largeMib},`;
    rows.push(`vm-${rows.length},${Math.round(atS)},${lifetimeS},8,32768,0,1,${wish}`);
  }
  return `${rows.join('\n')}\n`;
}
