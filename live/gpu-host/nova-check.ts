/** Step 4 of passthrough: Nova's configuration names the cards, has an alias for them, and its scheduler filters by them. */

import type { Check, CheckStatus } from '../checks.ts';
import type { HostTree } from './host-tree.ts';
import { lastValue, type OsloConfig, readServiceConfig } from './oslo-config.ts';
import type { PciCard } from './pci.ts';

/** Kinds of PCI device as Nova calls them. A card that could have virtual functions is a physical function, whether it has any or not. */
export function deviceTypeOf(card: PciCard): 'type-PCI' | 'type-PF' {
  return card.mostVirtualFunctions > 0 ? 'type-PF' : 'type-PCI';
}

/** See nova's conf/pci.py and pci/devspec.py. The scheduler's file is often on another machine. */
export function checkNova(tree: HostTree, cards: readonly PciCard[]): Check[] {
  if (cards.length === 0) return [{ step: 4, status: 'ok', found: 'no card for Nova to know', remedy: null }];
  const config = readServiceConfig(tree, 'nova');
  if (config === null) {
    const remedy = 'run this where nova-compute is configured, as a user who may read it; then see prepare';
    return [{ step: 4, status: 'cannot-tell', found: 'there is no /etc/nova/nova.conf that can be read', remedy }];
  }
  return [...eachKind(cards).flatMap((kind) => checkKind(config, kind)), checkScheduler(config)];
}

/** Cards of one vendor:device and one kind, which Nova treats alike; in order of address. */
export function eachKind(cards: readonly PciCard[]): readonly (readonly [PciCard, ...PciCard[]])[] {
  const kinds = new Map<string, [PciCard, ...PciCard[]]>();
  for (const card of cards) {
    const kind = `${card.pciId} ${deviceTypeOf(card)}`;
    const alike = kinds.get(kind);
    if (alike === undefined) kinds.set(kind, [card]);
    else alike.push(card);
  }
  return [...kinds.values()];
}

function checkKind(config: OsloConfig, cards: readonly [PciCard, ...PciCard[]]): Check[] {
  const [{ pciId }] = cards;
  const specs = entriesOf([
    ...(config.get('pci.device_spec') ?? []),
    ...(config.get('pci.passthrough_whitelist') ?? []),
  ]);
  const states = cards.map((card) => ({ card, state: bestOf(specs.map((spec) => specNames(spec, card))) }));
  const unnamed = states.filter(({ state }) => state !== 'ok');
  const spec: Check =
    unnamed.length === 0
      ? { step: 4, status: 'ok', found: `[pci] device_spec names ${pciId}`, remedy: null }
      : {
          step: 4,
          status: unnamed.every(({ state }) => state === 'cannot-tell') ? 'cannot-tell' : 'wrong',
          found: `[pci] device_spec ${specs.some((entry) => entry === null) ? 'has an entry that is no JSON, and none' : 'has no entry'} that surely names ${unnamed.map(({ card }) => card.address).join(', ')} (${pciId})`,
          remedy: "add it to this host's nova.conf (see prepare), and restart nova-compute",
        };

  const type = deviceTypeOf(cards[0]);
  const aliases = entriesOf(config.get('pci.alias') ?? []).filter(
    (entry) => `${entry?.vendor_id}:${entry?.product_id}`.toLowerCase() === pciId,
  );
  const fitting = aliases.find((alias) => (alias?.device_type ?? 'type-PCI') === type);
  const alias: Check =
    fitting !== undefined
      ? { step: 4, status: 'ok', found: `[pci] alias ${fitting?.name} asks for ${pciId} as ${type}`, remedy: null }
      : {
          step: 4,
          status: 'wrong',
          found:
            aliases.length === 0
              ? `[pci] alias has no entry for ${pciId}`
              : `[pci] alias ${aliases.map((entry) => entry?.name).join(', ')} asks for ${pciId} with another device_type than ${type}`,
          remedy: 'add it to nova.conf of nova-compute and of nova-api (see prepare), and restart them',
        };
  return [spec, alias];
}

function checkScheduler(config: OsloConfig): Check {
  const filters = lastValue(config, 'filter_scheduler.enabled_filters')?.split(/[\s,]+/);
  if (filters?.includes('PciPassthroughFilter')) {
    return { step: 4, status: 'ok', found: 'the scheduler filters by PCI devices', remedy: null };
  }
  return {
    step: 4,
    status: filters === undefined ? 'cannot-tell' : 'wrong',
    found:
      filters === undefined
        ? "this nova.conf does not set the scheduler's filters"
        : '[filter_scheduler] enabled_filters lacks PciPassthroughFilter',
    remedy:
      'add PciPassthroughFilter to enabled_filters where nova-scheduler is configured (see prepare), and restart it',
  };
}

type Entry = Readonly<Record<string, unknown>> | null;

/** Each value is an object or a list of objects, as JSON; null for one that is not. */
function entriesOf(values: readonly string[]): Entry[] {
  return values.flatMap((value) => {
    try {
      const parsed: unknown = JSON.parse(value);
      return (Array.isArray(parsed) ? parsed : [parsed]).map((entry) =>
        typeof entry === 'object' && entry !== null ? (entry as Entry) : null,
      );
    } catch {
      return [null]; // shown as an entry that is no JSON
    }
  });
}

/** Whether a device_spec names a card: by ids, where left out or `*` means all; by address, where only the exact and the `*` form are judged. */
function specNames(entry: Entry, card: PciCard): CheckStatus {
  if (entry === null) return 'wrong';
  const [vendor, product] = card.pciId.split(':');
  const isFree = (value: unknown, wanted: string): boolean =>
    value === undefined || value === '*' || (typeof value === 'string' && isSameHex(value, wanted));
  if (!isFree(entry.vendor_id, vendor!) || !isFree(entry.product_id, product!)) return 'wrong';
  if (entry.address === undefined) return entry.devname === undefined ? 'ok' : 'cannot-tell';
  if (typeof entry.address !== 'string') return 'cannot-tell';
  return globNames(entry.address, card.address) ? 'ok' : 'wrong';
}

/** As PciAddressGlobSpec in nova's pci/devspec.py: `*:41:00.*`, where parts left out on the left, or after the dot, are free as well. */
function globNames(glob: string, address: string): boolean {
  const partsOf = (text: string): string[] => {
    const [left = '', slotFunction = ''] = text.split('.');
    const parts = left.split(':');
    return [...Array(Math.max(0, 3 - parts.length)).fill('*'), ...parts, slotFunction].map(
      (part) => part.trim() || '*',
    );
  };
  const wanted = partsOf(glob);
  const has = partsOf(address);
  return wanted.length === has.length && wanted.every((part, index) => part === '*' || isSameHex(part, has[index]!));
}

function isSameHex(left: string, right: string): boolean {
  return Number.parseInt(left, 16) === Number.parseInt(right, 16);
}

/** What a card can hope for from all entries: one that names it is enough. */
function bestOf(states: readonly CheckStatus[]): CheckStatus {
  return states.find((state) => state === 'ok') ?? states.find((state) => state === 'cannot-tell') ?? 'wrong';
}
