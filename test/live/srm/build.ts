/** Reports, records and a clock for the registry's tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelNamed } from '../../../core/card-catalogue.ts';
import type { SrmCard } from '../../../core/srm.ts';
import type { RecordWrite } from '../../../live/srm/record-store.ts';
import type { RegistryOptions } from '../../../live/srm/registry.ts';
import type { HostReport } from '../../../live/srm/report.ts';

/** A report of a host with A40 cards; the holders by card, '' for none. */
export function reportOf(
  host: string,
  sequence: number,
  {
    holders = ['', ''],
    vcpusUsed = 8,
    healthy = true,
  }: { holders?: string[]; vcpusUsed?: number; healthy?: boolean } = {},
): HostReport {
  const { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = modelNamed('A40')!;
  const addresses = holders.map((_, index) => `0000:${index + 1}0:00.0`);
  return {
    inventory: {
      vcpus: 64,
      ramMib: 262_144,
      diskGib: 100,
      cards: addresses.map((address) => ({
        address,
        model: 'A40',
        memoryMib,
        cores,
        fp32Tflops,
        bandwidthGBs,
        clockMhz,
        sharing: 'passthrough',
      })),
    },
    record: {
      host,
      observedAtS: 1_764_000_000 + sequence,
      sequence,
      vcpusUsed,
      ramUsedMib: 16_384,
      diskUsedGib: 0,
      cards: holders.map(
        (holder, index): SrmCard => ({
          address: addresses[index]!,
          model: 'A40',
          memoryMib,
          cores,
          bandwidthGBs,
          clockMhz,
          memoryUsedMib: holder === '' ? 0 : memoryMib,
          coresUsed: holder === '' ? 0 : cores,
          serverIds: holder === '' ? [] : [holder],
          healthy,
        }),
      ),
    },
  };
}

/** What the registry would write of such a report. */
export function writeOf(host: string, version: number, sequence = version): RecordWrite {
  const { inventory, record } = reportOf(host, sequence);
  const { host: _, observedAtS, sequence: __, ...usage } = record;
  return {
    record: {
      host,
      version,
      sequence,
      observedAtS,
      receivedAtS: 1_764_000_000.25 + sequence,
      inventory: JSON.stringify(inventory),
      usage: JSON.stringify(usage),
    },
    tokenId: 7,
    requestId: `request-${version}`,
  };
}

/** A store of records that keeps nothing. */
export const noRecords: RegistryOptions['store'] = {
  readRecords: async () => [],
  readHosts: async () => [],
  countHosts: async () => 0,
  writeRecords: async () => {},
  forget: async () => true,
};

/** A folder of its own and what removes it. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'heps-live-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A clock that a test sets. */
export function setClock(nowS: number): { nowS: number } {
  return { nowS };
}
