/** Step 1 of passthrough: the IOMMU, which keeps a guest's card inside the guest's memory. */

import type { Check } from '../checks.ts';
import { type HostTree, namesAt, textAt } from './host-tree.ts';

/** Whether the processor is Intel's, whose IOMMU most kernels leave off; AMD's is on by default. */
export function isIntel(tree: HostTree): boolean {
  return /^vendor_id\s*:\s*GenuineIntel$/m.test(textAt(tree, '/proc/cpuinfo') ?? '');
}

/** What counts is that the kernel has units and groups; its command line says why it has none. */
export function checkIommu(tree: HostTree): Check[] {
  const warningsBefore = tree.warnings.length;
  const commandLine = textAt(tree, '/proc/cmdline');
  const units = namesAt(tree, '/sys/class/iommu') ?? [];
  const groups = namesAt(tree, '/sys/kernel/iommu_groups') ?? [];
  const check = (status: Check['status'], found: string, remedy: string | null): Check[] => [
    { step: 1, status, found, remedy },
  ];
  if (units.length > 0 && groups.length > 0) {
    return check('ok', `${units.length} IOMMU units, ${groups.length} groups`, null);
  }
  if (commandLine === null || tree.warnings.length > warningsBefore) {
    return check(
      'cannot-tell',
      'neither the kernel command line nor the IOMMU groups can be read',
      'run this as root on the host itself, or on a copy with proc and sys',
    );
  }
  const options = commandLine.split(/\s+/);
  const off = options.find((option) => /^(intel_|amd_)?iommu=off$/.test(option));
  if (off !== undefined) {
    return check('wrong', `the kernel command line switches the IOMMU off: ${off}`, `take ${off} out, and restart`);
  }
  if (isIntel(tree) && !options.some((option) => /^intel_iommu=(on|.*,on)/.test(option))) {
    return check(
      'wrong',
      'the IOMMU is off: the kernel command line lacks intel_iommu=on',
      'add intel_iommu=on iommu=pt to the kernel command line (see prepare), and restart',
    );
  }
  return check(
    'wrong',
    'the kernel has no IOMMU, though its command line allows it',
    "switch VT-d or AMD-Vi on in the machine's firmware (BIOS), and restart",
  );
}
