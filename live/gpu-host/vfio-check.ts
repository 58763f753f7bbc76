/** Step 3 of passthrough: each card and what shares its IOMMU group on vfio-pci, now and after the next start. */

import type { Check } from '../checks.ts';
import { type HostTree, hostTree, namesAt, textAt } from './host-tree.ts';
import { describeFunction, isStranger, isVfioDriver, type PciCard, type PciFunction } from './pci.ts';

export function checkBinding(tree: HostTree, cards: readonly PciCard[]): Check[] {
  if (cards.length === 0) return [{ step: 3, status: 'ok', found: 'no NVIDIA card', remedy: null }];
  const settings = hostTree(tree.root);
  const ids = boundIds(settings);
  const overridden = boundAddresses(settings);
  tree.warnings.push(...settings.warnings);
  return cards.map((card) => {
    const members = [card, ...card.companions];
    if (card.unusableBecause !== null) {
      const isUnread = card.unusableBecause.startsWith('cannot ');
      const found = `${card.address} ${isUnread ? 'is not known in full: ' : ''}${card.unusableBecause}`;
      return { step: 3, status: isUnread ? 'cannot-tell' : 'wrong', found, remedy: remedyFor(card, members) };
    }
    const unsettled = members.filter(({ pciId, address }) => !ids.has(pciId) && !overridden.has(address));
    const names = members.map(describeFunction).join(', ');
    if (unsettled.length === 0) {
      return { step: 3, status: 'ok', found: `${names}: on ${card.driver}, and after a restart`, remedy: null };
    }
    return {
      step: 3,
      status: settings.warnings.length > 0 ? 'cannot-tell' : 'wrong',
      found: `${names}: on ${card.driver} now, but nothing binds ${unsettled.map(describeFunction).join(', ')} after a restart`,
      remedy: `put ${[...new Set(unsettled.map(({ pciId }) => pciId))].join(',')} into modprobe.d, or use driverctl (see prepare)`,
    };
  });
}

function remedyFor(card: PciCard, members: readonly PciFunction[]): string {
  if (card.virtualFunctions > 0) return `switch them off: echo 0 > /sys/bus/pci/devices/${card.address}/sriov_numvfs`;
  if (card.iommuGroup === null) return 'switch the IOMMU on (step 1)';
  const loose = members.filter(({ driver }) => !isVfioDriver(driver));
  if (loose.length === 0) return 'run this as root on the host itself';
  const stranger = loose.find((member) => isStranger(card, member));
  if (stranger !== undefined) {
    return `put the card into a slot with an IOMMU group of its own, or give up ${stranger.address} (${stranger.driver ?? 'no driver'}) to guests as well`;
  }
  return `bind ${loose.map(({ address }) => address).join(' and ')} to vfio-pci (see prepare), and restart`;
}

/** vendor:device of `options vfio-pci ids=` in modprobe.d and of `vfio-pci.ids=` on the kernel command line. */
function boundIds(tree: HostTree): ReadonlySet<string> {
  const modprobe = ['/etc/modprobe.d', '/usr/lib/modprobe.d', '/lib/modprobe.d'].flatMap((folder) =>
    (namesAt(tree, folder) ?? [])
      .filter((name) => name.endsWith('.conf'))
      .flatMap((name) => (textAt(tree, `${folder}/${name}`) ?? '').split('\n')),
  );
  const lists = [
    ...modprobe.flatMap((line) => /^\s*options\s+vfio[-_]pci\s.*?\bids=(\S+)/.exec(line)?.[1] ?? []),
    ...Array.from((textAt(tree, '/proc/cmdline') ?? '').matchAll(/\bvfio[-_]pci\.ids=(\S+)/g), (match) => match[1]!),
  ];
  // An id may go on with subsystem and class: 10de:2230:10de:1459.
  return new Set(
    lists.flatMap((list) => list.toLowerCase().split(',')).map((id) => id.split(':').slice(0, 2).join(':')),
  );
}

/** Addresses that driverctl binds at each start: files such as `pci-0000:41:00.0` with the driver's name. */
function boundAddresses(tree: HostTree): ReadonlySet<string> {
  const folder = '/etc/driverctl.d';
  const names = (namesAt(tree, folder) ?? []).filter((name) => isVfioDriver(textAt(tree, `${folder}/${name}`)));
  return new Set(names.map((name) => name.replace(/^pci-/, '')));
}
