/** What the agent of a host sends: what the host has, and how it is used now. */
import { aNumber, anArray, anInteger, anObject, aPositive, aText, noOtherFields, oneOf } from '../../core/check.ts';
import type { GpuCard } from '../../core/gpu-card.ts';
import { type HostInventory, mostVcpus, ramLimitMib } from '../../core/host.ts';
import { InputError } from '../../core/input-error.ts';
import { checkSrm, type SrmRecord } from '../../core/srm.ts';

export interface HostReport {
  readonly inventory: HostInventory;
  readonly record: SrmRecord;
}

const cardFields = ['address', 'model', 'memoryMib', 'cores', 'fp32Tflops', 'bandwidthGBs', 'clockMhz', 'sharing'];

/** The name of a host as Nova may have it, short enough for a key. @throws InputError */
export function aHostName(value: unknown, where: string): string {
  const name = aText(value, where);
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/.test(name)) {
    throw new InputError(where, 'a host name: letters, digits and . _ : - only, at most 255', name);
  }
  return name;
}

/** A report from outside, checked: every card of the record is one of the inventory. @throws InputError naming the field */
export function checkReport(value: unknown, host: string): HostReport {
  const report = anObject(value, 'body');
  noOtherFields(report, '', ['inventory', 'record']);
  const inventory = checkInventory(report.inventory, 'inventory');
  const fields = anObject(report.record, 'record');
  const record = within('record', () => checkSrm(fields));
  if (record.host !== host) throw new InputError('record.host', `${host}, as in the address`, record.host);
  const known = new Map(inventory.cards.map((card) => [card.address, card]));
  record.cards.forEach((card, index) => {
    const where = `record.cards[${index}]`;
    const spec = known.get(card.address);
    if (spec === undefined) throw new InputError(`${where}.address`, 'a card of the inventory', card.address);
    for (const field of ['model', 'memoryMib', 'cores'] as const) {
      if (spec[field] !== card[field]) throw new InputError(`${where}.${field}`, String(spec[field]), card[field]);
    }
  });
  return { inventory, record };
}

/** An inventory from outside, checked. @throws InputError naming the field */
export function checkInventory(value: unknown, where: string): HostInventory {
  const inventory = anObject(value, where);
  noOtherFields(inventory, where, ['vcpus', 'ramMib', 'diskGib', 'cards']);
  const vcpus = aPositive(inventory.vcpus, `${where}.vcpus`);
  if (vcpus > mostVcpus) throw new InputError(`${where}.vcpus`, `at most ${mostVcpus}`, vcpus);
  const ramMib = anInteger(inventory.ramMib, `${where}.ramMib`, 1);
  if (ramMib >= ramLimitMib) throw new InputError(`${where}.ramMib`, `a whole number below ${ramLimitMib}`, ramMib);
  const cards = anArray(inventory.cards, `${where}.cards`).map((card, index) =>
    checkCard(card, `${where}.cards[${index}]`),
  );
  const addresses = cards.map(({ address }) => address);
  const twice = addresses.findIndex((address, index) => addresses.indexOf(address) < index);
  if (twice >= 0) throw new InputError(`${where}.cards[${twice}].address`, 'an address of its own', addresses[twice]);
  return { vcpus, ramMib, diskGib: aNumber(inventory.diskGib ?? 0, `${where}.diskGib`), cards };
}

function checkCard(value: unknown, where: string): GpuCard {
  const card = anObject(value, where);
  noOtherFields(card, where, cardFields);
  return {
    address: aText(card.address, `${where}.address`),
    model: aText(card.model, `${where}.model`),
    memoryMib: anInteger(card.memoryMib, `${where}.memoryMib`, 1),
    cores: anInteger(card.cores, `${where}.cores`, 1),
    fp32Tflops: aPositive(card.fp32Tflops, `${where}.fp32Tflops`),
    bandwidthGBs: aPositive(card.bandwidthGBs, `${where}.bandwidthGBs`),
    clockMhz: aPositive(card.clockMhz, `${where}.clockMhz`),
    sharing: oneOf(card.sharing, `${where}.sharing`, ['passthrough', 'shared'] as const),
  };
}

/** Says of an InputError in which part of the body it is. */
function within<T>(part: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof InputError) throw InputError.saying(`${part}.${error.message}`);
    throw error;
  }
}
