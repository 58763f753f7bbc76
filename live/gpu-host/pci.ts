/** The NVIDIA cards of a host as sysfs shows them, and which of them can be given to a guest whole. */
import { type CatalogueEntry, modelByPciId } from '../../core/card-catalogue.ts';
import { type HostTree, hostTree, integerAt, linkNameAt, namesAt, textAt } from './host-tree.ts';

/** One PCI function. */
export interface PciFunction {
  /** `0000:41:00.0`, as sysfs writes it. */
  readonly address: string;
  /** vendor:device in lower-case hex, such as `10de:2230`. */
  readonly pciId: string;
  /** Base class and subclass, such as 0x0300 (VGA controller), 0x0302 (3D controller) or 0x0403 (audio device). */
  readonly classCode: number;
  /** The kernel driver bound to it; null for none. */
  readonly driver: string | null;
}

/** A graphics card: a function of class 0x0300 or 0x0302 made by NVIDIA. */
export interface PciCard extends PciFunction {
  /** subsystem vendor:device; null where sysfs does not say. */
  readonly subsystemId: string | null;
  /** Its entry in the catalogue; null for a model we do not know. */
  readonly model: CatalogueEntry | null;
  /** The only driver that may bind to it; null for any. */
  readonly driverOverride: string | null;
  readonly iommuGroup: string | null;
  /** Its character device under /dev/vfio/devices, such as `vfio0`; null where it is bound to no vfio driver or the kernel has none. */
  readonly vfioDevice: string | null;
  /** The other functions of its IOMMU group that need a driver, that is, all but bridges; by address. */
  readonly companions: readonly PciFunction[];
  /** -1 on hosts with one node. */
  readonly numaNode: number | null;
  /** Of a virtual function: the card it is a part of. */
  readonly physicalFunction: string | null;
  /** Virtual functions switched on, and how many it could have; 0 for a card without SR-IOV. */
  readonly virtualFunctions: number;
  readonly mostVirtualFunctions: number;
  /** Size of each base address register in use, bytes. Not its memory: an RTX A5000 shows 256 MiB of its 24 564. */
  readonly barBytes: readonly number[];
  /** Why it cannot be given to a guest whole; null when it can. */
  readonly unusableBecause: string | null;
}

const devicesFolder = '/sys/bus/pci/devices';
const nvidia = '10de';
const cardClasses = [0x0300, 0x0302];
const bridgeBaseClass = 0x06;

/**
 * All cards of the host, by address, virtual functions among them. A card that cannot be read completely is unusable, with a warning.
 *
 * Usable means: no virtual function and none switched on, bound to a vfio driver, and so is every other function of its IOMMU group
 * except bridges, its audio function foremost. A card without driver is not free but out of order: nothing can hold it safely.
 */
export function readPciCards(tree: HostTree): readonly PciCard[] {
  const cards: PciCard[] = [];
  for (const address of namesAt(tree, devicesFolder) ?? []) {
    const ofDevice = hostTree(tree.root);
    const device = readFunction(ofDevice, address);
    if (device === null) tree.warnings.push(...ofDevice.warnings);
    if (device === null || !isCard(device)) continue;
    const card = readCard(ofDevice, device);
    tree.warnings.push(...ofDevice.warnings);
    cards.push({ ...card, unusableBecause: ofDevice.warnings[0] ?? whyUnusable(card) });
  }
  return cards;
}

/** Whether a driver is one of those that hand a device to guests: `vfio-pci`, and vendors' own such as `nvgrace_gpu_vfio_pci`. */
export function isVfioDriver(driver: string | null): boolean {
  return driver !== null && /(^|[-_])vfio([-_]|$)/.test(driver);
}

/** A function in words, such as `audio function 0000:41:00.1`. */
export function describeFunction({ address, classCode }: PciFunction): string {
  const kind = new Map([
    [0x0300, 'card'],
    [0x0302, 'card'],
    [0x0403, 'audio function'],
    [0x0c03, 'USB function'],
    [0x0c80, 'USB-C function'],
  ]).get(classCode);
  return `${kind ?? `function of class 0x${classCode.toString(16).padStart(4, '0')}`} ${address}`;
}

/** The functions of the card itself: graphics, audio, USB. Others of its group are devices that the host may need. */
export function ownFunctions(card: PciCard): readonly PciFunction[] {
  return [card, ...card.companions.filter(({ address }) => slotOf(address) === slotOf(card.address))];
}

/** Whether a companion is neither a part of the card nor a card itself. */
export function isStranger(card: PciFunction, member: PciFunction): boolean {
  return slotOf(member.address) !== slotOf(card.address) && !isCard(member);
}

function isCard({ pciId, classCode }: PciFunction): boolean {
  return pciId.startsWith(`${nvidia}:`) && cardClasses.includes(classCode);
}

function slotOf(address: string): string {
  return address.slice(0, address.lastIndexOf('.'));
}

/** Null for what is no PCI function with an identity, such as one just unplugged. */
function readFunction(tree: HostTree, address: string): PciFunction | null {
  const folder = `${devicesFolder}/${address}`;
  const [vendor, device, classCode] = ['vendor', 'device', 'class'].map((name) => integerAt(tree, `${folder}/${name}`));
  if (vendor == null || device == null || classCode == null) return null;
  const driver = linkNameAt(tree, `${folder}/driver`);
  return { address, pciId: `${hex(vendor)}:${hex(device)}`, classCode: classCode >> 8, driver };
}

function readCard(tree: HostTree, device: PciFunction): Omit<PciCard, 'unusableBecause'> {
  const folder = `${devicesFolder}/${device.address}`;
  const [vendor, subdevice] = ['vendor', 'device'].map((name) => integerAt(tree, `${folder}/subsystem_${name}`));
  const override = textAt(tree, `${folder}/driver_override`);
  const iommuGroup = linkNameAt(tree, `${folder}/iommu_group`);
  return {
    ...device,
    subsystemId: vendor == null || subdevice == null ? null : `${hex(vendor)}:${hex(subdevice)}`,
    model: modelByPciId(device.pciId) ?? null,
    // The kernel writes "(null)" where none is set.
    driverOverride: override === '' || override === '(null)' ? null : override,
    iommuGroup,
    vfioDevice: namesAt(tree, `${folder}/vfio-dev`)?.[0] ?? null,
    companions: iommuGroup === null ? [] : readCompanions(tree, device.address, iommuGroup),
    numaNode: integerAt(tree, `${folder}/numa_node`),
    physicalFunction: linkNameAt(tree, `${folder}/physfn`),
    virtualFunctions: integerAt(tree, `${folder}/sriov_numvfs`) ?? 0,
    mostVirtualFunctions: integerAt(tree, `${folder}/sriov_totalvfs`) ?? 0,
    barBytes: barSizes(textAt(tree, `${folder}/resource`) ?? ''),
  };
}

function readCompanions(tree: HostTree, card: string, group: string): PciFunction[] {
  const folder = `/sys/kernel/iommu_groups/${group}/devices`;
  const members = namesAt(tree, folder);
  if (members === null || !members.includes(card))
    tree.warnings.push(`cannot tell what else is in IOMMU group ${group}`);
  return (members ?? []).flatMap((address) => {
    if (address === card) return [];
    const member = readFunction(tree, address);
    if (member === null) tree.warnings.push(`cannot tell what ${address} of IOMMU group ${group} is`);
    return member === null || member.classCode >> 8 === bridgeBaseClass ? [] : [member];
  });
}

function whyUnusable(card: Omit<PciCard, 'unusableBecause'>): string | null {
  if (card.physicalFunction !== null) return `is a virtual function of ${card.physicalFunction}`;
  if (card.virtualFunctions > 0) return `has ${card.virtualFunctions} virtual functions switched on`;
  if (card.driver === null) return 'has no driver';
  if (!isVfioDriver(card.driver)) return `is bound to ${card.driver}`;
  if (card.iommuGroup === null) return 'is in no IOMMU group';
  const loose = card.companions.find((member) => !isVfioDriver(member.driver));
  if (loose === undefined) return null;
  const bound = loose.driver === null ? 'has no driver' : `is bound to ${loose.driver}`;
  return `${describeFunction(loose)} of its IOMMU group ${bound}`;
}

/** Lines are "start end flags"; the first six are the base address registers, all 0 where unused. */
function barSizes(resource: string): number[] {
  return resource
    .split('\n')
    .slice(0, 6)
    .map((line) => line.trim().split(/\s+/))
    .map(([start, end]) => ({ start: Number(start), end: Number(end) }))
    .filter(({ end }) => end > 0)
    .map(({ start, end }) => end - start + 1);
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0');
}
