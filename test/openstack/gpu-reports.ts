/** What the agents of the test cloud's GPU hosts would report: its fake hosts have cards in Nova only. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelNamed } from '../../core/card-catalogue.ts';
import type { HostSpec } from '../../core/host.ts';
import { srmCardOf } from '../../core/srm.ts';
import type { HostReport } from '../../live/srm/report.ts';
import { stateFolder } from './cloud.ts';

/** Model by the alias that the cloud has for it (cloud/lib/cluster.py). */
export const modelByAlias: Readonly<Record<string, string>> = { a6000: 'RTX A6000', a100: 'A100-80GB', t4: 'T4' };

interface CloudFile {
  readonly gpu_models: Readonly<Record<string, { readonly product_id: string }>>;
  readonly hosts: readonly {
    readonly name: string;
    readonly vcpus: number;
    readonly memory_mb: number;
    readonly disk_gb: number;
    readonly gpus?: Readonly<Record<string, number>>;
  }[];
}

function cloudFile(): CloudFile {
  return JSON.parse(readFileSync(join(stateFolder, 'cluster.json'), 'utf8')) as CloudFile;
}

/** Model by the PCI product id of its cards. */
export function modelByProduct(): Record<string, string> {
  const models = Object.entries(cloudFile().gpu_models);
  return Object.fromEntries(models.map(([alias, { product_id: product }]) => [product, modelByAlias[alias]!]));
}

/** The hosts as a cluster for `core`. */
export function cloudSpecs(): HostSpec[] {
  const cards = new Map(gpuReports().map(({ inventory, record }) => [record.host, inventory.cards]));
  return cloudFile()
    .hosts.map(({ name, vcpus, memory_mb: ramMib, disk_gb: diskGib }) => {
      return { name, vcpus, ramMib, diskGib, cpuAllocationRatio: 1, cards: cards.get(name) ?? [] };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

export function gpuReports(): HostReport[] {
  return cloudFile()
    .hosts.filter(({ gpus }) => gpus !== undefined)
    .map(({ name, vcpus, memory_mb: ramMib, disk_gb: diskGib, gpus = {} }) => {
      const aliases = Object.entries(gpus).flatMap(([alias, count]) => Array<string>(count).fill(alias));
      const cards = aliases.map((alias, index) => {
        const { name: model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = modelNamed(modelByAlias[alias]!)!;
        const address = `0000:${(0x21 + index).toString(16)}:00.0`;
        return {
          address,
          model,
          memoryMib,
          cores,
          fp32Tflops,
          bandwidthGBs,
          clockMhz,
          sharing: 'passthrough' as const,
        };
      });
      const used = { memoryUsedMib: 0, coresUsed: 0, serverIds: [], healthy: true };
      return {
        inventory: { vcpus, ramMib, diskGib, cards },
        record: {
          host: name,
          observedAtS: 1,
          sequence: 1,
          vcpusUsed: 0,
          ramUsedMib: 0,
          diskUsedGib: 0,
          cards: cards.map((card) => srmCardOf(card, used)),
        },
      };
    });
}
