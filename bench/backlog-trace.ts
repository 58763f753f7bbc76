/** Writes the files of the backlog measurement: few hosts, and jobs that come in batches, as from scripts, so that thousands wait. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { hepsCsvHeader } from '../traces/heps-csv.ts';
import { exponential, type RandomStream, randomStream } from '../traces/random.ts';

const hostVcpus = 32;
const hostRamMib = 256 * 1024;
const cardsPerHost = 4;

/** A workload and its cluster. */
export interface Backlog {
  readonly seed: number;
  readonly hosts: number;
  readonly jobs: number;
  /** Mean jobs of a batch: what one user submits at once. */
  readonly batch: number;
  /** Of the vCPUs of the cluster, how much the jobs use on average where nothing stands idle while it waits. */
  readonly use: number;
  /** Share of the jobs that ask for cards; half of the hosts have some if it is above 0. */
  readonly gpuShare: number;
  /** Whether every job asks for something else, or those of a batch for the same. */
  readonly isEachDifferent: boolean;
}

/** Thousands wait on average: the shape of METACENTRUM-2009 in the Parallel Workloads Archive (30 hosts, 100 000 jobs, 3 359 waiting). */
export const metacentrumLike: Backlog = {
  ...{ seed: 1, hosts: 30, jobs: 100_000, batch: 400 },
  ...{ use: 0.9, gpuShare: 0, isEachDifferent: false },
};

export function writeBacklogCluster(path: string, { hosts, gpuShare }: Backlog): void {
  const specs = Array.from({ length: hosts }, (_, index) => ({
    name: `host-${String(index).padStart(4, '0')}`,
    vcpus: hostVcpus,
    ramMib: hostRamMib,
    diskGib: 4000,
    ...(gpuShare > 0 && index % 2 === 1 && { cards: [{ model: 'A10', count: cardsPerHost }] }),
  }));
  writeFileSync(path, JSON.stringify({ format: 'heps-cluster/1', name: 'backlog', hosts: specs }));
}

interface Size {
  readonly vcpus: number;
  readonly ramMib: number;
  readonly cards: number;
}

/** Most jobs ask for one vCPU, few for a whole host. */
function sizeOf(stream: RandomStream, gpuShare: number): Size {
  const vcpus = Math.min(hostVcpus, 2 ** Math.floor(exponential(stream, 1)));
  const ramMib = Math.min(hostRamMib, 100 + Math.floor(exponential(stream, 3000 * vcpus)));
  return { vcpus, ramMib, cards: stream() < gpuShare ? 1 + Math.floor(stream() ** 2 * cardsPerHost) : 0 };
}

/** Batches come at any time; lifetimes are exponential about a mean of the batch's own, most of them short. */
export function writeBacklogTrace(path: string, backlog: Backlog): void {
  const { seed, hosts, jobs, batch, use, gpuShare, isEachDifferent } = backlog;
  const stream = randomStream(seed, 'backlog');
  const rows: { size: Size; lifetimeS: number; batch: number }[] = [];
  let work = 0;
  let batches = 0;
  while (rows.length < jobs) {
    const count = Math.min(jobs - rows.length, 1 + Math.floor(exponential(stream, batch - 1)));
    const ofBatch = sizeOf(stream, gpuShare);
    const meanS = 60 * Math.exp(6 * stream());
    for (let job = 0; job < count; job++) {
      const size = isEachDifferent ? sizeOf(stream, gpuShare) : ofBatch;
      const lifetimeS = 1 + Math.round(exponential(stream, meanS));
      rows.push({ size, lifetimeS, batch: batches });
      work += size.vcpus * lifetimeS;
    }
    batches++;
  }
  const spanS = work / (use * hosts * hostVcpus);
  const startsS = Array.from({ length: batches }, () => Math.floor(stream() * spanS)).sort((a, b) => a - b);
  const file = openSync(path, 'w');
  writeSync(file, `${hepsCsvHeader}\n`);
  let text = '';
  for (const [row, { size, lifetimeS, batch: of }] of rows.entries()) {
    const { vcpus, ramMib, cards } = size;
    text += `job-${row + 1},${startsS[of]},${lifetimeS},${vcpus},${ramMib},0,${cards},0,0,,,,,\n`;
    if (text.length > 100_000) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
}
