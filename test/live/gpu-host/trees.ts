/** Builds the sysfs, proc and etc trees of GPU hosts in a folder, with links as the kernel makes them. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A PCI function, as much of it as sysfs has files for. */
interface Device {
  /** vendor:device, and class as in sysfs. */
  id: string;
  class: string;
  driver?: string;
  group?: number;
  subsystem?: string;
  numaNode?: number;
  override?: string;
  /** [switched on, at most]. */
  sriov?: [number, number];
  physfn?: string;
  vfioDevice?: string;
  resource?: string;
}

export interface Tree {
  devices?: Record<string, Device>;
  /** Texts by path. */
  files?: Record<string, string>;
  /** Links by path, target as written. */
  links?: Record<string, string>;
}

export function buildTree(root: string, tree: Tree): string {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const link = (path: string, target: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  };
  /** A relative link between two paths of the tree, as in sysfs. */
  const linkTo = (path: string, to: string): void => link(path, relative(dirname(path), to));

  mkdirSync(join(root, 'sys/bus/pci/devices'), { recursive: true });
  for (const [address, device] of Object.entries(tree.devices ?? {})) {
    const real = `/sys/devices/pci${address.slice(0, 4)}:${address.slice(5, 7)}/${address}`;
    const [vendor, id] = device.id.split(':');
    const [subvendor, subdevice] = (device.subsystem ?? device.id).split(':');
    for (const [name, text] of Object.entries({
      vendor: `0x${vendor}`,
      device: `0x${id}`,
      class: device.class,
      subsystem_vendor: `0x${subvendor}`,
      subsystem_device: `0x${subdevice}`,
      driver_override: device.override ?? '(null)',
      numa_node: String(device.numaNode ?? -1),
      ...(device.resource === undefined ? {} : { resource: device.resource }),
      ...(device.sriov && { sriov_numvfs: String(device.sriov[0]), sriov_totalvfs: String(device.sriov[1]) }),
    })) {
      write(`${real}/${name}`, `${text}\n`);
    }
    if (device.driver) {
      mkdirSync(join(root, 'sys/bus/pci/drivers', device.driver), { recursive: true });
      linkTo(`${real}/driver`, `/sys/bus/pci/drivers/${device.driver}`);
    }
    if (device.group !== undefined) {
      linkTo(`${real}/iommu_group`, `/sys/kernel/iommu_groups/${device.group}`);
      linkTo(`/sys/kernel/iommu_groups/${device.group}/devices/${address}`, real);
      mkdirSync(join(root, 'sys/class/iommu/dmar0'), { recursive: true });
    }
    if (device.physfn) link(`${real}/physfn`, `../${device.physfn}`);
    if (device.vfioDevice) mkdirSync(join(root, real, 'vfio-dev', device.vfioDevice), { recursive: true });
    linkTo(`/sys/bus/pci/devices/${address}`, real);
  }
  for (const [path, text] of Object.entries(tree.files ?? {})) write(path, text);
  for (const [path, target] of Object.entries(tree.links ?? {})) link(path, target);
  return root;
}

/** /proc of a host with these processors and this memory. */
export function procFiles(
  processors: number,
  totalMib: number,
  availableMib: number,
  load = 0,
): Record<string, string> {
  return {
    '/proc/cpuinfo': Array.from(
      { length: processors },
      (_, index) => `processor\t: ${index}\nvendor_id\t: GenuineIntel\n`,
    ).join('\n'),
    '/proc/meminfo': `MemTotal:       ${totalMib * 1024} kB\nMemFree:        1024 kB\nMemAvailable:   ${availableMib * 1024} kB\n`,
    '/proc/loadavg': `${load.toFixed(2)} 0.50 0.40 1/900 12345\n`,
    '/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=/dev/sda2 ro quiet intel_iommu=on iommu=pt\n',
  };
}

/** What libvirt keeps of a running guest. */
export function guestXml(uuid: string, vcpus: number, ramMib: number, cards: readonly string[]): string {
  const hostdevs = cards.map((card) => {
    const [domain, bus, slot, fn] = card.split(/[:.]/);
    return `      <hostdev mode='subsystem' type='pci' managed='yes'>
        <driver name='vfio'/>
        <source>
          <address domain='0x${domain}' bus='0x${bus}' slot='0x${slot}' function='0x${fn}'/>
        </source>
        <alias name='hostdev0'/>
        <address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
      </hostdev>`;
  });
  return `<!--
WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE
OVERWRITTEN AND LOST.
-->
<domstatus state='running' reason='booted' pid='4711'>
  <taint flag='high-privileges'/>
  <domain type='kvm' id='1'>
    <name>instance-00000001</name>
    <uuid>${uuid}</uuid>
    <metadata>
      <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
        <nova:flavor name="gpu"><nova:memory>1</nova:memory><nova:vcpus>1</nova:vcpus></nova:flavor>
      </nova:instance>
    </metadata>
    <memory unit='KiB'>${ramMib * 1024}</memory>
    <vcpu placement='static'>${vcpus}</vcpu>
    <devices>
${hostdevs.join('\n')}
    </devices>
  </domain>
</domstatus>
`;
}

/** `resource` of an RTX A6000: 16 MiB, 256 MiB and 32 MiB of memory, and 128 ports. */
const a6000Resource = `0x00000000d0000000 0x00000000d0ffffff 0x0000000000040200
0x000000b000000000 0x000000b00fffffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x000000b010000000 0x000000b011ffffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000000000005000 0x000000000000507f 0x0000000000040101
0x00000000d1000000 0x00000000d107ffff 0x0000000000046200`;

export function a6000(group: number, driver?: string): Device {
  return {
    id: '10de:2230',
    class: '0x030000',
    subsystem: '10de:1459',
    group,
    resource: a6000Resource,
    ...(driver && { driver }),
  };
}

export function a6000Audio(group: number, driver?: string): Device {
  return { id: '10de:1aef', class: '0x040300', subsystem: '10de:1459', group, ...(driver && { driver }) };
}

function a100(group: number, driver: string, virtualFunctions: number): Device {
  return { id: '10de:20b5', class: '0x030200', group, driver, sriov: [virtualFunctions, 20], numaNode: 1 };
}

const bridge: Device = { id: '8086:352a', class: '0x060400', driver: 'pcieport', group: 14 };

/** Two A6000 on vfio-pci with their audio functions; a server holds the second. */
export const a6000Host: Tree = {
  devices: {
    '0000:40:01.0': bridge,
    '0000:41:00.0': { ...a6000(14, 'vfio-pci'), override: 'vfio-pci', vfioDevice: 'vfio0' },
    '0000:41:00.1': a6000Audio(14, 'vfio-pci'),
    '0000:c1:00.0': { ...a6000(31, 'vfio-pci'), vfioDevice: 'vfio1' },
    '0000:c1:00.1': a6000Audio(31, 'vfio-pci'),
  },
  files: {
    ...procFiles(64, 262144, 229376, 5.2),
    '/run/libvirt/qemu/instance-00000001.xml': guestXml('3f8b2a6e-0c4e-4d8e-9a39-2f7f0b1f6a01', 8, 65536, [
      '0000:c1:00.0',
    ]),
    '/run/libvirt/qemu/instance-00000001.pid': '4711',
    '/etc/modprobe.d/vfio.conf': '# cards for guests\noptions vfio-pci ids=10de:2230,10de:1aef disable_vga=1\n',
    '/etc/nova/nova.conf': `[DEFAULT]
host = gpu-001
[pci]
device_spec = {"vendor_id": "10de", "product_id": "2230", "resource_class": "CUSTOM_GPU_A6000"}
alias = {"vendor_id": "10de", "product_id": "2230", "device_type": "type-PCI", "name": "a6000"}
[filter_scheduler]
enabled_filters = ComputeFilter,ImagePropertiesFilter,
  PciPassthroughFilter
`,
    '/etc/hostname': 'gpu-001\n',
  },
};

/** Two A100 that can do SR-IOV; the second is cut into virtual functions. */
export const a100Host: Tree = {
  devices: {
    '0000:17:00.0': a100(5, 'vfio-pci', 0),
    '0000:65:00.0': a100(7, 'nvidia', 2),
    '0000:65:00.4': { ...a100(8, 'nvidia', 0), physfn: '0000:65:00.0' },
    '0000:65:00.5': { ...a100(9, 'vfio-pci', 0), physfn: '0000:65:00.0' },
    // An NVSwitch is NVIDIA's too, and no card.
    '0000:c4:00.0': { id: '10de:1af1', class: '0x068000', driver: 'nvidia-nvswitch', group: 20 },
  },
  files: procFiles(96, 524288, 500000),
};

/** A card without driver, a card whose audio function is the host's, and one that the host's open driver has. */
export const halfBoundHost: Tree = {
  devices: {
    '0000:41:00.0': a6000(14),
    '0000:41:00.1': a6000Audio(14, 'vfio-pci'),
    '0000:81:00.0': a6000(20, 'vfio-pci'),
    '0000:81:00.1': a6000Audio(20, 'snd_hda_intel'),
    '0000:c1:00.0': a6000(31, 'nouveau'),
    '0000:c1:00.1': a6000Audio(31),
  },
  files: { ...procFiles(64, 262144, 229376), '/etc/nova/nova.conf': '[DEFAULT]\ndebug = false\n' },
};

/** Cards that the host drives: a T4, an A100 with MIG on, an A10 about which nvidia-smi says little. */
export const hostDrivenHost: Tree = {
  devices: {
    '0000:3b:00.0': { id: '10de:1eb8', class: '0x030200', driver: 'nvidia', group: 3 },
    '0000:af:00.0': { id: '10de:20f1', class: '0x030200', driver: 'nvidia', group: 4, sriov: [0, 16] },
    '0000:d8:00.0': { id: '10de:2236', class: '0x030200', driver: 'nvidia', group: 6 },
  },
  files: {
    ...procFiles(48, 196608, 180000),
    '/nvidia-smi.csv': `0, GPU-5a1c0f0e-7f5e-2b2b-9d47-0a1b2c3d4e5f, Tesla T4, 00000000:3B:00.0, 0x1EB810DE, 0x12A210DE, 15360, 2300, 12606, 1590, 5001, 37, 12, 44, 31.22, 0, [N/A], 535.161.08
1, GPU-0c4b, NVIDIA A100-PCIE-40GB, 00000000:AF:00.0, 0x20F110DE, 0x145F10DE, 40960, 0, 40338, 1410, 1215, [N/A], [N/A], 33, 36.10, 0, Enabled, 535.161.08
2, GPU-77aa, NVIDIA A10, 00000000:D8:00.0, 0x223610DE, 0x148210DE, 23028, [N/A], [N/A], 1695, 6251, [N/A], [N/A], 40, 20.00, [N/A], [N/A], 535.161.08
`,
  },
};

/** Only the server's own display chip. */
export const cardlessHost: Tree = {
  devices: { '0000:03:00.0': { id: '1a03:2000', class: '0x030000', driver: 'ast', group: 2 } },
  files: procFiles(32, 131072, 120000, 3.1),
};
