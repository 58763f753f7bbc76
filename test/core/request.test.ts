import { describe, expect, test } from 'vitest';
import { InputError } from '../../core/input-error.ts';
import { isGpuRequest, requestFromFlavor, vmRequest } from '../../core/request.ts';

describe('vmRequest', () => {
  test('vmRequest asks for nothing but what is named', () => {
    expect(vmRequest({ id: 'a', vcpus: 2, ramMib: 4096 })).toEqual({
      id: 'a',
      vcpus: 2,
      ramMib: 4096,
      diskGib: 0,
      cards: 0,
      cardMemoryMib: 0,
      cardCores: 0,
      cardModels: [],
    });
    expect(isGpuRequest(vmRequest({ id: 'a', vcpus: 2, ramMib: 4096 }))).toBe(false);
    expect(isGpuRequest(vmRequest({ id: 'a', vcpus: 2, ramMib: 4096, cards: 1 }))).toBe(true);
  });

  test.each([0.001, 0.3, 1.005, 96])('%d vCPUs are a number in steps of 0.001', (vcpus) => {
    expect(vmRequest({ id: 'a', vcpus, ramMib: 0 }).vcpus).toBe(vcpus);
  });

  test.each([0, -1, 0.0004, 1.0005, 0.1 + 0.2, Number.NaN, Infinity, -Infinity])('%d vCPUs are refused', (vcpus) => {
    expect(() => vmRequest({ id: 'a', vcpus, ramMib: 0 })).toThrow(
      new RangeError(`vcpus must be above 0 in steps of 0.001, got ${vcpus}`),
    );
  });

  test.each(['ramMib', 'diskGib', 'cards', 'cardMemoryMib', 'cardCores'])('%s must be a whole number', (field) => {
    for (const wrong of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
      expect(() => vmRequest({ id: 'a', vcpus: 1, ramMib: 0, [field]: wrong })).toThrow(
        new RangeError(`${field} must be a whole number of at least 0, got ${wrong}`),
      );
    }
  });
});

describe('requestFromFlavor', () => {
  const flavor = { vcpus: 8, ram: 32768, disk: 80 };
  const nothingOfCards = { cards: 0, cardMemoryMib: 0, cardCores: 0, cardModels: [] };

  test('a plain flavor asks for vCPUs, RAM in MiB and disk in GiB', () => {
    expect(requestFromFlavor('a', flavor)).toEqual({
      id: 'a',
      vcpus: 8,
      ramMib: 32768,
      diskGib: 80,
      ...nothingOfCards,
    });
  });

  test('extra specs say how many cards, how large and which models', () => {
    const request = requestFromFlavor('a', flavor, {
      'heps:gpu_num': '2',
      'heps:gpu_mem_mib': '24576',
      'heps:gpu_cores': '5000',
      'heps:gpu_model': 'RTX A6000 | L40S',
      'hw:cpu_policy': 'dedicated',
    });
    expect(request).toMatchObject({ cards: 2, cardMemoryMib: 24576, cardCores: 5000 });
    expect(request.cardModels).toEqual(['RTX A6000', 'L40S']);
  });

  test('where flavor and metadata both have a key the stricter counts, whichever has it; what one has alone adds to it', () => {
    const specs = { 'heps:gpu_num': '1', 'heps:gpu_mem_mib': '16384' };
    const metadata = { 'heps:gpu_mem_mib': '24576', 'heps:gpu_cores': '1000' };
    const together = { cards: 1, cardMemoryMib: 24576, cardCores: 1000 };
    expect(requestFromFlavor('a', flavor, specs, metadata)).toMatchObject(together);
    expect(requestFromFlavor('a', flavor, metadata, specs)).toMatchObject(together);
    // By number, not by text: 9000 is less than 16384.
    expect(requestFromFlavor('a', flavor, specs, { 'heps:gpu_mem_mib': '9000' }).cardMemoryMib).toBe(16384);
  });

  test('of models those count that both accept; any is no wish; none in common is an error', () => {
    const models = (one: string, other: string) =>
      requestFromFlavor('a', flavor, { 'heps:gpu_num': '1', 'heps:gpu_model': one }, { 'heps:gpu_model': other })
        .cardModels;
    expect(models('T4|L40S|A40', 'A40|L40S|H100')).toEqual(['L40S', 'A40']);
    expect(models('any', 'A40')).toEqual(['A40']);
    expect(models('A40', 'any')).toEqual(['A40']);
    expect(models('any', '')).toEqual([]);
    expect(() => models('T4', 'A40')).toThrow('heps:gpu_model: expected a model that is accepted otherwise too: T4');
  });

  test('a number that is none is refused, whichever side has it', () => {
    const [good, wrong] = [{ 'heps:gpu_num': '1' }, { 'heps:gpu_num': 'two' }];
    expect(() => requestFromFlavor('a', flavor, good, wrong)).toThrow('heps:gpu_num: expected a whole number');
    expect(() => requestFromFlavor('a', flavor, wrong, good)).toThrow('heps:gpu_num: expected a whole number');
  });

  test('any model is no wish', () => {
    for (const model of ['any', '', ' ', 'any|', ' any ']) {
      const specs = { 'heps:gpu_num': '1', 'heps:gpu_model': model };
      expect(requestFromFlavor('a', flavor, specs).cardModels, `"${model}"`).toEqual([]);
    }
  });

  test.each([
    ['a6000', 1],
    ['a6000:2', 2],
    ['a6000:2,t4:1', 3],
    [' a6000 : 2 , t4 ', 3],
    ['a6000:0', 0],
    ['', 0],
  ])('without heps:gpu_num the alias %j counts as %d cards', (alias, cards) => {
    expect(requestFromFlavor('a', flavor, { 'pci_passthrough:alias': alias }).cards).toBe(cards);
  });

  test('heps:gpu_num counts before the alias', () => {
    const specs = { 'pci_passthrough:alias': 'a6000:1', 'heps:gpu_num': '2' };
    expect(requestFromFlavor('a', flavor, specs).cards).toBe(2);
    expect(requestFromFlavor('a', flavor, specs, { 'heps:gpu_num': '0' }).cards).toBe(2);
  });

  test.each(['heps:gpu_num', 'heps:gpu_mem_mib', 'heps:gpu_cores'])('%s that is no count is named', (key) => {
    for (const wrong of ['two', '-1', '1.5', '', ' 1', '1e3', '0x10', '1000000000']) {
      const attempt = () => requestFromFlavor('a', flavor, { 'heps:gpu_num': '1', [key]: wrong });
      expect(attempt).toThrow(InputError);
      expect(attempt).toThrow(`${key}: expected a whole number of at least 0, got "${wrong}"`);
    }
  });

  test.each(['a6000:', ':2', 'a6000:x', 'a6000:-1', 'a6000,', 'a b', 'a6000:1:1'])('alias %j is refused', (alias) => {
    const attempt = () => requestFromFlavor('a', flavor, { 'pci_passthrough:alias': alias });
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow('pci_passthrough:alias: expected name:count, separated by commas');
  });

  test.each([{ 'heps:gpu_mem_mib': '1024' }, { 'heps:gpu_cores': '1' }, { 'heps:gpu_model': 'L40S' }])(
    'cards that are described but not counted are an error: %j',
    (details) => {
      const message = 'heps:gpu_num: expected at least 1, since cards are described, got 0';
      expect(() => requestFromFlavor('a', flavor, details)).toThrow(message);
      expect(() => requestFromFlavor('a', flavor, {}, details)).toThrow(InputError);
      expect(requestFromFlavor('a', flavor, { ...details, 'pci_passthrough:alias': 'l40s' }).cards).toBe(1);
    },
  );

  test('a flavor without vCPUs is refused', () => {
    expect(() => requestFromFlavor('a', { ...flavor, vcpus: 0 })).toThrow('vcpus must be above 0');
  });
});
