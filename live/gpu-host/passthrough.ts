/** Giving cards to guests: the paper's five steps, checked on a host. */

import type { HostTree } from './host-tree.ts';
import { checkIommu } from './iommu-check.ts';
import { checkNova } from './nova-check.ts';
import { checkDisplays, checkGuestDriver } from './passthrough-reminders.ts';
import { readPciCards } from './pci.ts';
import { checkBinding } from './vfio-check.ts';

/** What a check found. `cannot-tell`: it is not to be seen from here, and somebody has to look. */
export type CheckStatus = 'ok' | 'wrong' | 'cannot-tell';

/** One thing that passthrough needs. */
export interface Check {
  /** Step of the paper, section 3.4, 1 to 5. */
  readonly step: number;
  readonly status: CheckStatus;
  /** What was found. */
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

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
