/** A host as the registry knows it, and what its texts say. */
import { anObject } from '../../core/check.ts';
import type { HostInventory } from '../../core/host.ts';
import { checkSrm, type SrmCard, type SrmRecord } from '../../core/srm.ts';
import { readJsonColumn } from '../database/json-column.ts';
import { checkInventory } from './report.ts';
import type { RecordTable } from './tables.ts';

/** A host as the registry knows it. Inventory and usage are kept as JSON: 10 000 hosts of 8 cards as objects would take 100 MB more. */
export interface HostState extends Readonly<RecordTable> {
  /** Three intervals have gone by without a report: no GPU VM should go there. */
  readonly isStale: boolean;
}

/** How a host is used: its SRM record without host, time and sequence. */
export type HostUsage = Omit<SrmRecord, 'host' | 'observedAtS' | 'sequence'>;

/** What the host has. @throws UnreadableColumn */
export function inventoryOf({ host, inventory }: Pick<HostState, 'host' | 'inventory'>): HostInventory {
  return readJsonColumn(inventory, `records ${host}, inventory`, checkInventory);
}

/** How the host is used. @throws UnreadableColumn */
export function usageOf({ host, usage }: Pick<HostState, 'host' | 'usage'>): HostUsage {
  return readJsonColumn(usage, `records ${host}, usage`, (value, where) => {
    const record = { ...anObject(value, where), host, observedAtS: 0, sequence: 0 };
    const { vcpusUsed, ramUsedMib, diskUsedGib, cards } = checkSrm(record);
    return { vcpusUsed, ramUsedMib, diskUsedGib, cards };
  });
}

/** How its cards are used. @throws UnreadableColumn */
export function cardsOf(state: Pick<HostState, 'host' | 'usage'>): readonly SrmCard[] {
  return usageOf(state).cards;
}

/** A host as the API shows it, in JSON, put together from the texts that are kept. */
export function hostJson({ host, version, receivedAtS, isStale, inventory, ...record }: HostState): string {
  const head = JSON.stringify({ host, version, receivedAtS, stale: isStale });
  const { observedAtS, sequence, usage } = record;
  const recordHead = JSON.stringify({ host, observedAtS, sequence });
  return `${head.slice(0, -1)},"inventory":${inventory},"record":${recordHead.slice(0, -1)},${usage.slice(1)}}`;
}
