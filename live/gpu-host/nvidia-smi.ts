/** Cards that the host's own NVIDIA driver drives, as nvidia-smi describes them. Cards behind vfio-pci are invisible to it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { InputError } from '../../core/input-error.ts';
import { type HostTree, textAt } from './host-tree.ts';

/** What is asked of each card; the answer's columns, in this order. */
export const smiColumns = [
  'index',
  'uuid',
  'name',
  'pci.bus_id',
  'pci.device_id',
  'pci.sub_device_id',
  'memory.total',
  'memory.used',
  'memory.free',
  'clocks.max.sm',
  'clocks.max.memory',
  'utilization.gpu',
  'utilization.memory',
  'temperature.gpu',
  'power.draw',
  'ecc.errors.uncorrected.volatile.total',
  'mig.mode.current',
  'driver_version',
] as const;

/** One card; null where it said `[N/A]` or the like. */
export interface SmiCard {
  /** As sysfs writes it: a domain of four digits, lower case. */
  readonly address: string;
  readonly name: string;
  readonly memoryTotalMib: number | null;
  readonly memoryFreeMib: number | null;
  /** Share of the last sampling period in which a kernel ran, [0, 1]. */
  readonly busyShare: number | null;
  /** Memory errors that ECC could not correct, since the driver was loaded. */
  readonly uncorrectedErrors: number | null;
  /** Null for a card that cannot be cut into MIG instances. */
  readonly isMigOn: boolean | null;
}

/** Asks nvidia-smi and returns its answer. @throws when it is not installed, fails or takes too long */
export type AskSmi = () => Promise<string>;

/** A recorded answer, beside sys and proc in a recorded tree. */
const recordedAnswer = '/nvidia-smi.csv';

/** Runs the host's nvidia-smi; at most `limitS` seconds, for it hangs when a card has fallen off the bus. */
export function askSmi(limitS = 10): AskSmi {
  const args = [`--query-gpu=${smiColumns.join(',')}`, '--format=csv,noheader,nounits'];
  return async () =>
    (await promisify(execFile)('nvidia-smi', args, { timeout: limitS * 1000, killSignal: 'SIGKILL' })).stdout;
}

/**
 * The cards of the recorded answer in the tree, or of `ask` where the tree has none.
 *
 * @param ask null for a recorded tree, whose cards no program on this machine can see
 * @returns null, with a warning, when nothing can be learnt
 */
export async function readSmiCards(tree: HostTree, ask: AskSmi | null): Promise<readonly SmiCard[] | null> {
  const recorded = textAt(tree, recordedAnswer);
  if (recorded === null && ask === null) {
    tree.warnings.push(`cards driven by the host cannot be read: no ${recordedAnswer} in the tree`);
    return null;
  }
  try {
    return parseSmi(recorded ?? (await ask!()));
  } catch (error) {
    tree.warnings.push(`cards driven by the host cannot be read: ${describeFailure(error)}`);
    return null;
  }
}

/** The answer, parsed. @throws InputError with the line when it has another shape, as with "No devices were found" */
export function parseSmi(answer: string): SmiCard[] {
  const rows = parse(answer, { trim: true, skip_empty_lines: true, relax_column_count: true, quote: null });
  return rows.map((row, index) => {
    if (row.length !== smiColumns.length) {
      throw new InputError(`nvidia-smi, line ${index + 1}`, `${smiColumns.length} values`, row.join(', '));
    }
    const value = (column: (typeof smiColumns)[number]): string => row[smiColumns.indexOf(column)]!;
    const number = (column: (typeof smiColumns)[number]): number | null => numberOf(value(column));
    const busyPercent = number('utilization.gpu');
    return {
      address: sysfsAddress(value('pci.bus_id'), `nvidia-smi, line ${index + 1}`),
      name: value('name'),
      memoryTotalMib: number('memory.total'),
      memoryFreeMib: number('memory.free'),
      busyShare: busyPercent === null ? null : Math.min(1, busyPercent / 100),
      uncorrectedErrors: number('ecc.errors.uncorrected.volatile.total'),
      isMigOn: migModes.get(value('mig.mode.current')) ?? null,
    };
  });
}

const migModes = new Map([
  ['Enabled', true],
  ['Disabled', false],
]);

/** `00000000:3B:00.0` as `0000:3b:00.0`; a domain above ffff (as some virtual machines have) keeps its digits, as in sysfs. */
function sysfsAddress(busId: string, where: string): string {
  const match = /^([0-9a-f]{4,8}):([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i.exec(busId);
  if (match === null) throw new InputError(where, 'a PCI address such as 00000000:3B:00.0', busId);
  const domain = Number.parseInt(match[1]!, 16).toString(16).padStart(4, '0');
  return `${domain}:${match[2]!.toLowerCase()}`;
}

/** Null for `[N/A]`, `[Not Supported]`, `[GPU is lost]`, `[Unknown Error]`, `ERR!` and whatever else is no number. */
function numberOf(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

/** nvidia-smi explains itself on standard output even when it fails. */
function describeFailure(error: unknown): string {
  const { code, killed, stdout, message } = error as Error & { code?: unknown; killed?: boolean; stdout?: string };
  if (killed) return 'nvidia-smi took too long';
  if (code === 'ENOENT') return 'nvidia-smi is not installed';
  const said = stdout?.trim().split('\n')[0];
  return said ? `nvidia-smi says: ${said}` : message;
}
