/** Giving cards to guests: the paper's five steps, checked on a host (section 3.4). A check's step is the paper's. */
import type { Check } from '../checks.ts';
import type { HostTree } from './host-tree.ts';
import { checkIommu } from './iommu-check.ts';
import { checkNova } from './nova-check.ts';
import { checkDisplays, checkGuestDriver } from './passthrough-reminders.ts';
import { readPciCards } from './pci.ts';
import { checkBinding } from './vfio-check.ts';

/** The five steps, in order, each with at least one check. */
export const passthroughSteps: readonly string[] = [
  'IOMMU switched on',
  'display emulator on cards with connectors',
  'cards and their companions on vfio-pci',
  'Nova knows the cards',
  "the guest's driver",
];

/** Checks a host. What cannot be read is a warning of the tree, and never ok. */
export function checkPassthrough(tree: HostTree): readonly Check[] {
  const cards = readPciCards(tree).filter((card) => card.physicalFunction === null);
  return [
    ...checkIommu(tree),
    ...checkDisplays(cards),
    ...checkBinding(tree, cards),
    ...checkNova(tree, cards),
    ...checkGuestDriver(cards),
  ];
}
