/** What reading our workload format costs a row, against csv-parse with column names and nothing done with its objects. */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { vmRequest } from '../core/request.ts';
import type { Arrival } from '../traces/arrival.ts';
import { formatHepsCsv, hepsCsvHeader, readHepsCsv } from '../traces/heps-csv.ts';
import { randomStream } from '../traces/random.ts';

const rows = 500_000;
/** Odd, so that there is a median. */
const runs = 7;

/** Writes a file with all columns: 100 flavors, 28 stations, 2000 users, every third row with cards. */
async function writeFile(path: string): Promise<void> {
  const stream = randomStream(1, 'csv');
  const below = (limit: number): number => Math.floor(stream() * limit);
  const file = await open(path, 'w');
  await file.write(`${hepsCsvHeader}\n`);
  let atS = 0;
  for (let row = 0; row < rows; row += 1000) {
    const batch = Array.from({ length: 1000 }, (_, index): Arrival => {
      const flavor = below(100);
      const cards = flavor % 3 === 0 ? 1 + below(2) : 0;
      atS += below(20_000) / 1000;
      return {
        atS,
        lifetimeS: 60 + below(86_400_000) / 1000,
        request: vmRequest({
          id: `heps-${String(row + index + 1).padStart(6, '0')}`,
          vcpus: 1 + (flavor % 32),
          ramMib: 2048 * (1 + (flavor % 16)),
          diskGib: 40 + flavor,
          cards,
          ...(cards > 0 && { cardMemoryMib: 16384, cardModels: flavor % 2 === 0 ? ['A40'] : ['A40', 'RTX A6000'] }),
        }),
        station: `B${1 + below(28)}`,
        flavor: `VSD-${cards > 0 ? 'GPU' : 'CPU'}-${flavor}`,
        image: `centos-7.9-v${below(8)}`,
        user: `user-${below(2000)}`,
      };
    });
    await file.write(formatHepsCsv(batch));
  }
  await file.close();
}

async function readOurs(path: string): Promise<number> {
  let count = 0;
  for await (const batch of readHepsCsv(path)) count += batch.length;
  return count;
}

async function readWithNames(path: string): Promise<number> {
  let count = 0;
  for await (const _ of createReadStream(path).pipe(parse({ columns: true }))) count++;
  return count;
}

/** CPU microseconds a row. */
async function cost(read: (path: string) => Promise<number>, path: string): Promise<number> {
  const before = process.cpuUsage();
  const count = await read(path);
  const { user, system } = process.cpuUsage(before);
  if (count !== rows) throw new RangeError(`expected ${rows} rows, got ${count}`);
  return (user + system) / rows;
}

/** Prints microseconds a row for both, medians of seven runs that take turns, and the ratio of the medians. */
export async function benchCsv(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'heps-bench-'));
  try {
    const path = join(directory, 'workload.csv');
    await writeFile(path);
    const ours: number[] = [];
    const named: number[] = [];
    for (let run = 0; run < runs; run++) {
      ours.push(await cost(readOurs, path));
      named.push(await cost(readWithNames, path));
    }
    const ratios = named.map((each, run) => each / ours[run]!);
    for (const each of [ours, named, ratios]) each.sort((a, b) => a - b);
    const middle = (runs - 1) / 2;
    const spread = (each: number[], digits: number): string =>
      `${each[0]!.toFixed(digits)} to ${each.at(-1)!.toFixed(digits)}`;
    console.log(
      `CSV reading: ${ours[middle]!.toFixed(2)} µs a row (${spread(ours, 2)}), csv-parse with column names ` +
        `${named[middle]!.toFixed(1)} µs (${spread(named, 1)}): ${(named[middle]! / ours[middle]!).toFixed(1)}× (${spread(ratios, 1)})`,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}
