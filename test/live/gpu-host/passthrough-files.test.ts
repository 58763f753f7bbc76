import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeFiles } from '../../../live/gpu-host/file-folder.ts';
import { hostTree } from '../../../live/gpu-host/host-tree.ts';
import { checkPassthrough } from '../../../live/gpu-host/passthrough.ts';
import { aliasOf, type BindBy, passthroughFiles } from '../../../live/gpu-host/passthrough-files.ts';
import { emptyFolder } from './folders.ts';
import { a100Host, a6000, a6000Host, buildTree, cardlessHost, halfBoundHost, type Tree } from './trees.ts';

function filesOf(tree: Tree, bindBy: BindBy = 'ids'): Record<string, string> {
  const { files, warnings } = passthroughFiles(buildTree(emptyFolder(), tree), bindBy);
  expect(warnings).toEqual([]);
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}

const body = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('A6000s: the ids of card and audio function, a spec, an alias and the filter', () => {
  const files = filesOf(a6000Host);
  expect(body(files['compute/etc/default/grub.d/heps-iommu.cfg']!)).toEqual([
    'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX intel_iommu=on iommu=pt"',
  ]);
  expect(body(files['compute/etc/modprobe.d/heps-vfio.conf']!)[0]).toBe(
    'options vfio-pci ids=10de:2230,10de:1aef disable_vga=1',
  );
  const alias = 'alias = {"vendor_id":"10de","product_id":"2230","device_type":"type-PCI","name":"a6000"}';
  expect(body(files['compute/etc/nova/nova.conf.d/heps-compute.conf']!)).toEqual([
    '[pci]',
    'device_spec = {"vendor_id":"10de","product_id":"2230","resource_class":"CUSTOM_GPU_A6000","traits":"CUSTOM_GPU_MEM_48G"}',
    alias,
  ]);
  expect(body(files['api/etc/nova/nova.conf.d/heps-api.conf']!)).toEqual(['[pci]', alias]);
  // The host's own list, which has the filter already.
  expect(body(files['scheduler/etc/nova/nova.conf.d/heps-scheduler.conf']!)).toEqual([
    '[filter_scheduler]',
    'enabled_filters = ComputeFilter,ImagePropertiesFilter,PciPassthroughFilter',
  ]);
});

test('cards that can do SR-IOV are asked for as type-PF; virtual functions are not prepared', () => {
  const files = filesOf(a100Host);
  expect(body(files['api/etc/nova/nova.conf.d/heps-api.conf']!)).toEqual([
    '[pci]',
    'alias = {"vendor_id":"10de","product_id":"20b5","device_type":"type-PF","name":"a100-80gb"}',
  ]);
  expect(body(files['scheduler/etc/nova/nova.conf.d/heps-scheduler.conf']!)[1]).toMatch(
    /^enabled_filters = ComputeFilter,.*,PciPassthroughFilter$/,
  );
});

test('by addresses, each card and what shares its group is a line of a script', () => {
  const files = filesOf(halfBoundHost, 'addresses');
  expect(Object.keys(files)).not.toContain('compute/etc/modprobe.d/heps-vfio.conf');
  expect(body(files['compute/heps-driverctl.sh']!)).toEqual([
    'set -eu',
    ...['41:00.0', '41:00.1', '81:00.0', '81:00.1', 'c1:00.0', 'c1:00.1'].map(
      (place) => `driverctl set-override 0000:${place} vfio-pci`,
    ),
  ]);
});

test('a host set up with the generated files passes the checks', () => {
  // All on one machine: no file takes another's place.
  const files = Object.entries(filesOf(halfBoundHost)).map(([path, text]) => [path.replace(/^[a-z]+/, ''), text]);
  const devices = Object.fromEntries(
    Object.entries(halfBoundHost.devices!).map(([address, device]) => [address, { ...device, driver: 'vfio-pci' }]),
  );
  const tree = { devices, files: { ...halfBoundHost.files, ...Object.fromEntries(files) } };
  const checks = checkPassthrough(hostTree(buildTree(emptyFolder(), tree)));
  expect(checks.filter(({ status }) => status !== 'ok').map((check) => check.step)).toEqual([2, 5]);
});

test('a card that the catalogue does not know is prepared under its id', () => {
  const unknown = { ...a6000(1), id: '10de:ffff' };
  const files = filesOf({ devices: { '0000:09:00.0': unknown } });
  expect(body(files['compute/etc/nova/nova.conf.d/heps-compute.conf']!)[1]).toBe(
    'device_spec = {"vendor_id":"10de","product_id":"ffff","resource_class":"CUSTOM_GPU_10DE_FFFF"}',
  );
  expect(aliasOf({ model: null, pciId: '10de:ffff' })).toBe('10de-ffff');
});

test("another device in a card's group is not taken from the host, and a warning names it", () => {
  const network = { id: '8086:1572', class: '0x020000', driver: 'i40e', group: 1 };
  const tree = { devices: { '0000:09:00.0': a6000(1), '0000:0a:00.0': network } };
  for (const bindBy of ['ids', 'addresses'] as const) {
    const { files, warnings } = passthroughFiles(buildTree(emptyFolder(), tree), bindBy);
    expect(files.map(({ text }) => text).join()).not.toMatch(/8086:1572|0000:0a:00\.0/);
    expect(warnings).toEqual([
      'function of class 0x0200 0000:0a:00.0 shares the IOMMU group of 0000:09:00.0 and is not prepared: see check',
    ]);
  }
});

test('a host without cards needs nothing', () => {
  expect(filesOf(cardlessHost)).toEqual({});
});

describe('writing', () => {
  const files = [
    { path: 'compute/etc/a.conf', text: 'a\n' },
    { path: 'api/b.conf', text: 'b\n' },
  ];
  const changes = (folder: string): string[] => writeFiles(folder, files).map(({ change }) => change);

  test('a link is a stranger and is not followed, even one that leads round in a circle', () => {
    const folder = join(emptyFolder(), 'out');
    writeFiles(folder, files);
    symlinkSync('..', join(folder, 'api/round'));
    expect(() => writeFiles(folder, files)).toThrow('or one with only the files of before, got "api/round"');
  });

  test('writing makes the folder, leaves equal files alone and says what it overwrites', () => {
    const folder = join(emptyFolder(), 'new/folder');
    expect(changes(folder)).toEqual(['written', 'written']);
    expect(readFileSync(join(folder, 'compute/etc/a.conf'), 'utf8')).toBe('a\n');
    writeFileSync(join(folder, 'api/b.conf'), 'edited\n');
    expect(changes(folder)).toEqual(['unchanged', 'overwritten']);
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toEqual([]);
  });

  test('what a killed process has left half written is no stranger', () => {
    const folder = join(emptyFolder(), 'out');
    writeFiles(folder, files);
    writeFileSync(join(folder, 'api/b.conf.host-123-0.part'), 'half');
    expect(changes(folder)).toEqual(['unchanged', 'unchanged']);
    writeFileSync(join(folder, 'api/c.conf.host-123-0.part'), 'half');
    expect(() => changes(folder)).toThrow('got "api/c.conf.host-123-0.part"');
  });

  test('writing refuses a folder with anything else in it, and writes nothing', () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'compute'));
    writeFileSync(join(folder, 'compute/mine.txt'), '');
    expect(() => changes(folder)).toThrow(
      `${folder}: expected an empty folder, or one with only the files of before, got "compute/mine.txt"`,
    );
    expect(existsSync(join(folder, 'api'))).toBe(false);
  });

  test('writing refuses a file in the place of the folder', () => {
    const file = join(emptyFolder(), 'file');
    writeFileSync(file, '');
    expect(() => changes(file)).toThrow(`${file}: expected a folder, got "ENOTDIR"`);
  });
});
