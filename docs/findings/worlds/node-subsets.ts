/** Clusters of some of the nodes of a public list, drawn without replacement: small enough for its tasks to fill, one drawing a replication. */

import { modelNamed } from '../../../core/card-catalogue.ts';
import type { NamedCluster } from '../../../core/cluster-file.ts';
import { addressOf } from '../../../core/cluster-file.ts';
import type { GpuModel } from '../../../core/gpu-card.ts';
import type { HostSpec } from '../../../core/host.ts';
import { csvHeader, readCsv, textCell, wholeCell } from '../../../traces/csv.ts';
import { randomStream } from '../../../traces/random.ts';

/** `count` of the hosts, in their order. */
export function subset(name: string, hosts: readonly HostSpec[], count: number, seed: number): NamedCluster {
  const random = randomStream(seed, `nodes of ${name}`);
  const order = hosts.map((_, index) => index);
  const drawn = new Set<number>();
  while (drawn.size < Math.min(count, hosts.length)) {
    drawn.add(order.splice(Math.floor(random() * order.length), 1)[0]!);
  }
  return { name: `${name}-${count}-${seed}`, hosts: hosts.filter((_, index) => drawn.has(index)) };
}

/** Cards of Chameleon by what its list calls them; figures that the catalogue lacks are those of the vendors' datasheets. */
const chameleonModels: readonly (readonly [string, GpuModel | string])[] = [
  [
    'P100 SXM2',
    { name: 'P100-SXM2', memoryMib: 16384, cores: 3584, fp32Tflops: 10.6, bandwidthGBs: 732, clockMhz: 1480 },
  ],
  ['P100', 'P100'],
  ['V100 SXM2 32GB', 'V100-SXM2-32GB'],
  ['V100 PCIe 16GB', 'V100-16GB'],
  ['V100 PCIe 32GB', 'V100-32GB'],
  ['A100 PCIe 40GB', 'A100-40GB'],
  ['A100 PCIe 80GB', 'A100-80GB'],
  ['A100 SXM4 80GB', 'A100-SXM4-80GB'],
  [
    'Quadro RTX 6000',
    { name: 'RTX 6000', memoryMib: 24576, cores: 4608, fp32Tflops: 16.3, bandwidthGBs: 672, clockMhz: 1770 },
  ],
  ['MI100', { name: 'MI100', memoryMib: 32768, cores: 7680, fp32Tflops: 23.1, bandwidthGBs: 1229, clockMhz: 1502 }],
  ['A30', { name: 'A30', memoryMib: 24576, cores: 3584, fp32Tflops: 10.3, bandwidthGBs: 933, clockMhz: 1440 }],
  ['M40', { name: 'M40', memoryMib: 12288, cores: 3072, fp32Tflops: 6.8, bandwidthGBs: 288, clockMhz: 1114 }],
];

const gib = 1024 ** 3;
/** RAM that a host keeps, as those of heps-250 do, GiB. */
const keptGib = 8;
type Column =
  | 'site'
  | 'node_type'
  | 'uid'
  | 'threads'
  | 'ram_bytes'
  | 'gpu_vendor'
  | 'gpu_model'
  | 'gpu_memory_bytes'
  | 'gpu_count';

/** Nodes of Chameleon; six whose cards are of models without public figures (K80 halves, Max 1550, H100 94 GB) are left out. */
export async function readChameleonNodes(path: string): Promise<HostSpec[]> {
  const columns = (await csvHeader(path)) as readonly Column[];
  const hosts: HostSpec[] = [];
  const take = (row: Parameters<typeof textCell<Column>>[0]): HostSpec | undefined => {
    const count = textCell(row, 'gpu_count') === '' ? 0 : wholeCell(row, 'gpu_count');
    const called = textCell(row, 'gpu_model');
    const known = chameleonModels.find(([part]) => called.includes(part))?.[1];
    if (count > 0 && known === undefined) return undefined;
    const model = typeof known === 'string' ? modelNamed(known)! : known;
    const cards = Array.from({ length: model === undefined ? 0 : count }, (_, place) => {
      const { name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = model!;
      const figures = { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz };
      return { ...figures, model: name, address: addressOf(place), sharing: 'passthrough' as const };
    });
    const ramMib = Math.floor(wholeCell(row, 'ram_bytes') / gib - keptGib) * 1024;
    return {
      name: textCell(row, 'uid'),
      vcpus: wholeCell(row, 'threads', 1),
      ramMib,
      diskGib: 10_000,
      cpuAllocationRatio: 1,
      cards,
    };
  };
  for await (const batch of readCsv(path, { required: columns, optional: [] }, take)) {
    for (const host of batch) if (host !== undefined) hosts.push(host);
  }
  return hosts;
}
