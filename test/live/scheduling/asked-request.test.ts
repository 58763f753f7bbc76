/** What a server asks that Nova places: flavor and metadata together, and what its PCI alias can give. */
import { expect, test } from 'vitest';
import { aliasesOf } from '../../../live/scheduling/aliases.ts';
import { askedOf, requestOf } from '../../../live/scheduling/asked-request.ts';

const aliases = aliasesOf({ a100: 'A100-80GB' });
const server = (extraSpecs: Record<string, string>, metadata: Record<string, string> = {}) => ({
  id: 's',
  flavor: { vcpus: 4, ramMib: 8192, diskGib: 10, extraSpecs },
  metadata,
});
const asked = (extraSpecs: Record<string, string>, metadata: Record<string, string> = {}) =>
  askedOf(server(extraSpecs, metadata), aliases);
const any = { 'pci_passthrough:alias': 'gpu:1' };

test('memory, cores and models of the metadata are asked for beside the cards of the alias', () => {
  expect(asked(any, { 'heps:gpu_mem_mib': '40000', 'heps:gpu_model': 'A40|L40S' })).toMatchObject({
    request: { cards: 1, cardMemoryMib: 40_000, cardModels: ['A40', 'L40S'] },
    objection: null,
  });
  const strict = { ...any, 'heps:gpu_mem_mib': '60000' };
  expect(asked(strict, { 'heps:gpu_mem_mib': '40000' }).request.cardMemoryMib).toBe(60_000);
});

test('the models of an alias and of the metadata must have one in common; an alias may be written for a model', () => {
  const a100 = { 'pci_passthrough:alias': 'a100:2', 'heps:gpu_model': 'whatever the flavor calls it' };
  expect(asked(a100).request).toMatchObject({ cards: 2, cardModels: ['A100-80GB'] });
  expect(asked(a100, { 'heps:gpu_model': 'a100' }).request.cardModels).toEqual(['A100-80GB']);
  expect(requestOf(server(a100, { 'heps:gpu_model': 'T4' }), aliases)).toBeNull();
});

test('Nova gives cards by alias alone: who asks for more than it names is objected to', () => {
  expect(asked({ 'heps:gpu_num': '1', 'heps:gpu_mem_mib': '70000' })).toMatchObject({
    request: { cards: 1, cardMemoryMib: 70_000 },
    objection: 'cards-without-alias',
  });
  expect(asked({}, { 'heps:gpu_mem_mib': '40000' })).toMatchObject({
    request: { cards: 1 },
    objection: 'cards-without-alias',
  });
  expect(asked(any, { 'heps:gpu_num': '2' })).toMatchObject({
    request: { cards: 1 },
    objection: 'cards-without-alias',
  });
  expect(asked(any, { 'heps:gpu_num': '1' }).objection).toBeNull();
  expect(asked({}, { 'heps:gpu_num': '0', 'heps:gpu_model': 'any', 'heps:gpu_mem_mib': '0' })).toMatchObject({
    request: { cards: 0 },
    objection: null,
  });
});
