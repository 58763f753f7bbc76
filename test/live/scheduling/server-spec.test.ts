/** What is asked for, by flavor or by numbers, and the flavor that follows the decision. */
import { describe, expect, test } from 'vitest';
import type { Flavor } from '../../../live/openstack/index.ts';
import { aliasesOf } from '../../../live/scheduling/aliases.ts';
import { aliasesIn } from '../../../live/scheduling/asked-request.ts';
import { flavorFor } from '../../../live/scheduling/flavors.ts';
import { checkServerBody, specOf } from '../../../live/scheduling/server-spec.ts';

const aliases = aliasesOf({ a100: 'A100-80GB' });
const flavor = (name: string, extraSpecs: Record<string, string> = {}): Flavor => ({
  id: `id-${name}`,
  name,
  vcpus: 4,
  ramMib: 16_384,
  diskGib: 50,
  isPublic: true,
  description: null,
  extraSpecs,
});
const flavors = [
  flavor('plain'),
  flavor('one-a100', { 'pci_passthrough:alias': 'a100:1', 'heps:gpu_model': 'a100' }),
  flavor('described', { 'heps:gpu_num': '2', 'heps:gpu_mem_mib': '40000', 'hw:cpu_policy': 'dedicated' }),
  flavor('odd', { 'pci_passthrough:alias': 'fpga:1' }),
];
const images = [
  { id: 'i1', name: 'debian', status: 'active', minRamMib: 0, minDiskGib: 0, requiredTraits: [] },
  { id: 'i2', name: 'twice', status: 'active', minRamMib: 0, minDiskGib: 0, requiredTraits: [] },
  { id: 'i3', name: 'twice', status: 'active', minRamMib: 0, minDiskGib: 0, requiredTraits: [] },
];
const spec = (body: object) =>
  specOf('r1', checkServerBody({ name: 'n', image: 'debian', ...body }), images, flavors, (alias) =>
    aliases.modelOf(alias),
  );

describe('a request', () => {
  test('by numbers', () => {
    const { request, flavor: named } = spec({
      size: { vcpus: 8, ramMib: 32_768 },
      gpu: { count: 2, memoryMib: 40_000, cores: 7000, models: ['A40'] },
    });
    expect(named).toBeNull();
    expect(request).toEqual({
      id: 'r1',
      vcpus: 8,
      ramMib: 32_768,
      diskGib: 0,
      cards: 2,
      cardMemoryMib: 40_000,
      cardCores: 7000,
      cardModels: ['A40'],
    });
  });

  test('by a flavor whose alias names the model, whatever it calls it otherwise', () => {
    expect(spec({ flavor: 'one-a100' }).request).toMatchObject({ vcpus: 4, cards: 1, cardModels: ['A100-80GB'] });
  });

  test('by a flavor that describes cards; what the body asks counts over it', () => {
    expect(spec({ flavor: 'id-described' }).request).toMatchObject({ cards: 2, cardMemoryMib: 40_000 });
    const asked = spec({ flavor: 'described', gpu: { count: 1, memoryMib: 20_000 } }).request;
    expect(asked).toMatchObject({ cards: 1, cardMemoryMib: 20_000 });
  });

  test('by metadata, with the keys that Horizon offers; the stricter of them and the rest counts, and they are not kept twice', () => {
    const asked = (body: object, metadata: Record<string, string>) => spec({ ...body, metadata });
    const { request, metadata } = asked({ flavor: 'one-a100' }, { 'heps:gpu_mem_mib': '70000', owner: 'ada' });
    expect(request).toMatchObject({ cards: 1, cardMemoryMib: 70_000, cardModels: ['A100-80GB'] });
    expect(metadata).toEqual({ owner: 'ada' });
    expect(asked({ flavor: 'described' }, { 'heps:gpu_mem_mib': '20000' }).request.cardMemoryMib).toBe(40_000);
    // Described and not counted is one; an alias may be written for a model.
    const plain = asked({ size: { vcpus: 1, ramMib: 1 } }, { 'heps:gpu_model': 'a100|A40', 'heps:gpu_cores': '1' });
    expect(plain.request).toMatchObject({ cards: 1, cardCores: 1, cardModels: ['A100-80GB', 'A40'] });
    expect(() => asked({ flavor: 'one-a100' }, { 'heps:gpu_model': 'T4' })).toThrow('heps:gpu_model: expected a model');
    expect(() => asked({ flavor: 'plain' }, { 'heps:gpu_num': 'two' })).toThrow(
      'heps:gpu_num: expected a whole number',
    );
  });

  test.each([
    [{ flavor: 'plain', size: { vcpus: 1, ramMib: 1 } }, 'flavor: expected a flavor or a size, one of the two'],
    [{}, 'flavor: expected a flavor or a size'],
    [{ flavor: 'none' }, 'flavor: expected id or name of one that is there, got "none"'],
    [{ flavor: 'odd' }, 'flavor: expected one whose PCI alias is known'],
    [{ flavor: 'plain', image: 'twice' }, 'image: expected id or name of one that is there, got "twice, several"'],
    [{ flavor: 'plain', gpu: { count: 0 } }, 'gpu.count: expected a whole number of at least 1'],
    [{ flavor: 'plain', gpus: 1 }, 'gpus'],
    [{ flavor: 'plain', metadata: { 'heps:request': 'x' } }, 'metadata: expected keys that do not begin with heps:'],
    [{ flavor: 'plain', userData: 'not base64!' }, 'userData: expected base64'],
  ])('%j is refused', (body, message) => {
    expect(() => spec(body)).toThrow(message);
  });
});

test('alias lists as Nova reads them', () => {
  expect(aliasesIn('a6000:2, t4')).toEqual([
    { alias: 'a6000', count: 2 },
    { alias: 't4', count: 1 },
  ]);
  expect(aliasesIn('')).toEqual([]);
});

describe('the flavor of a decision', () => {
  const held = (model: string, ...addresses: string[]) => addresses.map((address) => ({ model, address }));

  test('the flavor of a decision is the named one where that asks for just these cards', () => {
    expect(flavorFor(spec({ flavor: 'plain' }), [], aliases)).toEqual({ id: 'id-plain' });
    expect(flavorFor(spec({ flavor: 'one-a100' }), held('A100-80GB', 'x'), aliases)).toEqual({ id: 'id-one-a100' });
  });

  test('else a private one, of the same name for the same content, by the alias of the model', () => {
    const asked = spec({ size: { vcpus: 8, ramMib: 32_768, diskGib: 50 }, gpu: { count: 2 } });
    expect(flavorFor(asked, held('A100-80GB', 'x', 'y'), aliases)).toMatchObject({
      name: 'heps-8c-32768m-50g-a100x2',
      isPublic: false,
      extraSpecs: { 'pci_passthrough:alias': 'a100:2' },
    });
    expect(flavorFor(asked, [...held('T4', 'z'), ...held('RTX A6000', 'x')], aliases)).toMatchObject({
      name: 'heps-8c-32768m-50g-a6000x1-t4x1',
      extraSpecs: { 'pci_passthrough:alias': 'a6000:1,t4:1' },
    });
  });

  test('the flavor of a decision keeps what else the named flavor says, and shows it in the name', () => {
    const made = flavorFor(spec({ flavor: 'described' }), held('A40', 'x', 'y'), aliases);
    expect(made).toMatchObject({
      name: expect.stringMatching(/^heps-4c-16384m-50g-a40x2-[0-9a-f]{8}$/),
      extraSpecs: { 'hw:cpu_policy': 'dedicated', 'pci_passthrough:alias': 'a40:2', 'heps:gpu_num': '2' },
    });
  });
});
