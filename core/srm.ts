/**
 * System Resource Monitoring: what one host reports of itself (paper, section 3.5 and Fig. 5). A record is checked on entry, applied
 * to a Cluster, and has an age there.
 */
import { aBoolean, aNumber, anArray, anInteger, anObject, aPositive, aText, noOtherFields } from './check.ts';
import type { Cluster, HostView } from './cluster.ts';
import type { GpuCard } from './gpu-card.ts';
import { InputError } from './input-error.ts';
import { toThousandths } from './resources.ts';

/** One card as its host sees it. */
export interface SrmCard {
  /** PCI address, as in the HostSpec. */
  readonly address: string;
  /** Its name. */
  readonly model: string;
  /** Memory, MiB. */
  readonly memoryMib: number;
  /** Cores. */
  readonly cores: number;
  /** Memory bandwidth, GB/s. */
  readonly bandwidthGBs: number;
  /** Boost clock, MHz. */
  readonly clockMhz: number;
  /** In use, MiB; what the holder took, even where the host cannot look inside a passed-through card. */
  readonly memoryUsedMib: number;
  /** In use. */
  readonly coresUsed: number;
  /** Servers that hold the card or a part of it; a passthrough card with a holder is taken, whatever its use. */
  readonly serverIds: readonly string[];
  /** Whether it works. */
  readonly healthy: boolean;
}

/** How a card is used. */
export type CardUse = Pick<SrmCard, 'memoryUsedMib' | 'coresUsed' | 'serverIds' | 'healthy'>;

/** A card as its host reports it. */
export function srmCardOf(card: GpuCard, use: CardUse): SrmCard {
  const { address, model, memoryMib, cores, bandwidthGBs, clockMhz } = card;
  return { address, model, memoryMib, cores, bandwidthGBs, clockMhz, ...use };
}

/** One host at one moment. */
export interface SrmRecord {
  /** Name of the host. */
  readonly host: string;
  /** When it was taken, seconds on the reader's clock. */
  readonly observedAtS: number;
  /** Rises with every record of the host; an older record never replaces a newer one. */
  readonly sequence: number;
  /** vCPUs in use. */
  readonly vcpusUsed: number;
  /** RAM in use, MiB. */
  readonly ramUsedMib: number;
  /** Disk in use, GiB. */
  readonly diskUsedGib: number;
  /** In the order in which the host reports them. */
  readonly cards: readonly SrmCard[];
}

const recordFields = ['host', 'observedAtS', 'sequence', 'vcpusUsed', 'ramUsedMib', 'diskUsedGib', 'cards'];
const cardFields = [
  'address',
  'model',
  'memoryMib',
  'cores',
  'bandwidthGBs',
  'clockMhz',
  'memoryUsedMib',
  'coresUsed',
  'serverIds',
  'healthy',
];

/** A record from outside, checked. @throws InputError naming the field, such as `cards[1].memoryUsedMib` */
export function checkSrm(value: unknown): SrmRecord {
  const record = anObject(value, 'record');
  noOtherFields(record, '', recordFields);
  const addresses = new Set<string>();
  return {
    host: aText(record.host, 'host'),
    observedAtS: aNumber(record.observedAtS, 'observedAtS'),
    sequence: anInteger(record.sequence, 'sequence'),
    vcpusUsed: aNumber(record.vcpusUsed, 'vcpusUsed'),
    ramUsedMib: aNumber(record.ramUsedMib, 'ramUsedMib'),
    diskUsedGib: aNumber(record.diskUsedGib, 'diskUsedGib'),
    cards: anArray(record.cards, 'cards').map((card, index) => {
      const checked = checkCard(card, `cards[${index}]`);
      if (addresses.has(checked.address)) {
        throw new InputError(`cards[${index}].address`, 'an address of its own', checked.address);
      }
      addresses.add(checked.address);
      return checked;
    }),
  };
}

function checkCard(value: unknown, where: string): SrmCard {
  const card = anObject(value, where);
  noOtherFields(card, where, cardFields);
  const checked: SrmCard = {
    address: aText(card.address, `${where}.address`),
    model: aText(card.model, `${where}.model`),
    memoryMib: anInteger(card.memoryMib, `${where}.memoryMib`, 1),
    cores: anInteger(card.cores, `${where}.cores`, 1),
    bandwidthGBs: aPositive(card.bandwidthGBs, `${where}.bandwidthGBs`),
    clockMhz: aPositive(card.clockMhz, `${where}.clockMhz`),
    memoryUsedMib: anInteger(card.memoryUsedMib, `${where}.memoryUsedMib`),
    coresUsed: anInteger(card.coresUsed, `${where}.coresUsed`),
    serverIds: anArray(card.serverIds, `${where}.serverIds`).map((id, index) =>
      aText(id, `${where}.serverIds[${index}]`),
    ),
    healthy: aBoolean(card.healthy, `${where}.healthy`),
  };
  for (const [used, of] of [
    ['memoryUsedMib', 'memoryMib'],
    ['coresUsed', 'cores'],
  ] as const) {
    if (checked[used] > checked[of]) {
      throw new InputError(`${where}.${used}`, `at most the card's ${checked[of]}`, checked[used]);
    }
  }
  return checked;
}

/**
 * Replaces what the cluster knows of the host by the record. A host that carries more than it may give out has nothing free; part of a MiB
 * is not free; a card that the host no longer reports is failed.
 *
 * @returns false, and nothing changes, when the cluster already has this record or a newer one
 * @throws InputError when the record names a host or a card that the cluster does not have, or another size of card
 */
export function applySrm(cluster: Cluster, record: SrmRecord): boolean {
  const view = cluster.hosts.find((host) => host.name === record.host);
  if (view === undefined) throw new InputError('host', `one of the ${cluster.specs.length} hosts`, record.host);
  return applySrmTo(view, record);
}

/**
 * The same for a host already looked up.
 *
 * @param gpuVms its row of `Cluster.gpuVms`; found from the servers that the record names unless given
 */
export function applySrmTo(view: HostView, record: SrmRecord, gpuVms?: ArrayLike<number>): boolean {
  const { cluster, index: host, specs } = view;
  const reported = record.cards.map((card, place) => {
    const index = specs.cards.findIndex((known) => known.address === card.address);
    if (index < 0) throw new InputError(`cards[${place}].address`, `a card of ${specs.name}`, card.address);
    for (const field of ['model', 'memoryMib', 'cores'] as const) {
      const known = specs.cards[index]![field];
      if (known !== card[field]) throw new InputError(`cards[${place}].${field}`, String(known), card[field]);
    }
    return { index, card };
  });
  if (record.sequence <= cluster.srmSequence[host]!) return false;

  cluster.observe(host, {
    observedAtS: record.observedAtS,
    sequence: record.sequence,
    vcpusFree: Math.max(0, toThousandths(view.vcpus - record.vcpusUsed)),
    ramFreeMib: Math.max(0, Math.floor(view.ramMib - record.ramUsedMib)),
    diskFreeGib: Math.max(0, view.diskGib - record.diskUsedGib),
    cards: reported.map(({ index, card }) => {
      const isHeld = card.serverIds.length > 0 || card.memoryUsedMib > 0 || card.coresUsed > 0;
      const isTaken = specs.cards[index]!.sharing === 'passthrough' && isHeld;
      return {
        index,
        memoryFreeMib: isTaken ? 0 : card.memoryMib - card.memoryUsedMib,
        coresFree: isTaken ? 0 : card.cores - card.coresUsed,
        isHealthy: card.healthy,
      };
    }),
    gpuVms: gpuVms ?? gpuVmsOf(view, reported),
  });
  return true;
}

/** A row of `Cluster.gpuVms` from the servers that hold the cards. */
function gpuVmsOf(
  { cluster, specs }: HostView,
  reported: readonly { readonly index: number; readonly card: SrmCard }[],
): Int32Array {
  const cardsOf = new Map<string, number>();
  const holdsPart = new Set<string>();
  for (const { index, card } of reported) {
    const isPart =
      specs.cards[index]!.sharing === 'shared' && (card.serverIds.length > 1 || card.coresUsed < card.cores);
    for (const id of card.serverIds) {
      cardsOf.set(id, (cardsOf.get(id) ?? 0) + 1);
      if (isPart) holdsPart.add(id);
    }
  }
  const counts = new Int32Array(cluster.cardCounts);
  for (const [id, cards] of cardsOf) counts[cards === 1 && holdsPart.has(id) ? 0 : cards]!++;
  return counts;
}

/** Seconds since the host's last record was taken; Infinity before the first. */
export function srmAgeS(cluster: Cluster, host: number, nowS: number): number {
  return nowS - cluster.observedAtS[host]!;
}

/**
 * The record that a host would send now: step "aggregate" of Fig. 5, for hosts whose state is a Cluster (the simulator's).
 *
 * @param holders servers on each card, by card index
 */
export function srmOf(
  view: HostView,
  observedAtS: number,
  sequence: number,
  holders: (card: number) => readonly string[] = () => [],
): SrmRecord {
  return {
    host: view.name,
    observedAtS,
    sequence,
    vcpusUsed: toThousandths(view.vcpus - view.vcpusFree),
    ramUsedMib: view.ramMib - view.ramFreeMib,
    diskUsedGib: view.diskGib - view.diskFreeGib,
    cards: view.specs.cards.map((spec, card) =>
      srmCardOf(spec, {
        memoryUsedMib: spec.memoryMib - view.cardMemoryFreeMib(card),
        coresUsed: spec.cores - view.cardCoresFree(card),
        serverIds: holders(card),
        healthy: view.isCardHealthy(card),
      }),
    ),
  };
}
