/** Generates the files that passthrough needs, for the cards of a host: nothing here writes. */
import { hostTree } from './host-tree.ts';
import { isIntel } from './iommu-check.ts';
import { deviceTypeOf, eachKind } from './nova-check.ts';
import { lastValue, readServiceConfig } from './oslo-config.ts';
import { describeFunction, isStranger, ownFunctions, type PciCard, readPciCards } from './pci.ts';

/** A file by the machine it is for and its place there: `compute/etc/modprobe.d/heps-vfio.conf`. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** How devices come to vfio-pci: every one of a kind (`ids`, by modprobe.d), or each by its place (`addresses`, by driverctl). */
export type BindBy = 'ids' | 'addresses';

/** Host drivers that would take a card, or its audio and USB functions, first. */
const hostDrivers = ['nouveau', 'nvidia', 'nvidiafb', 'snd_hda_intel', 'xhci_pci', 'i2c_nvidia_gpu'];

/** Nova's default (its conf/scheduler.py); used where the host's nova.conf does not set one. */
const stockFilters = [
  'ComputeFilter',
  'ComputeCapabilitiesFilter',
  'ImagePropertiesFilter',
  'ServerGroupAntiAffinityFilter',
  'ServerGroupAffinityFilter',
];

/** The files for all cards of the host at `root`, and warnings of what could not be read; no files for a host without cards. */
export function passthroughFiles(
  root: string,
  bindBy: BindBy,
): { files: GeneratedFile[]; warnings: readonly string[] } {
  const tree = hostTree(root);
  const cards = readPciCards(tree).filter((card) => card.physicalFunction === null);
  if (cards.length === 0) return { files: [], warnings: tree.warnings };
  const config = readServiceConfig(tree, 'nova');
  const set = config === null ? undefined : lastValue(config, 'filter_scheduler.enabled_filters');
  const filters = set?.split(/[\s,]+/).filter((name) => name !== '') ?? stockFilters;
  const files = [
    { path: 'compute/etc/default/grub.d/heps-iommu.cfg', text: kernelCommandLine(isIntel(tree)) },
    bindBy === 'ids'
      ? { path: 'compute/etc/modprobe.d/heps-vfio.conf', text: modprobeConfig(cards) }
      : { path: 'compute/heps-driverctl.sh', text: driverctlScript(cards) },
    {
      path: 'compute/etc/nova/nova.conf.d/heps-compute.conf',
      text: pciConfig('nova-compute', [...specs(cards), ...aliases(cards)]),
    },
    { path: 'api/etc/nova/nova.conf.d/heps-api.conf', text: pciConfig('nova-api', aliases(cards)) },
    { path: 'scheduler/etc/nova/nova.conf.d/heps-scheduler.conf', text: schedulerConfig(filters) },
  ];
  return { files, warnings: [...tree.warnings, ...cards.flatMap(strangerWarnings)] };
}

/** Other devices are never taken from the host: it may hang on them. */
function strangerWarnings(card: PciCard): string[] {
  return card.companions
    .filter((member) => isStranger(card, member))
    .map(
      (member) =>
        `${describeFunction(member)} shares the IOMMU group of ${card.address} and is not prepared: see check`,
    );
}

function kernelCommandLine(intel: boolean): string {
  const options = intel ? 'intel_iommu=on iommu=pt' : 'iommu=pt';
  return `# Debian and Ubuntu: run update-grub, then restart. Others: grubby --update-kernel=ALL --args="${options}"
GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${options}"
`;
}

function modprobeConfig(cards: readonly PciCard[]): string {
  const ids = new Set(cards.flatMap(ownFunctions).map(({ pciId }) => pciId));
  return `# Every device of these kinds goes to guests. Then run update-initramfs -u (or dracut -f), and restart.
options vfio-pci ids=${[...ids].join(',')} disable_vga=1
${hostDrivers.map((driver) => `softdep ${driver} pre: vfio-pci`).join('\n')}
blacklist nouveau
`;
}

function driverctlScript(cards: readonly PciCard[]): string {
  const lines = cards.flatMap((card) => [
    `# ${card.model?.name ?? card.pciId}`,
    ...ownFunctions(card).map(({ address }) => `driverctl set-override ${address} vfio-pci`),
  ]);
  return `#!/bin/sh
# Run once as root, with driverctl installed; take out the lines of cards that the host keeps. It holds over restarts.
set -eu
${lines.join('\n')}
`;
}

function pciConfig(service: string, lines: readonly string[]): string {
  return `# Then restart ${service}.\n[pci]\n${lines.join('\n')}\n`;
}

/** Class and trait count only where [pci] report_in_placement is on. */
function specs(cards: readonly PciCard[]): string[] {
  return eachKind(cards).map(([card]) => {
    const [vendor_id, product_id] = card.pciId.split(':');
    const memoryGib = card.model === null ? null : Math.round(card.model.memoryMib / 1024);
    const spec = {
      vendor_id,
      product_id,
      resource_class: resourceClassOf(aliasOf(card)),
      ...(memoryGib !== null && { traits: `CUSTOM_GPU_MEM_${memoryGib}G` }),
    };
    return `device_spec = ${JSON.stringify(spec)}`;
  });
}

/** Placement's class of the cards of an alias: `CUSTOM_GPU_A6000`. */
export function resourceClassOf(alias: string): string {
  return `CUSTOM_GPU_${alias.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}

function aliases(cards: readonly PciCard[]): string[] {
  return eachKind(cards).map(([card]) => {
    const [vendor_id, product_id] = card.pciId.split(':');
    const alias = { vendor_id, product_id, device_type: deviceTypeOf(card), name: aliasOf(card) };
    return `alias = ${JSON.stringify(alias)}`;
  });
}

/** Name under which flavors ask for a kind of card: `a6000` for the RTX A6000, `a100-80gb`, or the id of a model we do not know. */
export function aliasOf({ model, pciId }: Pick<PciCard, 'model' | 'pciId'>): string {
  return aliasOfModel(model?.name ?? pciId);
}

/** The same, of a model's name. */
export function aliasOfModel(name: string): string {
  return name
    .replace(/^RTX /, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
}

function schedulerConfig(filters: readonly string[]): string {
  const withPci = filters.includes('PciPassthroughFilter') ? filters : [...filters, 'PciPassthroughFilter'];
  return `# It takes the place of a list set elsewhere: where yours has other filters, add PciPassthroughFilter to that instead.
# Then restart nova-scheduler.
[filter_scheduler]
enabled_filters = ${withPci.join(',')}
`;
}
