/**
 * VMs of Microsoft Azure, 30 days of 2017 (AzurePublicDatasetV1; Cortez et al., "Resource Central", SOSP 2017), in the compact
 * form of https://github.com/huaweicloud/trace_generation_rnn: a flavour file and a lifetime file, one line per 300 seconds.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../core/input-error.ts';
import { vmRequest } from '../core/request.ts';
import type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
import { readLines, takeRows } from './csv.ts';
import { RowError } from './left-out.ts';
import { randomStream } from './random.ts';
import { boundInWords, longestInOrder } from './row-order.ts';

/** Seconds that one line of the files covers. */
const intervalS = 300;

/** The files that belong to one flavour file. */
export interface AzureFiles {
  /** The flavour file itself. */
  readonly vms: string;
  readonly lifetimes: string;
  readonly flavors: string;
  readonly bins: string;
}

interface AzureFlavor {
  /** vCPUs and GB as in the map: `2vcpu-3.5g`. */
  readonly name: string;
  readonly vcpus: number;
  readonly ramMib: number;
}

/** One VM of a line: its flavour's letter, its lifetime (`U7`, `C38`), and where they stand in their lines, from 1. */
interface Entry {
  readonly letter: string;
  readonly lifetime: string;
  readonly column: number;
}

/**
 * VMs of a flavour file such as `v1.test.txt`. In its directory must be `flav_map.txt`, `v1.interval_map.txt` and the lifetimes,
 * `v1.test.c*.txt`, which the published train part lacks.
 *
 * Times count from the first line of the file. The data says in which 300 seconds a VM came and in which bin its lifetime
 * falls; both are drawn uniformly inside, in whole seconds (a lifetime at least 1), from the streams `arrivals` and
 * `lifetimes`. A VM that still ran when the recording ended (`C38`; 6 % of the test part) lives for a time from the bin it had
 * reached, as if it had ended then: the longest lifetimes are too short. A line out of order is one invalid row, with all its VMs.
 *
 * @throws InputError when a file is missing or the lines of the two files do not correspond, whatever `onInvalid`
 */
export async function* readAzure(path: string, { onInvalid, seed = 1 }: ReadOptions = {}): ArrivalStream {
  const files = await azureFiles(path);
  const flavors = await readFlavors(files.flavors);
  const binStartS = await readBins(files.bins);
  const lines = await allLines(path);
  const lifetimeLines = await allLines(files.lifetimes);
  if (lifetimeLines.length !== lines.length) {
    throw new InputError(files.lifetimes, `${lines.length} lines, as in ${basename(path)}`, lifetimeLines.length);
  }

  const arrivals = randomStream(seed, 'arrivals');
  const lifetimes = randomStream(seed, 'lifetimes');
  const isKept = onInvalid === undefined ? undefined : linesInOrder(path, lines, onInvalid);
  let firstS: number | undefined;
  let earliestS = 0;
  let vms = 0;
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    const { startS, entries } = intervalOf(files, line, lines[index]!, lifetimeLines[index]!);
    if (isKept?.[index] === false) {
      // Drawn all the same, so that a line that is left out changes nothing for the others.
      for (const _ of entries) [arrivals(), lifetimes(), vms++];
      continue;
    }
    if (startS < earliestS) throw outOfOrder(path, line, startS, `at least ${earliestS}`);
    earliestS = startS + intervalS;
    firstS ??= startS;
    const offsetS = startS - firstS;

    const take = ({ letter, lifetime, column }: Entry): Arrival => {
      // Drawn first, so that a VM that is left out changes nothing for the others.
      const id = `azure-${vms++}`;
      const atS = offsetS + Math.floor(arrivals() * intervalS);
      const share = lifetimes();
      const flavor = flavors.get(letter);
      if (flavor === undefined) {
        const where = `${path}:${line}, column ${column}`;
        throw new RowError(where, `a letter of ${basename(files.flavors)}`, letter, 'wrong-value', 'flavor');
      }
      const bin = /^[UC]\d{1,3}$/.test(lifetime) ? Number(lifetime.slice(1)) : Number.NaN;
      const [fromS, toS] = [binStartS[bin], binStartS[bin + 1]];
      if (fromS === undefined || toS === undefined) {
        const where = `${files.lifetimes}:${line}, column ${column}`;
        const expected = `U or C and a bin of ${basename(files.bins)}`;
        throw new RowError(where, expected, lifetime, 'wrong-value', 'lifetime');
      }
      const lifetimeS = Math.max(1, Math.floor(fromS + share * (toS - fromS)));
      const request = vmRequest({ id, vcpus: flavor.vcpus, ramMib: flavor.ramMib });
      return { atS, lifetimeS, request, station: '', flavor: flavor.name, image: '', user: '' };
    };
    yield takeRows(entries, take, onInvalid).sort((a, b) => a.atS - b.atS);
  }
}

/** Which lines are in order, so that as few as possible are left out. */
function linesInOrder(path: string, lines: readonly string[], onInvalid: (error: RowError) => void): boolean[] {
  const startsS = lines.map((text, index) => splitLine(text, `${path}:${index + 1}`).startS);
  const isKept = longestInOrder(startsS, 0, intervalS);
  let earliestS = 0;
  startsS.forEach((startS, index) => {
    if (isKept[index]) earliestS = startS + intervalS;
    else {
      const next = isKept.indexOf(true, index);
      const latestS = next < 0 ? undefined : startsS[next]! - intervalS;
      onInvalid(outOfOrder(path, index + 1, startS, boundInWords(startS, earliestS, latestS)));
    }
  });
  return isKept;
}

function outOfOrder(path: string, line: number, startS: number, bound: string): RowError {
  return new RowError(`${path}:${line}`, `a time of ${bound}, as lines are in order of time`, startS, 'out-of-order');
}

/** The VMs of one line of both files, which must have the same time and the same batches. */
function intervalOf(
  files: AzureFiles,
  line: number,
  text: string,
  lifetimeText: string,
): { readonly startS: number; readonly entries: readonly Entry[] } {
  const ofVms = splitLine(text, `${files.vms}:${line}`);
  const ofLifetimes = splitLine(lifetimeText, `${files.lifetimes}:${line}`);
  const where = `${files.lifetimes}:${line}`;
  const like = `as in ${basename(files.vms)}`;
  if (ofLifetimes.startS !== ofVms.startS) throw new InputError(where, `${ofVms.startS}, ${like}`, ofLifetimes.startS);
  const count = ofVms.elements.length;
  if (ofLifetimes.elements.length !== count) {
    throw new InputError(where, `${count} elements, ${like}`, ofLifetimes.elements.length);
  }
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) {
    const letter = ofVms.elements[index]!;
    const lifetime = ofLifetimes.elements[index]!;
    if ((letter === '|') !== (lifetime === '|')) {
      const expected = letter === '|' ? `the end of a batch (|), ${like}` : `a lifetime, ${like}`;
      throw new InputError(`${where}, column ${index + 1}`, expected, lifetime);
    }
    if (letter !== '|') entries.push({ letter, lifetime, column: index + 1 });
  }
  return { startS: ofVms.startS, entries };
}

/** `2100000 m,m,|,b,|`: a time, and elements; `\|` ends a batch. */
function splitLine(text: string, where: string): { readonly startS: number; readonly elements: readonly string[] } {
  const match = /^(\d{1,12}) (\S+)$/.exec(text);
  if (match === null) throw new InputError(where, 'a time in seconds, a space and a list separated by commas', text);
  return { startS: Number(match[1]), elements: match[2]!.split(',') };
}

/** Where the other files are; their names follow from the flavour file's. */
export async function azureFiles(path: string): Promise<AzureFiles> {
  const directory = dirname(path);
  const names = await readdir(directory).catch((error) => {
    throw InputError.unreadable(path, 'a folder whose files can be listed', error);
  });
  // v1.test.txt: data set v1, part v1.test.
  const part = basename(path).replace(/\.txt(\.gz)?$/, '');
  const dataSet = part.split('.')[0]!;
  const find = (what: string, isIt: (name: string) => boolean): string => {
    const [found, another] = names.filter(isIt).sort();
    if (found === undefined || another !== undefined) {
      throw new InputError(
        path,
        `one ${what} beside it`,
        another === undefined ? undefined : `${found} and ${another}`,
      );
    }
    return join(directory, found);
  };
  const isNamed = (wanted: string) => (name: string) => name === wanted || name === `${wanted}.gz`;
  return {
    vms: path,
    lifetimes: find(`lifetime file ${part}.c*.txt`, (name) => {
      return name.startsWith(`${part}.c`) && /^\d+\.txt(\.gz)?$/.test(name.slice(part.length + 2));
    }),
    flavors: find('flav_map.txt', isNamed('flav_map.txt')),
    bins: find(`${dataSet}.interval_map.txt`, isNamed(`${dataSet}.interval_map.txt`)),
  };
}

/** Flavours by letter, from lines such as `2,3.5 g`: vCPUs, GB (of 1024 MiB), letter. */
async function readFlavors(path: string): Promise<ReadonlyMap<string, AzureFlavor>> {
  const flavors = new Map<string, AzureFlavor>();
  (await allLines(path)).forEach((text, index) => {
    const match = /^([1-9]\d{0,3}),(\d{1,5}(?:\.\d{1,3})?) (\S)$/.exec(text);
    if (match === null) throw new InputError(`${path}:${index + 1}`, '<vCPUs>,<GB> <letter>', text);
    const [, vcpus, gigabytes, letter] = match;
    const ramMib = Math.round(Number(gigabytes) * 1024);
    flavors.set(letter!, { name: `${vcpus}vcpu-${gigabytes}g`, vcpus: Number(vcpus), ramMib });
  });
  return flavors;
}

/**
 * Where each lifetime bin starts, seconds, and at the end where the last one stops; from lines such as `3900 13`, ascending:
 * a duration in steps of 300 s and the bin it falls in. Bin 13, from 3900 to 7200, so holds lifetimes in [3900, 7500).
 */
async function readBins(path: string): Promise<readonly number[]> {
  const startS: number[] = [];
  let lastS = -intervalS;
  (await allLines(path)).forEach((text, index) => {
    const match = /^(\d{1,9}) (\d{1,3})$/.exec(text);
    const [durationS, bin] = [Number(match?.[1]), Number(match?.[2])];
    if (match === null || durationS <= lastS || (bin !== startS.length && bin !== startS.length - 1)) {
      throw new InputError(`${path}:${index + 1}`, '<duration in s> <bin>, both ascending', text);
    }
    if (bin === startS.length) startS.push(durationS);
    lastS = durationS;
  });
  return [...startS, lastS + intervalS];
}

/** Lines of a file that are not blank at the end. The largest part has 6000 lines, 5 MB. */
async function allLines(path: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of readLines(path)) lines.push(...batch);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
