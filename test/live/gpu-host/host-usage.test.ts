import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostTree } from '../../../live/gpu-host/host-tree.ts';
import { readHostUsage } from '../../../live/gpu-host/host-usage.ts';
import { emptyFolder } from './folders.ts';
import { buildTree, cardlessHost, guestXml, procFiles, type Tree } from './trees.ts';

function usageOf(tree: Tree, change: (root: string) => void = () => {}) {
  const root = buildTree(emptyFolder(), tree);
  change(root);
  const host = hostTree(root);
  return { ...readHostUsage(host), warnings: host.warnings };
}

const card = { address: '0000:c1:00.0', iommuGroup: '31', vfioDevice: 'vfio1' };
const server = '3f8b2a6e-0c4e-4d8e-9a39-2f7f0b1f6a01';
const stateFile = '/run/libvirt/qemu/instance-00000001.xml';
const withGuest = (ramMib: number): Tree => ({
  files: { ...procFiles(64, 262144, 229376, 40), [stateFile]: guestXml(server, 8, ramMib, [card.address]) },
});

describe('vCPUs and RAM', () => {
  test('a guest counts with all it was promised, the host with what it uses where that is more', () => {
    // In use: 262144 - 229376 = 32768 MiB.
    expect(usageOf(withGuest(65536))).toMatchObject({ vcpus: 64, ramMib: 262144, vcpusUsed: 8, ramUsedMib: 65536 });
    expect(usageOf(withGuest(1024))).toMatchObject({ ramUsedMib: 32768 });
  });

  test('RAM in use is rounded up to steps, and never above what there is', () => {
    expect(usageOf({ files: procFiles(2, 4096, 4000) }).ramUsedMib).toBe(256);
    expect(usageOf({ files: procFiles(2, 4100, 0) }).ramUsedMib).toBe(4100);
  });

  test('huge pages that no guest has are free', () => {
    const files = procFiles(2, 262144, 6144);
    // 98 304 pages of 2 MiB = 196608 MiB; 262144 - 6144 - 196608 = 59392 MiB.
    const pages = 'HugePages_Total:  122880\nHugePages_Free:    98304\nHugepagesize:       2048 kB\n';
    expect(usageOf({ files: { ...files, '/proc/meminfo': files['/proc/meminfo'] + pages } }).ramUsedMib).toBe(59392);
  });

  test('without libvirt the load average stands in, up to all processors; without both, all are in use', () => {
    expect(usageOf(cardlessHost)).toMatchObject({ vcpus: 32, vcpusUsed: 4, warnings: [] });
    expect(usageOf({ files: procFiles(2, 4096, 4000, 7.5) }).vcpusUsed).toBe(2);
    const silent = usageOf({ files: { ...procFiles(2, 4096, 4000), '/proc/loadavg': '' } });
    expect(silent.vcpusUsed).toBe(2);
    expect(silent.warnings).toEqual(['vCPUs in use are unknown: neither libvirt nor /proc/loadavg tells']);
  });

  test('a host that does not report its processors or memory is refused with the file', () => {
    expect(() => usageOf({})).toThrow(/\/proc\/cpuinfo: expected a line "processor: N" for each, got nothing$/);
    expect(() => usageOf({ files: { '/proc/cpuinfo': 'processor : 0\n' } })).toThrow(
      /\/proc\/meminfo: expected a line "MemTotal: N kB", got nothing$/,
    );
  });

  test("disk is that of the file system with Nova's instances, none without them", () => {
    expect(usageOf(cardlessHost)).toMatchObject({ diskGib: 0, diskUsedGib: 0 });
    const { diskGib, diskUsedGib } = usageOf(cardlessHost, (root) =>
      mkdirSync(join(root, 'var/lib/nova/instances'), { recursive: true }),
    );
    expect(diskGib).toBeGreaterThan(0);
    expect(diskUsedGib).toBeLessThanOrEqual(diskGib);
  });
});

describe('who holds a card', () => {
  const proc = (links: Record<string, string>, cmdline: string): Tree => ({
    files: { ...procFiles(2, 4096, 4000), '/proc/4711/cmdline': cmdline },
    links: Object.fromEntries(Object.entries(links).map(([name, target]) => [`/proc/4711/fd/${name}`, target])),
  });
  const qemu = `/usr/bin/qemu-system-x86_64\0-name\0guest=instance-00000001\0-uuid\0${server}\0-m\x004096`;

  test('the server that libvirt gave it to', () => {
    const { holdersOf } = usageOf(withGuest(1024));
    expect(holdersOf(card)).toEqual([server]);
    expect(holdersOf({ ...card, address: '0000:41:00.0' })).toEqual([]);
  });

  test('the process with the group or its device open, named by its server where it says which', () => {
    const byGroup = usageOf(
      proc({ 3: '/dev/null', 28: '/dev/vfio/vfio', 29: '/dev/vfio/31', 30: '/dev/vfio/31' }, qemu),
    );
    expect(byGroup.holdersOf(card)).toEqual([server]);
    expect(byGroup.holdersOf({ ...card, iommuGroup: '14' })).toEqual([]);
    const byDevice = usageOf(proc({ 30: '/dev/vfio/devices/vfio1' }, '/usr/bin/dpdk-app\0-l\x001'));
    expect(byDevice.holdersOf(card)).toEqual(['process 4711']);
    expect(byDevice.holdersOf({ ...card, vfioDevice: 'vfio2' })).toEqual([]);
  });

  test('unknown where neither libvirt nor every process can be read', () => {
    const hideProcess = (root: string): void => {
      mkdirSync(join(root, 'proc/4711/fd/5'), { recursive: true }); // no link: it cannot be read as one
    };
    const closed = usageOf({ files: procFiles(2, 4096, 4000) }, hideProcess);
    expect(closed.warnings).toEqual([]); // nobody has asked
    expect(closed.holdersOf(card)).toBeNull();
    expect(closed.warnings).toEqual([
      'cannot see what 1 of 1 processes have open: run the agent as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH',
    ]);
    expect(usageOf(withGuest(1024), hideProcess).holdersOf(card)).toEqual([server]);
    const broken = { files: { ...procFiles(2, 4096, 4000), [stateFile]: '<domstatus><domain>' } };
    expect(usageOf(broken, hideProcess).holdersOf(card)).toBeNull();
  });

  test('a state file that is none is a warning with its name', () => {
    const broken = (xml: string) => usageOf({ files: { ...procFiles(2, 4096, 4000), [stateFile]: xml } }).warnings;
    expect(broken('<domstatus/>')).toEqual([`${stateFile} is no guest's state: it has no <domain>`]);
    expect(broken('<domain><uuid>a</uuid></domain>')).toEqual([
      `${stateFile} is no guest's state: its <domain> has no <vcpu>`,
    ]);
    expect(broken('<domstatus><domain>')).toHaveLength(1);
  });
});
