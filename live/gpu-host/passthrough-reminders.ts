/** Steps 2 and 5 of passthrough: what no software on the host can see, said for the cards at hand. */
import type { Check } from '../checks.ts';
import type { PciCard } from './pci.ts';

const vgaController = 0x0300;

/** Step 2: a card with connectors sleeps and clocks down without a display; once vfio has it, nobody sees what is plugged in. */
export function checkDisplays(cards: readonly PciCard[]): Check[] {
  const withConnectors = cards.filter((card) => card.classCode === vgaController);
  if (withConnectors.length === 0) {
    return [{ step: 2, status: 'ok', found: 'no card with display connectors', remedy: null }];
  }
  const addresses = withConnectors.map((card) => card.address).join(', ');
  return [
    {
      step: 2,
      status: 'cannot-tell',
      found: `${addresses}: what is plugged into a card is not to be seen from here`,
      remedy: 'plug a DisplayPort emulator into each, unless its desktops are drawn without a display',
    },
  ];
}

/** Step 5: the driver is the guest's own. */
export function checkGuestDriver(cards: readonly PciCard[]): Check[] {
  if (cards.length === 0) return [{ step: 5, status: 'ok', found: 'no card to drive', remedy: null }];
  return [
    {
      step: 5,
      status: 'cannot-tell',
      found: 'what is installed in images is not to be seen from here',
      remedy: "install NVIDIA's driver in the image, or in a cloud-init step, and mark the image so that users find it",
    },
  ];
}
