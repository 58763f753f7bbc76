/** What a GPU host reports: its inventory and its SRM record (paper, section 3.5), from one reading of the host. */
import type { CatalogueEntry } from '../../core/card-catalogue.ts';
import type { GpuCard } from '../../core/gpu-card.ts';
import type { HostInventory } from '../../core/host.ts';
import { type CardUse, type SrmRecord, srmCardOf } from '../../core/srm.ts';
import { hostTree } from './host-tree.ts';
import { type HostUsage, readHostUsage } from './host-usage.ts';
import { type AskSmi, readSmiCards, type SmiCard } from './nvidia-smi.ts';
import { isVfioDriver, type PciCard, readPciCards } from './pci.ts';

/** One reading of a host. Every card of the record is one of the inventory. */
export interface Observation {
  readonly inventory: HostInventory;
  readonly record: SrmRecord;
  /** What could not be read, and why cards are out of order; one line each. */
  readonly warnings: readonly string[];
}

export interface ObserveOptions {
  /** Before every path; `/` for this host. */
  readonly root: string;
  /** The host's name, as Nova knows it. */
  readonly host: string;
  /** Null for a recorded tree: see `readSmiCards`. */
  readonly askSmi: AskSmi | null;
  /** For the record. */
  readonly nowS: number;
  readonly sequence: number;
}

/**
 * Reads the host. Whatever cannot be read counts as in use or out of order, never as free.
 *
 * A card stays in the inventory while it is out of order (no driver, virtual functions on, a companion not bound), as unhealthy. Left out
 * are virtual functions, since they are parts of a card, and models that the catalogue does not know: nobody can place by their size.
 *
 * @throws InputError when the host does not even tell its processors and memory
 */
export async function observe(options: ObserveOptions): Promise<Observation> {
  const tree = hostTree(options.root);
  const usage = readHostUsage(tree);
  const all = readPciCards(tree);
  const smiCards = all.some(isHostDriven) ? await readSmiCards(tree, options.askSmi) : null;
  const cards = all
    .filter((card) => card.physicalFunction === null)
    .flatMap((card) => {
      if (card.model !== null) return [{ card, model: card.model }];
      tree.warnings.push(`${card.address}: left out, since the catalogue has no model ${card.pciId}`);
      return [];
    })
    .map(({ card, model }) => {
      const { use, problems } = isHostDriven(card)
        ? sharedUse(card, model, smiCards)
        : passthroughUse(card, model, usage);
      tree.warnings.push(...problems.map((problem) => `${card.address}: ${problem}`));
      const spec = specOf(card, model);
      return { spec, report: srmCardOf(spec, use) };
    });
  return {
    inventory: {
      vcpus: usage.vcpus,
      ramMib: usage.ramMib,
      diskGib: usage.diskGib,
      cards: cards.map(({ spec }) => spec),
    },
    record: {
      host: options.host,
      observedAtS: options.nowS,
      sequence: options.sequence,
      vcpusUsed: usage.vcpusUsed,
      ramUsedMib: usage.ramUsedMib,
      diskUsedGib: usage.diskUsedGib,
      cards: cards.map(({ report }) => report),
    },
    warnings: [...new Set(tree.warnings)],
  };
}

function isHostDriven(card: PciCard): boolean {
  return card.driver === 'nvidia' && card.physicalFunction === null;
}

/** A passed-through card is taken whole or not at all; nobody can look inside. */
function passthroughUse(card: PciCard, model: CatalogueEntry, usage: HostUsage): { use: CardUse; problems: string[] } {
  const problems = card.unusableBecause === null ? [] : [`out of order: ${card.unusableBecause}`];
  const holders = isVfioDriver(card.driver) ? usage.holdersOf(card) : [];
  if (holders === null) problems.push('counted as taken, since who holds it cannot be read');
  const isTaken = holders === null || holders.length > 0;
  const use = {
    memoryUsedMib: isTaken ? model.memoryMib : 0,
    coresUsed: isTaken ? model.cores : 0,
    serverIds: holders ?? [],
    healthy: card.unusableBecause === null,
  };
  return { use, problems };
}

/** A card that the host's driver shares out, as nvidia-smi sees it. */
function sharedUse(
  card: PciCard,
  model: CatalogueEntry,
  smiCards: readonly SmiCard[] | null,
): { use: CardUse; problems: string[] } {
  const seen = smiCards?.find((known) => known.address === card.address);
  const problems: string[] = [];
  if (card.virtualFunctions > 0)
    problems.push(`out of order: has ${card.virtualFunctions} virtual functions switched on`);
  if (seen === undefined) problems.push('out of order: nvidia-smi does not show it');
  if (seen?.isMigOn) problems.push('out of order: MIG is on, so that it is no longer one card');
  if (seen?.uncorrectedErrors) problems.push(`out of order: ${seen.uncorrectedErrors} uncorrected memory errors`);
  const healthy = problems.length === 0;
  if (seen?.memoryFreeMib === null) problems.push('its memory counts as used: nvidia-smi does not say');
  if (seen?.busyShare === null) problems.push('its cores count as used: nvidia-smi does not say');
  const use = {
    // What the driver keeps for itself is neither used nor free in nvidia-smi: only what is free is free.
    memoryUsedMib: model.memoryMib - Math.min(model.memoryMib, Math.floor(seen?.memoryFreeMib ?? 0)),
    coresUsed: Math.ceil(model.cores * (seen?.busyShare ?? 1)),
    serverIds: [],
    healthy,
  };
  return { use, problems };
}

function specOf(card: PciCard, model: CatalogueEntry): GpuCard {
  const { memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = model;
  const sharing = isHostDriven(card) ? 'shared' : 'passthrough';
  return { address: card.address, model: model.name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz, sharing };
}
