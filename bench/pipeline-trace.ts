/** Writes the files of the pipeline measurement: a cluster, and a trace that keeps it near 88 % vCPU use. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { hepsCsvHeader } from '../traces/heps-csv.ts';
import { exponential, type RandomStream, randomStream } from '../traces/random.ts';

const hostVcpus = 64;
const wantedUse = 0.88;
const meanLifetimeS = 6 * 3600;
const flavors = 100;
const models = ['RTX A6000', 'A10', 'A100-80GB'];

/** Hosts as in `steady-state.ts`: every second one has eight cards, of three models. */
export function writeCluster(path: string, hosts: number): void {
  const specs = Array.from({ length: hosts }, (_, index) => ({
    name: `host-${String(index).padStart(5, '0')}`,
    vcpus: hostVcpus,
    ramMib: 512 * 1024,
    diskGib: 4000,
    ...(index % 2 === 1 && { cards: [{ model: models[index % 3]!, count: 8 }] }),
  }));
  writeFileSync(path, JSON.stringify({ format: 'heps-cluster/1', name: 'pipeline', hosts: specs }));
}

/** The cells of a flavor, from `vcpus` to `card_models`, and its size. */
function flavorOf(stream: RandomStream): { vcpus: number; cells: string } {
  const cards = stream() < 0.2 ? 1 + Math.floor(stream() ** 2 * 4) : 0;
  const vcpus = 2 + Math.floor(stream() * 14);
  const ramMib = (4 + Math.floor(stream() * 120)) * 1024;
  const cardMemoryMib = cards === 0 ? 0 : [8000, 20_000, 45_000][Math.floor(stream() * 3)]!;
  return { vcpus, cells: `${vcpus},${ramMib},40,${cards},${cardMemoryMib},0,` };
}

/**
 * A trace of `vms` VMs with all columns: exponential times between arrivals and lifetimes, in milliseconds. The cluster of
 * `writeCluster` is full after some three mean lifetimes (60 000 VMs on 2500 hosts).
 */
export function writeTrace(path: string, hosts: number, vms: number): void {
  const stream = randomStream(1, 'pipeline');
  const drawn = Array.from({ length: flavors }, () => flavorOf(stream));
  const meanVcpus = drawn.reduce((sum, { vcpus }) => sum + vcpus, 0) / flavors;
  const meanGapMs = (1000 * meanLifetimeS * meanVcpus) / (wantedUse * hosts * hostVcpus);
  const below = (limit: number): number => Math.floor(stream() * limit);
  const file = openSync(path, 'w');
  writeSync(file, `${hepsCsvHeader}\n`);
  let atMs = 0;
  for (let row = 0; row < vms; ) {
    let text = '';
    for (const end = Math.min(row + 1000, vms); row < end; row++) {
      atMs += Math.round(exponential(stream, meanGapMs));
      const lifetimeMs = 1 + Math.round(exponential(stream, 1000 * meanLifetimeS));
      const flavor = below(flavors);
      const id = String(row + 1).padStart(8, '0');
      const names = `B${1 + below(28)},VSD-${flavor},centos-7.9-v${below(8)},user-${below(2000)}`;
      text += `heps-${id},${atMs / 1000},${lifetimeMs / 1000},${drawn[flavor]!.cells},${names}\n`;
    }
    writeSync(file, text);
  }
  closeSync(file);
}
