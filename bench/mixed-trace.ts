/** Writes the files of a mix that no index is tuned to: many kinds of host, several card models, requests that are all different, some that no host has room for. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { hepsCsvHeader } from '../traces/heps-csv.ts';
import { exponential, type RandomStream, randomStream } from '../traces/random.ts';

const models = ['A10', 'A40', 'T4', 'RTX A6000', 'A100-80GB'];
const meanLifetimeS = 6 * 3600;
const gib = 1024;

/** A workload and its cluster. */
export interface Mix {
  readonly seed: number;
  readonly hosts: number;
  readonly vms: number;
  /** Sizes of host, each with cards of one of five models or without. */
  readonly sizes: number;
  /** Different requests; Infinity: each is drawn of its own. */
  readonly flavors: number;
  /** Share of the requests that ask for cards. */
  readonly gpuShare: number;
  /** Share of the requests that ask for all vCPUs, or all cards, of a host, and so mostly find none. */
  readonly refusedShare: number;
  /** Of the vCPUs of the cluster, how much the others use. */
  readonly use: number;
}

/** As issue by issue the cost of a VM has been compared on. */
export const usualMix: Mix = {
  ...{ seed: 1, hosts: 2500, vms: 1_000_000, sizes: 11, flavors: Infinity },
  ...{ gpuShare: 0.2, refusedShare: 0.04, use: 0.8 },
};

interface Size {
  readonly vcpus: number;
  readonly ramMib: number;
  readonly model: string | undefined;
}

function sizesOf({ seed, sizes }: Mix): Size[] {
  const stream = randomStream(seed, 'mix-hosts');
  return Array.from({ length: sizes }, (_, index) => ({
    vcpus: 32 + 8 * Math.floor(stream() * 13),
    ramMib: gib * (128 + 16 * Math.floor(stream() * 40)),
    model: index % 2 === 1 ? models[(index >> 1) % models.length]! : undefined,
  }));
}

export function writeMixedCluster(path: string, mix: Mix): void {
  const sizes = sizesOf(mix);
  const hosts = Array.from({ length: mix.hosts }, (_, index) => {
    const { vcpus, ramMib, model } = sizes[index % sizes.length]!;
    const name = `host-${String(index).padStart(6, '0')}`;
    return { name, vcpus, ramMib, diskGib: 8000, ...(model !== undefined && { cards: [{ model, count: 4 }] }) };
  });
  writeFileSync(path, JSON.stringify({ format: 'heps-cluster/1', name: 'mix', hosts }));
}

/** The cells of a request, from `vcpus` to `card_models`, and its vCPUs. */
function requestOf(stream: RandomStream, mix: Mix, sizes: readonly Size[]): { vcpus: number; cells: string } {
  if (stream() < mix.refusedShare) {
    const { vcpus, model } = sizes[Math.floor(stream() * sizes.length)]!;
    const ramMib = gib + Math.floor(stream() * 8 * gib);
    return model === undefined
      ? { vcpus: 0, cells: `${vcpus},${ramMib},0,0,0,0,` }
      : { vcpus: 0, cells: `1,${ramMib},0,4,0,0,${model}` };
  }
  const cards = stream() < mix.gpuShare ? 1 + Math.floor(stream() ** 3 * 2) : 0;
  const vcpus = 1 + Math.floor(stream() * 15);
  const ramMib = 512 + Math.floor(stream() * 48 * gib);
  return { vcpus, cells: `${vcpus},${ramMib},${Math.floor(stream() * 80)},${cards},0,0,` };
}

export function writeMixedTrace(path: string, mix: Mix): void {
  const sizes = sizesOf(mix);
  const stream = randomStream(mix.seed, 'mix');
  const drawn = Number.isFinite(mix.flavors)
    ? Array.from({ length: mix.flavors }, () => requestOf(stream, mix, sizes))
    : undefined;
  const ofHosts = Array.from({ length: mix.hosts }, (_, index) => sizes[index % sizes.length]!.vcpus);
  const hostVcpus = ofHosts.reduce((sum, vcpus) => sum + vcpus, 0);
  const meanVcpus = 8 * (1 - mix.refusedShare);
  const meanGapMs = (1000 * meanLifetimeS * meanVcpus) / (mix.use * hostVcpus);
  const file = openSync(path, 'w');
  writeSync(file, `${hepsCsvHeader}\n`);
  let atMs = 0;
  let text = '';
  for (let row = 1; row <= mix.vms; row++) {
    atMs += Math.round(exponential(stream, meanGapMs));
    const lifetimeMs = 1 + Math.round(exponential(stream, 1000 * meanLifetimeS));
    const { cells } = drawn?.[Math.floor(stream() * drawn.length)] ?? requestOf(stream, mix, sizes);
    text += `vm-${row},${atMs / 1000},${lifetimeMs / 1000},${cells},,,,\n`;
    if (text.length > 100_000 || row === mix.vms) {
      writeSync(file, text);
      text = '';
    }
  }
  closeSync(file);
}
