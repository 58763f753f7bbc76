/** The cluster file, `"format": "heps-cluster/1"`: hosts and card models as people write them. Pure: takes and gives parsed JSON. */
import { modelNamed } from './card-catalogue.ts';
import { anArray, anInteger, anObject, aPositive, aText, noOtherFields, oneOf } from './check.ts';
import type { CardSharing, GpuCard, GpuModel } from './gpu-card.ts';
import { type HostSpec, mostHosts, mostVcpus, ramLimitMib } from './host.ts';
import { InputError } from './input-error.ts';

/** Name and version of the format of cluster files. */
export const clusterFormat = 'heps-cluster/1';

/** Some equal cards of a host. */
export interface CardRun {
  /** Name in the catalogue or in the file. */
  readonly model: string;
  /** How many. */
  readonly count: number;
  /** Defaults to `passthrough`. */
  readonly sharing?: CardSharing;
}

/** Some equal hosts. */
export interface HostRun {
  /** The host's name; with `count`, the prefix of `name-001` and so on. */
  readonly name: string;
  /** How many; one host without. */
  readonly count?: number;
  /** Physical vCPUs. */
  readonly vcpus: number;
  /** Memory that VMs may use, MiB. */
  readonly ramMib: number;
  /** Disk, GiB. */
  readonly diskGib: number;
  /** Defaults to 1. */
  readonly cpuAllocationRatio?: number;
  /** In order of PCI address. */
  readonly cards: readonly CardRun[];
  /** For people. */
  readonly comment?: string;
}

/** A cluster as a JSON file, `heps-cluster/1` (docs/formats.md). */
export interface ClusterFile {
  /** Format and its version. */
  readonly format: typeof clusterFormat;
  /** Of the cluster. */
  readonly name: string;
  /** For people. */
  readonly description?: string;
  /** Models that the catalogue does not have, or that differ from it. */
  readonly models: readonly (GpuModel & { readonly pciId?: string })[];
  /** In order of host index. */
  readonly hosts: readonly HostRun[];
}

/** A cluster as the scheduler wants it: one spec per host, in order of host index. */
export interface NamedCluster {
  /** Of the cluster. */
  readonly name: string;
  /** In order of host index. */
  readonly hosts: readonly HostSpec[];
}

const modelFields = ['name', 'pciId', 'memoryMib', 'cores', 'fp32Tflops', 'bandwidthGBs', 'clockMhz'];
const hostFields = ['name', 'count', 'vcpus', 'ramMib', 'diskGib', 'cpuAllocationRatio', 'cards', 'comment'];

/**
 * Hosts from a parsed cluster file.
 *
 * @param file its name, for messages
 * @throws InputError naming file and field, such as `heps.json, hosts[2].cards[0].model`
 */
export function parseCluster(value: unknown, file: string): NamedCluster {
  const top = anObject(value, file);
  noOtherFields(top, file, ['format', 'name', 'description', 'models', 'hosts']);
  oneOf(top.format, `${file}, format`, [clusterFormat]);
  const models = new Map<string, GpuModel>();
  anArray(top.models ?? [], `${file}, models`).forEach((item, index) => {
    const model = checkModel(item, `${file}, models[${index}]`);
    models.set(model.name, model);
  });
  const names = new Set<string>();
  const hosts = anArray(top.hosts, `${file}, hosts`).flatMap((item, index) => {
    const where = `${file}, hosts[${index}]`;
    const specs = expandHosts(item, where, models);
    for (const { name } of specs) {
      if (names.has(name)) throw new InputError(`${where}.name`, 'a name that no other host has', name);
      names.add(name);
    }
    return specs;
  });
  if (hosts.length === 0) throw new InputError(`${file}, hosts`, 'at least one host', []);
  if (hosts.length > mostHosts) throw new InputError(`${file}, hosts`, `at most ${mostHosts} hosts`, hosts.length);
  return { name: aText(top.name, `${file}, name`), hosts };
}

function checkModel(value: unknown, where: string): GpuModel {
  const model = anObject(value, where);
  noOtherFields(model, where, modelFields);
  return {
    name: aText(model.name, `${where}.name`),
    memoryMib: anInteger(model.memoryMib, `${where}.memoryMib`, 1),
    cores: anInteger(model.cores, `${where}.cores`, 1),
    fp32Tflops: aPositive(model.fp32Tflops, `${where}.fp32Tflops`),
    bandwidthGBs: aPositive(model.bandwidthGBs, `${where}.bandwidthGBs`),
    clockMhz: aPositive(model.clockMhz, `${where}.clockMhz`),
  };
}

function expandHosts(value: unknown, where: string, models: ReadonlyMap<string, GpuModel>): HostSpec[] {
  const run = anObject(value, where);
  noOtherFields(run, where, hostFields);
  const name = aText(run.name, `${where}.name`);
  const ratio = run.cpuAllocationRatio;
  const cards = anArray(run.cards ?? [], `${where}.cards`).flatMap((item, index) =>
    expandCards(item, `${where}.cards[${index}]`, models),
  );
  const spec: Omit<HostSpec, 'name'> = {
    vcpus: aPositive(run.vcpus, `${where}.vcpus`),
    ramMib: anInteger(run.ramMib, `${where}.ramMib`, 1),
    diskGib: anInteger(run.diskGib, `${where}.diskGib`),
    cpuAllocationRatio: ratio === undefined ? 1 : aPositive(ratio, `${where}.cpuAllocationRatio`),
    cards: cards.map((card, index) => ({ address: addressOf(index), ...card })),
  };
  if (spec.ramMib >= ramLimitMib) {
    throw new InputError(`${where}.ramMib`, `a whole number below ${ramLimitMib}`, spec.ramMib);
  }
  if (spec.vcpus * spec.cpuAllocationRatio > mostVcpus) {
    throw new InputError(`${where}.vcpus`, `at most ${mostVcpus} with the allocation ratio`, spec.vcpus);
  }
  if (run.count === undefined) return [{ name, ...spec }];
  const count = anInteger(run.count, `${where}.count`, 1);
  if (count > mostHosts) throw new InputError(`${where}.count`, `at most ${mostHosts}`, count);
  const width = Math.max(3, String(count).length);
  return Array.from({ length: count }, (_, index) => ({
    name: `${name}-${String(index + 1).padStart(width, '0')}`,
    ...spec,
  }));
}

function expandCards(value: unknown, where: string, models: ReadonlyMap<string, GpuModel>): Omit<GpuCard, 'address'>[] {
  const run = anObject(value, where);
  noOtherFields(run, where, ['model', 'count', 'sharing']);
  const name = aText(run.model, `${where}.model`);
  const model = models.get(name) ?? modelNamed(name);
  if (model === undefined) {
    throw new InputError(`${where}.model`, 'a model of the catalogue or of this file', name);
  }
  const { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = model;
  const sharing = oneOf(run.sharing ?? 'passthrough', `${where}.sharing`, ['passthrough', 'shared'] as const);
  const card = { model: name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz, sharing };
  return Array.from({ length: anInteger(run.count, `${where}.count`, 1) }, () => card);
}

/** PCI address of the card at that place, in a cluster that exists on paper only. */
export function addressOf(index: number): string {
  return `0000:${(index + 1).toString(16).padStart(2, '0')}:00.0`;
}

/** The file of a cluster: one entry per host, all models written out, so that it means the same with another catalogue. */
export function formatCluster({ name, hosts }: NamedCluster): ClusterFile {
  const models = new Map<string, GpuModel>();
  for (const { cards } of hosts) {
    for (const { model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } of cards) {
      models.set(model, { name: model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz });
    }
  }
  return {
    format: clusterFormat,
    name,
    models: [...models.values()],
    hosts: hosts.map(({ cards, ...spec }) => ({ ...spec, cards: runsOf(cards) })),
  };
}

/** Equal neighbours put together. */
function runsOf(cards: readonly GpuCard[]): CardRun[] {
  const runs: { model: string; count: number; sharing: CardSharing }[] = [];
  for (const { model, sharing } of cards) {
    const last = runs.at(-1);
    if (last !== undefined && last.model === model && last.sharing === sharing) last.count++;
    else runs.push({ model, count: 1, sharing });
  }
  return runs;
}
