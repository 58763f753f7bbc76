/** What a host has, as an administrator would write it down. */
import type { GpuCard } from './gpu-card.ts';

/** One compute host; capacities, not use. */
export interface HostSpec {
  /** Unique in its cluster. */
  readonly name: string;
  /** Physical vCPUs (hardware threads). */
  readonly vcpus: number;
  /** Memory that VMs may use, MiB (what the host keeps for itself is already taken off). */
  readonly ramMib: number;
  /** Disk, GiB. */
  readonly diskGib: number;
  /** vCPUs given out per physical one, Nova's `cpu_allocation_ratio`; 1 means no overcommitment. */
  readonly cpuAllocationRatio: number;
  /** In order of PCI address; a card's place here is its index in decisions and placements. */
  readonly cards: readonly GpuCard[];
}

/** What a host says that it has, in use or not. How far its vCPUs are overcommitted is the cloud's to say. */
export type HostInventory = Pick<HostSpec, 'vcpus' | 'ramMib' | 'diskGib' | 'cards'>;

/** Hosts of a cluster at most, and what the RAM of one is below, MiB: so that both fit into one exact number, as the score index keeps them. */
export const mostHosts = 2 ** 21;
export const ramLimitMib = 2 ** 31;

/** vCPUs that one host may give out at most, physical ones × allocation ratio: the score index has a row for each number of free ones. */
export const mostVcpus = 2 ** 16;
