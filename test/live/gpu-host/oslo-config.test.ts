import { expect, test } from 'vitest';
import { hostTree } from '../../../live/gpu-host/host-tree.ts';
import { lastValue, parseOslo, readServiceConfig } from '../../../live/gpu-host/oslo-config.ts';
import { emptyFolder } from './folders.ts';
import { buildTree } from './trees.ts';

test('an option may be repeated, go on over indented lines, be quoted, and contain = and :', () => {
  const config = parseOslo(`debug = true
[pci]
# alias = {"name": "off"}
;alias = {"name": "off"}
alias = {"name": "a"}
alias: {
  "name": "b",
  }
device_spec = '{"address": "*:41:00.*"}'

[filter_scheduler]
enabled_filters = ComputeFilter,
	PciPassthroughFilter
transport=a:b=c
nonsense
`);
  expect(Object.fromEntries(config)).toEqual({
    'DEFAULT.debug': ['true'],
    'pci.alias': ['{"name": "a"}', '{\n"name": "b",\n}'],
    'pci.device_spec': ['{"address": "*:41:00.*"}'],
    'filter_scheduler.enabled_filters': ['ComputeFilter,\nPciPassthroughFilter'],
    'filter_scheduler.transport': ['a:b=c'],
  });
});

test('files of the folder beside come after, in order of name, and begin at DEFAULT', () => {
  const root = buildTree(emptyFolder(), {
    files: {
      '/etc/nova/nova.conf': '[pci]\nalias = 1',
      '/etc/nova/nova.conf.d/20-b.conf': 'host = b\n[pci]\nalias = 3\n',
      '/etc/nova/nova.conf.d/10-a.conf': 'host = a\n[pci]\nalias = 2\n',
      '/etc/nova/nova.conf.d/notes.txt': 'host = c\n',
    },
  });
  const config = readServiceConfig(hostTree(root), 'nova')!;
  expect(config.get('pci.alias')).toEqual(['1', '2', '3']);
  expect(lastValue(config, 'DEFAULT.host')).toBe('b');
  expect(lastValue(config, 'DEFAULT.debug')).toBeUndefined();
  expect(readServiceConfig(hostTree(root), 'cinder')).toBeNull();
});
