import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Check } from '../../../live/checks.ts';
import { hostTree } from '../../../live/gpu-host/host-tree.ts';
import { checkPassthrough, passthroughSteps } from '../../../live/gpu-host/passthrough.ts';
import { emptyFolder } from './folders.ts';
import {
  a100Host,
  a6000,
  a6000Host,
  buildTree,
  cardlessHost,
  halfBoundHost,
  hostDrivenHost,
  type Tree,
} from './trees.ts';

function checksOf(tree: Tree, change: (root: string) => void = () => {}): readonly Check[] {
  const root = buildTree(emptyFolder(), tree);
  change(root);
  return checkPassthrough(hostTree(root));
}

/** Checks of one step as `status: found`. */
function step(number: number, checks: readonly Check[]): string[] {
  return checks.filter((check) => check.step === number).map(({ status, found }) => `${status}: ${found}`);
}

const withFiles = (tree: Tree, files: Record<string, string>): Tree => ({
  ...tree,
  files: { ...tree.files, ...files },
});

test('a host that gives its cards away as it should is ok but for what nobody can see', () => {
  const checks = checksOf(a6000Host);
  expect([1, 2, 3, 4, 5].map((number) => step(number, checks))).toEqual([
    ['ok: 1 IOMMU units, 2 groups'],
    ['cannot-tell: 0000:41:00.0, 0000:c1:00.0: what is plugged into a card is not to be seen from here'],
    [
      'ok: card 0000:41:00.0, audio function 0000:41:00.1: on vfio-pci, and after a restart',
      'ok: card 0000:c1:00.0, audio function 0000:c1:00.1: on vfio-pci, and after a restart',
    ],
    [
      'ok: [pci] device_spec names 10de:2230',
      'ok: [pci] alias a6000 asks for 10de:2230 as type-PCI',
      'ok: the scheduler filters by PCI devices',
    ],
    ['cannot-tell: what is installed in images is not to be seen from here'],
  ]);
});

test.each(Object.entries({ a6000Host, a100Host, halfBoundHost, hostDrivenHost, cardlessHost, nothing: {} }))(
  '%s: every step has a finding, and whatever is not ok says what to do',
  (_, tree) => {
    const checks = checksOf(tree);
    expect([...new Set(checks.map((check) => check.step))]).toEqual(passthroughSteps.map((_, index) => index + 1));
    expect(checks.every(({ status, remedy }) => (status === 'ok') === (remedy === null))).toBe(true);
  },
);

describe('step 1, the IOMMU', () => {
  const host = (vendor: string, commandLine: string): string[] =>
    step(
      1,
      checksOf({ files: { '/proc/cpuinfo': `processor : 0\nvendor_id\t: ${vendor}\n`, '/proc/cmdline': commandLine } }),
    );

  test('without units it is off; the command line and the processor tell why', () => {
    expect(host('GenuineIntel', 'ro quiet')).toEqual([
      'wrong: the IOMMU is off: the kernel command line lacks intel_iommu=on',
    ]);
    const inFirmware = ['wrong: the kernel has no IOMMU, though its command line allows it'];
    expect(host('GenuineIntel', 'ro intel_iommu=on,sm_on iommu=pt')).toEqual(inFirmware);
    expect(host('AuthenticAMD', 'ro quiet')).toEqual(inFirmware);
    expect(host('AuthenticAMD', 'ro amd_iommu=off')).toEqual([
      'wrong: the kernel command line switches the IOMMU off: amd_iommu=off',
    ]);
  });

  test('cannot be told without the command line', () => {
    expect(step(1, checksOf({}))).toEqual([
      'cannot-tell: neither the kernel command line nor the IOMMU groups can be read',
    ]);
  });
});

test('step 2: cards without connectors need no display emulator', () => {
  expect(step(2, checksOf(a100Host))).toEqual(['ok: no card with display connectors']);
});

describe('step 3, the binding', () => {
  test('what is bound to something else, or to nothing, is named with what to bind', () => {
    const checks = checksOf(halfBoundHost).filter((check) => check.step === 3);
    expect(checks.map(({ status, found, remedy }) => `${status}: ${found}; ${remedy}`)).toEqual([
      'wrong: 0000:41:00.0 has no driver; bind 0000:41:00.0 to vfio-pci (see prepare), and restart',
      'wrong: 0000:81:00.0 audio function 0000:81:00.1 of its IOMMU group is bound to snd_hda_intel; bind 0000:81:00.1 to vfio-pci (see prepare), and restart',
      'wrong: 0000:c1:00.0 is bound to nouveau; bind 0000:c1:00.0 and 0000:c1:00.1 to vfio-pci (see prepare), and restart',
    ]);
  });

  test('another device in the group is not to be bound without thought', () => {
    const network = { id: '8086:1572', class: '0x020000', driver: 'i40e', group: 1 };
    const [check] = checksOf({ devices: { '0000:09:00.0': a6000(1, 'vfio-pci'), '0000:0a:00.0': network } }).filter(
      (check) => check.step === 3,
    );
    expect(check!.remedy).toBe(
      'put the card into a slot with an IOMMU group of its own, or give up 0000:0a:00.0 (i40e) to guests as well',
    );
  });

  test('virtual functions are to be switched off', () => {
    const [, cut] = checksOf(a100Host).filter((check) => check.step === 3);
    expect(cut).toEqual({
      step: 3,
      status: 'wrong',
      found: '0000:65:00.0 has 2 virtual functions switched on',
      remedy: 'switch them off: echo 0 > /sys/bus/pci/devices/0000:65:00.0/sriov_numvfs',
    });
  });

  test('a binding that a restart would undo is wrong; modprobe.d, driverctl and the command line each keep it', () => {
    const { '/etc/modprobe.d/vfio.conf': _, ...files } = a6000Host.files!;
    const unkept = { ...a6000Host, files };
    expect(step(3, checksOf(unkept))[0]).toBe(
      'wrong: card 0000:41:00.0, audio function 0000:41:00.1: on vfio-pci now, but nothing binds card 0000:41:00.0, audio function 0000:41:00.1 after a restart',
    );
    const onlyCards = withFiles(unkept, { '/etc/modprobe.d/vfio.conf': 'options vfio-pci ids=10de:2230:10de:1459\n' });
    expect(step(3, checksOf(onlyCards))[0]).toContain('nothing binds audio function 0000:41:00.1 after a restart');
    const commented = withFiles(unkept, { '/etc/modprobe.d/vfio.conf': '#options vfio-pci ids=10de:2230,10de:1aef\n' });
    expect(step(3, checksOf(commented))[0]).toMatch(/^wrong/);
    const byDriverctl = withFiles(unkept, {
      '/etc/driverctl.d/pci-0000:41:00.0': 'vfio-pci\n',
      '/etc/driverctl.d/pci-0000:41:00.1': 'vfio-pci\n',
    });
    expect(step(3, checksOf(byDriverctl)).map((line) => line.slice(0, 6))).toEqual(['ok: ca', 'wrong:']);
    const byCommandLine = withFiles(unkept, {
      '/proc/cmdline': 'ro intel_iommu=on vfio-pci.ids=10de:2230,10DE:1AEF quiet',
    });
    expect(step(3, checksOf(byCommandLine)).every((line) => line.startsWith('ok'))).toBe(true);
  });

  test('what cannot be read is neither ok nor wrong', () => {
    const hide = (root: string): void => {
      mkdirSync(join(root, 'sys/bus/pci/devices/0000:41:00.0/physfn')); // a folder is no link
    };
    expect(step(3, checksOf(a6000Host, hide))[0]).toBe(
      'cannot-tell: 0000:41:00.0 is not known in full: cannot read /sys/bus/pci/devices/0000:41:00.0/physfn (EINVAL)',
    );
  });
});

describe('step 4, Nova', () => {
  const withNova = (text: string): string[] => step(4, checksOf(withFiles(a6000Host, { '/etc/nova/nova.conf': text })));
  const alias = 'alias = {"vendor_id": "10de", "product_id": "2230", "name": "a6000"}';

  test('a configuration without cards lacks them; filters set nowhere are for another machine to tell', () => {
    expect(withNova('[pci]\n')).toEqual([
      'wrong: [pci] device_spec has no entry that surely names 0000:41:00.0, 0000:c1:00.0 (10de:2230)',
      'wrong: [pci] alias has no entry for 10de:2230',
      "cannot-tell: this nova.conf does not set the scheduler's filters",
    ]);
    expect(withNova('[filter_scheduler]\nenabled_filters = ComputeFilter\n')[2]).toBe(
      'wrong: [filter_scheduler] enabled_filters lacks PciPassthroughFilter',
    );
  });

  test('device_spec may name cards by address, by list, or everything of a vendor', () => {
    const spec = (value: string): string => withNova(`[pci]\ndevice_spec = ${value}\n${alias}\n`)[0]!;
    expect(spec('{"vendor_id": "10de"}')).toMatch(/^ok/);
    expect(spec('{"address": "*:*:00.0"}')).toMatch(/^ok/);
    for (const glob of [':00.', '.0', '', '*']) expect(spec(`{"address": "${glob}"}`)).toMatch(/^ok/);
    expect(spec('[{"address": "41:00.0"}, {"address": "0000:C1:00.*"}]')).toMatch(/^ok/);
    expect(spec('{"address": "0000:41:00.0"}')).toMatch(/^wrong.* names 0000:c1:00.0 /);
    expect(spec('{"vendor_id": "10de", "product_id": "20b5"}')).toMatch(/^wrong/);
    expect(spec('{"address": {"bus": "41"}}')).toMatch(/^cannot-tell/);
    expect(spec('{vendor_id: 10de}')).toMatch(/^wrong: .*has an entry that is no JSON/);
  });

  test('a card that can do SR-IOV needs an alias of type-PF', () => {
    const a100 = (type: string): string[] =>
      step(
        4,
        checksOf(
          withFiles(a100Host, {
            '/etc/nova/nova.conf': `[pci]\nalias = {"vendor_id":"10de","product_id":"20b5","name":"a100"${type}}\n`,
          }),
        ),
      );
    expect(a100(',"device_type":"type-PF"')[1]).toBe('ok: [pci] alias a100 asks for 10de:20b5 as type-PF');
    expect(a100('')[1]).toBe('wrong: [pci] alias a100 asks for 10de:20b5 with another device_type than type-PF');
  });

  test('a file that is absent or cannot be read tells nothing', () => {
    const cannotTell = ['cannot-tell: there is no /etc/nova/nova.conf that can be read'];
    expect(step(4, checksOf(a100Host))).toEqual(cannotTell);
    expect(
      step(
        4,
        checksOf(a100Host, (root) => mkdirSync(join(root, 'etc/nova/nova.conf'), { recursive: true })),
      ),
    ).toEqual(cannotTell);
  });
});
