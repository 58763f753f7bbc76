/** What a host has besides cards, how much of it is in use, and who holds its cards. */
import { join } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import { fileSystemAt, type HostTree, textAt } from './host-tree.ts';
import { readGuests } from './libvirt.ts';
import type { PciCard } from './pci.ts';
import { readVfioHolders, type VfioHolders } from './vfio-holders.ts';

export interface HostUsage {
  /** Hardware threads. */
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
  /** Those of the running guests; where libvirt does not say, the one-minute load average. */
  readonly vcpusUsed: number;
  /** The larger of what is in use and what the guests may take, up to the next `ramStepMib`. */
  readonly ramUsedMib: number;
  readonly diskUsedGib: number;
  /** The servers that hold a card; null when neither libvirt nor the processes can be read in full, so that it may be taken. */
  holdersOf(card: Pick<PciCard, 'address' | 'iommuGroup' | 'vfioDevice'>): readonly string[] | null;
}

/** Use of RAM changes with every reading; in steps it changes when it matters. Rounded up, for what is in use must not look free. */
export const ramStepMib = 256;

/** Where Nova keeps the disks of its servers by default (`instances_path`). */
const instancesFolder = '/var/lib/nova/instances';

/** @throws InputError when /proc does not say how many processors or how much memory there are */
export function readHostUsage(tree: HostTree): HostUsage {
  const vcpus = (textAt(tree, '/proc/cpuinfo') ?? '').match(/^processor\s*:/gm)?.length;
  if (vcpus === undefined)
    throw new InputError(join(tree.root, '/proc/cpuinfo'), 'a line "processor: N" for each', undefined);
  const meminfo = textAt(tree, '/proc/meminfo') ?? '';
  const totalMib = memoryMib(tree, meminfo, 'MemTotal');
  const measuredMib = totalMib - memoryMib(tree, meminfo, 'MemAvailable') - freeHugePagesMib(meminfo);

  const guests = readGuests(tree);
  let processHolders: VfioHolders | null | undefined;
  const promisedMib = (guests ?? []).reduce((sum, guest) => sum + guest.ramMib, 0);
  const usedMib = Math.ceil(Math.max(measuredMib, promisedMib) / ramStepMib) * ramStepMib;
  const cardsOfGuests = new Map((guests ?? []).flatMap(({ id, cards }) => cards.map((card) => [card, id] as const)));
  return {
    vcpus,
    ramMib: Math.floor(totalMib),
    vcpusUsed:
      guests === null
        ? Math.min(vcpus, loadAverage(tree) ?? vcpus)
        : guests.reduce((sum, guest) => sum + guest.vcpus, 0),
    ramUsedMib: Math.min(usedMib, Math.floor(totalMib)),
    ...readDisk(tree),
    holdersOf({ address, iommuGroup, vfioDevice }) {
      const guest = cardsOfGuests.get(address);
      if (guest !== undefined) return [guest];
      // Only hosts with such cards look into every process.
      if (processHolders === undefined) processHolders = readVfioHolders(tree);
      if (guests === null && processHolders === null) return null;
      return processHolders?.get(`devices/${vfioDevice}`) ?? processHolders?.get(`${iommuGroup}`) ?? [];
    },
  };
}

function memoryMib(tree: HostTree, meminfo: string, name: string): number {
  const line = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(meminfo);
  if (line === null) throw new InputError(join(tree.root, '/proc/meminfo'), `a line "${name}: N kB"`, undefined);
  return Number(line[1]) / 1024;
}

/** Huge pages are set aside for guests and missing from MemAvailable, whether a guest has them or not. */
function freeHugePagesMib(meminfo: string): number {
  const pages = /^HugePages_Free:\s*(\d+)$/m.exec(meminfo)?.[1] ?? 0;
  const pageKib = /^Hugepagesize:\s*(\d+) kB$/m.exec(meminfo)?.[1] ?? 0;
  return (Number(pages) * Number(pageKib)) / 1024;
}

/** Processors in use, rounded up; null, with a warning, where it is unknown. */
function loadAverage(tree: HostTree): number | null {
  const load = Number.parseFloat(textAt(tree, '/proc/loadavg') ?? '');
  if (Number.isFinite(load)) return Math.ceil(load);
  tree.warnings.push('vCPUs in use are unknown: neither libvirt nor /proc/loadavg tells');
  return null;
}

/** The file system of Nova's instances; a host without that folder has no disk to give. */
function readDisk(tree: HostTree): Pick<HostUsage, 'diskGib' | 'diskUsedGib'> {
  const { bsize, blocks, bavail } = fileSystemAt(tree, instancesFolder) ?? { bsize: 0, blocks: 0, bavail: 0 };
  const diskGib = Math.floor((blocks * bsize) / 2 ** 30);
  return { diskGib, diskUsedGib: diskGib - Math.min(diskGib, Math.floor((bavail * bsize) / 2 ** 30)) };
}
