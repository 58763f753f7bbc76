import { describe, expect, test } from 'vitest';
import { formatCluster, parseCluster } from '../../core/cluster-file.ts';
import { InputError } from '../../core/input-error.ts';

const host = { name: 'h', vcpus: 4, ramMib: 8192, diskGib: 100 };
const file = (change: object): unknown => ({ format: 'heps-cluster/1', name: 'small', hosts: [host], ...change });

describe('a cluster file', () => {
  test('a cluster file with count names hosts from 001 on, in order', () => {
    const { hosts } = parseCluster(
      file({
        hosts: [
          { ...host, count: 2 },
          { ...host, name: 'x' },
        ],
      }),
      'c.json',
    );
    expect(hosts.map(({ name }) => name)).toEqual(['h-001', 'h-002', 'x']);
  });

  test('a cluster file takes models from the catalogue and from itself, its own first', () => {
    const own = { name: 'T4', memoryMib: 1, cores: 2, fp32Tflops: 3, bandwidthGBs: 4, clockMhz: 5 };
    const cards = [
      { model: 'T4', count: 1 },
      { model: 'A40', count: 2, sharing: 'shared' },
    ];
    const { hosts } = parseCluster(file({ models: [own], hosts: [{ ...host, cards }] }), 'c.json');
    expect(
      hosts[0]!.cards.map(({ address, model, memoryMib, sharing }) => [address, model, memoryMib, sharing]),
    ).toEqual([
      ['0000:01:00.0', 'T4', 1, 'passthrough'],
      ['0000:02:00.0', 'A40', 46068, 'shared'],
      ['0000:03:00.0', 'A40', 46068, 'shared'],
    ]);
  });

  test('a cluster file written and read again is the same cluster', () => {
    const cards = [
      { model: 'T4', count: 1 },
      { model: 'A40', count: 2, sharing: 'shared' },
      { model: 'T4', count: 1 },
    ];
    const hosts = [
      { ...host, count: 3, cpuAllocationRatio: 4, cards },
      { ...host, name: 'x' },
    ];
    const cluster = parseCluster(file({ hosts }), 'c.json');
    expect(parseCluster(JSON.parse(JSON.stringify(formatCluster(cluster))), 'again')).toEqual(cluster);
  });

  test.each([
    [[], 'c.json: expected an object, got []'],
    [file({ format: 'heps-cluster/2' }), 'c.json, format: expected one of heps-cluster/1, got "heps-cluster/2"'],
    [
      file({ host: [] }),
      'c.json.host: expected one of the fields format, name, description, models, hosts, got "host"',
    ],
    [file({ hosts: [] }), 'c.json, hosts: expected at least one host, got []'],
    [file({ hosts: [{ ...host, vcpus: 0 }] }), 'c.json, hosts[0].vcpus: expected a number above 0, got 0'],
    [
      file({ hosts: [{ ...host, ramMib: 2 ** 31 }] }),
      'c.json, hosts[0].ramMib: expected a whole number below 2147483648, got 2147483648',
    ],
    [
      file({ hosts: [{ ...host, vcpus: 5000, cpuAllocationRatio: 16 }] }),
      'c.json, hosts[0].vcpus: expected at most 65536 with the allocation ratio, got 5000',
    ],
    [file({ hosts: [{ ...host, count: 3_000_000 }] }), 'c.json, hosts[0].count: expected at most 2097152, got 3000000'],
    [file({ hosts: [{ ...host, ram: 1 }] }), 'c.json, hosts[0].ram: expected one of the fields name, count, vcpus'],
    [file({ hosts: [host, host] }), 'c.json, hosts[1].name: expected a name that no other host has, got "h"'],
    [
      file({ hosts: [{ ...host, cards: [{ model: 'A6000', count: 1 }] }] }),
      'c.json, hosts[0].cards[0].model: expected a model of the catalogue or of this file, got "A6000"',
    ],
    [
      file({ hosts: [{ ...host, cards: [{ model: 'T4', count: 1, sharing: 'vgpu' }] }] }),
      'c.json, hosts[0].cards[0].sharing: expected one of passthrough, shared, got "vgpu"',
    ],
  ])('that is wrong is refused with file and field (%#)', (value, message) => {
    expect(() => parseCluster(value, 'c.json')).toThrow(InputError);
    expect(() => parseCluster(value, 'c.json')).toThrow(message as string);
  });
});
