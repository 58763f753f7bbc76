/** Hosts and flavors of many sizes for the test cloud: the more uneven they are, the more often each of Nova's weighers decides. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type VmRequest, vmRequest } from '../../../core/request.ts';
import type { Nova } from '../../../live/openstack/index.ts';
import { serviceOf } from '../../../live/openstack/service.ts';
import type { Session } from '../../../live/openstack/session.ts';
import { runCloud, stateFolder } from '../cloud.ts';
import { modelByAlias } from '../gpu-reports.ts';
import type { Baseline } from './baseline.ts';
import { extraSpecOf } from './host-aggregates.ts';

/** In the form of the cloud's cluster file (cloud/lib/cluster.py): little RAM for the CPUs, little CPU for the RAM, little disk, two card models. */
const unevenHosts = [
  { name: 'uneven-01', vcpus: 8, memory_mb: 32_768, disk_gb: 200 },
  { name: 'uneven-02', vcpus: 96, memory_mb: 131_072, disk_gb: 1000 },
  { name: 'uneven-03', vcpus: 24, memory_mb: 524_288, disk_gb: 500 },
  { name: 'uneven-04', vcpus: 16, memory_mb: 98_304, disk_gb: 300, gpus: { a6000: 1 } },
  { name: 'uneven-05', vcpus: 32, memory_mb: 196_608, disk_gb: 2000, gpus: { t4: 4 } },
  { name: 'uneven-06', vcpus: 48, memory_mb: 262_144, disk_gb: 1500, gpus: { a6000: 3, t4: 4 } },
  { name: 'uneven-07', vcpus: 64, memory_mb: 393_216, disk_gb: 3000, gpus: { a100: 6 } },
];

/** vCPUs, RAM in GiB, disk in GiB. */
type Size = readonly [number, number, number];

const cpuShapes: readonly Size[] = [
  [1, 2, 10],
  [2, 8, 20],
  [4, 8, 40],
  [8, 64, 80],
  [16, 32, 100],
  [24, 96, 200],
  [48, 16, 20],
  [2, 200, 20],
];

/** By which alias cards are asked for, and what that means as a request of `core`. */
type Asked = Pick<Partial<VmRequest>, 'cardMemoryMib' | 'cardCores' | 'cardModels'>;

/** Aliases of one model, or of all: `gpu`. */
const byModel: readonly (readonly [...Size, string, Asked?])[] = [
  [4, 16, 30, 't4:1'],
  [8, 32, 50, 't4:2'],
  [8, 32, 50, 'a6000:1'],
  [16, 64, 50, 'a6000:2'],
  [16, 128, 100, 'a6000:4'],
  [8, 64, 50, 'a100:1'],
  [16, 128, 50, 'a100:2'],
  [32, 256, 400, 'a100:4'],
  [4, 8, 20, 'gpu:1'],
  [6, 24, 20, 'gpu:3'],
];

/** Aliases of the models that have what is asked for; only the A6000 has as many as 7000 cores. */
const bySize: readonly (readonly [...Size, string, Asked?])[] = [
  [4, 16, 30, 'from-t4:1', {}],
  [6, 24, 20, 'from-t4:3', {}],
  [8, 32, 50, 'from-a6000:1', { cardMemoryMib: 40_000 }],
  [16, 64, 50, 'from-a6000:2', { cardMemoryMib: 40_000 }],
  [16, 128, 100, 'from-a6000:4', { cardMemoryMib: 40_000 }],
  [8, 64, 50, 'from-a100:1', { cardMemoryMib: 60_000 }],
  [16, 128, 50, 'from-a100:2', { cardMemoryMib: 60_000 }],
  [8, 24, 50, 'a6000:1', { cardCores: 7000 }],
  [8, 32, 50, 't4:2', { cardModels: [modelByAlias.t4!] }],
];

/** What is booted: the flavor in Nova, and the same as a request of `core`. */
export interface BootedFlavor {
  readonly id: string;
  readonly request: VmRequest;
}

/** Makes the flavors of a baseline. */
export async function createFlavors(nova: Nova, { policy, hostAggregates }: Baseline): Promise<BootedFlavor[]> {
  const flavors: BootedFlavor[] = [];
  const shapes: readonly (readonly [...Size, string?, Asked?])[] = [
    ...cpuShapes,
    ...(policy === 'nova' ? byModel : bySize),
  ];
  for (const [vcpus, ramGib, diskGib, alias, asked] of shapes) {
    const [cardName, count] = alias?.split(':') ?? [];
    const name = `identity-${vcpus}-${ramGib}-${diskGib}${alias === undefined ? '' : `-${cardName}-${count}`}`;
    const size = { vcpus, ramMib: ramGib * 1024, diskGib };
    const { id } = await nova.createFlavor({ name, ...size, isPublic: true, description: null });
    const cards = Number(count ?? 0);
    const extraSpecs = {
      ...(alias === undefined ? {} : { 'pci_passthrough:alias': alias }),
      ...(hostAggregates === 'gpu' ? extraSpecOf(cards) : {}),
    };
    if (Object.keys(extraSpecs).length > 0) await nova.setFlavorExtraSpecs(id, extraSpecs);
    const cardModels = cardName === undefined || cardName === 'gpu' ? [] : [modelByAlias[cardName]!];
    flavors.push({ id, request: vmRequest({ id: name, ...size, cards, ...(asked ?? { cardModels }) }) });
  }
  return flavors;
}

/** Adds the uneven hosts to those of the cloud. @returns what takes them away again */
export async function addUnevenHosts(session: Session, nova: Nova): Promise<() => Promise<void>> {
  const before = readFileSync(join(stateFolder, 'cluster.json'), 'utf8');
  const cluster = JSON.parse(before) as { gpu_models: object; hosts: { name: string }[] };
  const usual = cluster.hosts.filter(({ name }) => !name.startsWith('uneven-'));
  const bringUp = async (hosts: readonly object[]) => {
    const file = join(stateFolder, 'uneven-hosts.json');
    writeFileSync(file, JSON.stringify({ ...cluster, hosts }));
    await runCloud('up', ['--cluster', file]);
  };
  await bringUp([...usual, ...unevenHosts]);
  return async () => {
    await bringUp(usual);
    const compute = serviceOf(session, 'compute', nova.version);
    for await (const { id, host } of nova.listServices('nova-compute')) {
      if (host.startsWith('uneven-')) {
        await compute.request({ method: 'DELETE', path: `/os-services/${id}` }, () => undefined);
      }
    }
  };
}
