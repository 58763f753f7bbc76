/**
 * Alibaba's GPU-sharing cluster trace of 2023 ("openb"): its nodes, and the tasks submitted to it. Weng et al., "Beware of
 * Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023; columns:
 * https://github.com/alibaba/clusterdata/tree/master/cluster-trace-gpu-v2023. Tasks are containers, so vCPUs are fractional.
 */
import { modelNamed } from '../core/card-catalogue.ts';
import type { GpuModel } from '../core/gpu-card.ts';
import { type HostSpec, mostHosts, mostVcpus, ramLimitMib } from '../core/host.ts';
import { InputError } from '../core/input-error.ts';
import { vmRequest } from '../core/request.ts';
import type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
import { type CsvColumns, csvHeader, readCsv, type TextRow, textCell, wholeCell, wrongCell } from './csv.ts';

const podRequired = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'] as const;
const podOptional = ['gpu_spec', 'qos', 'pod_phase', 'creation_time', 'deletion_time', 'scheduled_time'] as const;
type PodColumn = (typeof podRequired)[number] | (typeof podOptional)[number];
type NodeColumn = 'sn' | 'cpu_milli' | 'memory_mib' | 'gpu' | 'model';

/** Columns of a pod list; the `multigpu` lists have the required ones only. */
export const openbPodColumns: CsvColumns<PodColumn> = { required: podRequired, optional: podOptional };
/** The same where the times are read. */
const timedPodColumns: CsvColumns<PodColumn> = {
  required: [...podRequired, 'creation_time', 'deletion_time'],
  optional: ['gpu_spec', 'qos', 'pod_phase', 'scheduled_time'],
};
/** Columns of a node list. */
export const openbNodeColumns: CsvColumns<NodeColumn> = {
  required: ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'],
  optional: [],
};

/** Cores of a card of this trace, which gives shares in thousandths: one core is a thousandth of the card. */
export const coresPerCard = 1000;

/** Lifetime of a task that never leaves, seconds: about 32 years, longer than any run. */
export const foreverS = 1e9;

/** A model of this trace. */
export interface OpenbModel extends GpuModel {
  /** Why figures are invented, where they are. */
  readonly nominal?: string;
}

const undisclosed =
  'the trace hides which card this is; its authors give it a nominal memory, and the figures are those of';

/**
 * Models by their name in the trace. Memory is the authors' table (the simulator of the paper, which reads what the driver of
 * the time showed); the other figures are the catalogue's or the vendor's, for PCIe cards.
 */
export const openbModels: ReadonlyMap<string, OpenbModel> = new Map(
  [
    likeCatalogue('P100', 16280, 'P100'),
    likeCatalogue('T4', 15109, 'T4'),
    likeCatalogue('V100M16', 16160, 'V100-16GB'),
    likeCatalogue('V100M32', 32510, 'V100-32GB'),
    likeCatalogue('A10', 22731, 'A10'),
    likeCatalogue('A100', 81251, 'A100-80GB'),
    // NVIDIA's datasheets and product pages; 2080 and 1080 are the Ti models by their memory.
    openbModel('P4', 7611, { fp32Tflops: 5.5, bandwidthGBs: 192, clockMhz: 1063 }),
    openbModel('M40', 11448, { fp32Tflops: 6.8, bandwidthGBs: 288, clockMhz: 1114 }),
    openbModel('1080', 11178, { fp32Tflops: 11.3, bandwidthGBs: 484, clockMhz: 1582 }),
    openbModel('2080', 11019, { fp32Tflops: 13.4, bandwidthGBs: 616, clockMhz: 1545 }),
    openbModel('3090', 24268, { fp32Tflops: 35.6, bandwidthGBs: 936, clockMhz: 1695 }),
    { ...likeCatalogue('G1', 10000, 'T4'), nominal: `${undisclosed} the T4` },
    { ...likeCatalogue('G2', 20000, 'A10'), nominal: `${undisclosed} the A10` },
    { ...likeCatalogue('G3', 30000, 'V100-32GB'), nominal: `${undisclosed} the V100-32GB` },
  ].map((model) => [model.name, model]),
);

function openbModel(
  name: string,
  memoryMib: number,
  { fp32Tflops, bandwidthGBs, clockMhz }: Pick<GpuModel, 'fp32Tflops' | 'bandwidthGBs' | 'clockMhz'>,
): OpenbModel {
  return { name, memoryMib, cores: coresPerCard, fp32Tflops, bandwidthGBs, clockMhz };
}

function likeCatalogue(name: string, memoryMib: number, catalogueName: string): OpenbModel {
  return openbModel(name, memoryMib, modelNamed(catalogueName)!);
}

/** How the times of a pod list are used. */
export interface OpenbOptions extends ReadOptions {
  /**
   * `real`: tasks arrive and leave when they did. `order`: task k of the list arrives at second k and never leaves, as in the
   * paper's experiments. Defaults to `real` where the list has times, else `order`.
   */
  readonly times?: 'real' | 'order' | undefined;
  /** Keep a model twice where `gpu_spec` names it twice: the authors' program counts such tasks as a kind of their own. Defaults to false. */
  readonly repeatedModels?: boolean | undefined;
}

/** Arrivals in one batch. */
const batchSize = 1000;

/**
 * Tasks of a pod list. A task of the `real` trace lives from creation to deletion, at least 1 second; tasks are sorted by
 * creation, those of one second as in the file, for which the list (some 10 000 rows) is in memory as a whole.
 */
export async function* readOpenbPods(path: string, options: OpenbOptions = {}): ArrivalStream {
  const { onInvalid, repeatedModels = false } = options;
  const hasTimes = (await csvHeader(path))?.includes('creation_time') ?? false;
  const times = options.times ?? (hasTimes ? 'real' : 'order');
  if (times === 'order') {
    let arrived = 0;
    const take = (row: TextRow<PodColumn>): Arrival => {
      const task = taskOf(row, repeatedModels);
      return { atS: arrived++, lifetimeS: foreverS, ...task };
    };
    yield* readCsv(path, openbPodColumns, take, onInvalid);
    return;
  }
  const arrivals: Arrival[] = [];
  for await (const batch of readCsv(path, timedPodColumns, (row) => timedTaskOf(row, repeatedModels), onInvalid))
    arrivals.push(...batch);
  arrivals.sort((a, b) => a.atS - b.atS);
  for (let start = 0; start < arrivals.length; start += batchSize) yield arrivals.slice(start, start + batchSize);
}

function timedTaskOf(row: TextRow<PodColumn>, repeatedModels: boolean): Arrival {
  const task = taskOf(row, repeatedModels);
  const atS = wholeCell(row, 'creation_time');
  return { atS, lifetimeS: Math.max(wholeCell(row, 'deletion_time') - atS, 1), ...task };
}

function taskOf(row: TextRow<PodColumn>, repeatedModels: boolean): Omit<Arrival, 'atS' | 'lifetimeS'> {
  const id = textCell(row, 'name');
  if (id === '') throw wrongCell(row, 'name', 'a text');
  const cards = wholeCell(row, 'num_gpu');
  const cardCores = cards === 0 ? 0 : wholeCell(row, 'gpu_milli', 1);
  if (cardCores > coresPerCard) throw wrongCell(row, 'gpu_milli', `at most ${coresPerCard}`);
  if (cards > 1 && cardCores < coresPerCard) {
    throw wrongCell(row, 'gpu_milli', `${coresPerCard}, since num_gpu is ${cards}`);
  }
  // Some lists name a model twice; a task without GPU wants none.
  const text = cards === 0 ? '' : textCell(row, 'gpu_spec');
  const models = text === '' ? [] : text.split('|');
  const request = vmRequest({
    id,
    vcpus: wholeCell(row, 'cpu_milli', 1) / 1000,
    ramMib: wholeCell(row, 'memory_mib'),
    cards,
    cardCores,
    cardModels: repeatedModels ? models : [...new Set(models)],
  });
  const isShare = cards === 1 && cardCores < coresPerCard;
  const flavor = cards === 0 ? 'cpu' : isShare ? 'gpu-share' : `gpu-${cards}`;
  return { request, station: textCell(row, 'qos'), flavor, image: '', user: '' };
}

/**
 * Hosts of a node list. Cards are shared; disk is not in the data, so hosts have none and tasks ask for none. PCI addresses
 * are made up: 0000:01:00.0, 0000:02:00.0, …
 */
export async function readOpenbNodes(path: string): Promise<HostSpec[]> {
  const hosts: HostSpec[] = [];
  const names = new Set<string>();
  for await (const batch of readCsv(path, openbNodeColumns, (row) => hostOf(row, names))) hosts.push(...batch);
  if (hosts.length > mostHosts) throw new InputError(path, `at most ${mostHosts} hosts`, hosts.length);
  return hosts;
}

/** @param names of the hosts before; this one's is added */
function hostOf(row: TextRow<NodeColumn>, names: Set<string>): HostSpec {
  const name = textCell(row, 'sn');
  if (name === '' || names.has(name)) throw wrongCell(row, 'sn', 'a name that no other host has');
  names.add(name);
  const vcpus = wholeCell(row, 'cpu_milli', 1) / 1000;
  if (vcpus > mostVcpus) throw wrongCell(row, 'cpu_milli', `at most ${mostVcpus * 1000}`);
  const ramMib = wholeCell(row, 'memory_mib', 1);
  if (ramMib >= ramLimitMib) throw wrongCell(row, 'memory_mib', `a whole number below ${ramLimitMib}`);
  const count = wholeCell(row, 'gpu');
  const model = openbModels.get(textCell(row, 'model'));
  if (count === 0 && textCell(row, 'model') !== '') throw wrongCell(row, 'model', 'no model, since gpu is 0');
  if (count > 0 && model === undefined) throw wrongCell(row, 'model', `one of ${[...openbModels.keys()].join(', ')}`);
  return {
    name,
    vcpus,
    ramMib,
    diskGib: 0,
    cpuAllocationRatio: 1,
    cards: Array.from({ length: count }, (_, index) => cardOf(model!, index)),
  };
}

function cardOf(model: OpenbModel, index: number): HostSpec['cards'][number] {
  const { name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = model;
  const bus = (index + 1).toString(16).padStart(2, '0');
  const figures = { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz };
  return { address: `0000:${bus}:00.0`, model: name, ...figures, sharing: 'shared' };
}
