import { expect, test } from 'vitest';
import { anInteger } from '../../../core/check.ts';
import { vmRequest } from '../../../core/request.ts';
import { readJsonColumn, UnreadableColumn } from '../../../live/database/json-column.ts';
import { desktopOf } from '../../../live/desktops/records/desktop.ts';
import { readGroups } from '../../../live/desktops/records/group.ts';
import { readMachineOrder } from '../../../live/desktops/records/machine-order.ts';
import type { DesktopTable } from '../../../live/desktops/records/tables.ts';
import { comparisonOf } from '../../../live/scheduling/comparison.ts';
import { rowOf, type ServerRequest, serverRequestOf } from '../../../live/scheduling/server-request.ts';
import type { ComparisonTable } from '../../../live/scheduling/tables.ts';
import { inventoryOf, usageOf } from '../../../live/srm/host-state.ts';

test('a column that is no JSON, or holds something else, is refused by its row and name', () => {
  const read = (text: string) => readJsonColumn(text, 'requests r-1, attempt', anInteger);
  expect(read('7')).toBe(7);
  expect(() => read('7,')).toThrow(new UnreadableColumn('requests r-1, attempt: expected JSON'));
  expect(() => read('"7"')).toThrow('requests r-1, attempt: expected a whole number of at least 0, got "7"');
  expect(() => read('"7"')).toThrow(UnreadableColumn);
});

test('a desktop, the groups of a person and the order of a machine name the row that cannot be read', () => {
  const row = { id: 'd-1', cardModels: '["A40",7]' } as unknown as DesktopTable;
  expect(() => desktopOf(row)).toThrow('desktops d-1, cardModels[1]: expected a text, got 7');
  expect(() => readGroups('[{"name":"b7"}]', 'chen')).toThrow('people chen, groups[0].gid: expected a whole number');
  expect(() => readMachineOrder('{"id":"d-1"}', 'd-1')).toThrow(
    'machineOrders d-1, machineOrder, size: expected an object',
  );
});

const request: ServerRequest = {
  id: 'r-1',
  idempotencyKey: '1:k',
  projectId: null,
  projectName: null,
  userId: null,
  userName: null,
  byPerson: 0,
  tokenId: 1,
  spec: {
    name: 'desk',
    networks: ['n-1'],
    metadata: { colour: '' },
    userData: 'aGk=',
    configDrive: true,
    imageId: 'i-1',
    flavor: { id: 'f-1', name: 'gpu', extraSpecs: { 'pci_passthrough:alias': 'a40:1' } },
    request: vmRequest({ id: 'r-1', vcpus: 4, ramMib: 8192, cards: 1, cardModels: ['A40'] }),
  },
  state: 'claimed',
  revision: 1,
  owner: 'o',
  leaseUntilS: 15,
  attempt: 2,
  host: 'gpu-1',
  cards: [{ address: '0000:10:00.0', model: 'A40' }],
  sentAtS: null,
  serverId: null,
  decision: {
    policy: 'hybrid',
    host: 'gpu-1',
    cards: [{ address: '0000:10:00.0', model: 'A40' }],
    score: 61.5,
    terms: { cardScore: -0.5, similarity: 1 },
    rejectedBy: {},
  },
  history: [{ attempt: 1, host: 'gpu-2', serverId: null, fault: '' }],
  fault: null,
  createdAtS: 0,
  changedAtS: 0,
};

test('a request for a server is read from its row as it was written, field by field and in the same order', () => {
  const row = rowOf(request);
  expect(serverRequestOf(row)).toEqual(request);
  expect(rowOf(serverRequestOf(row))).toEqual(row);
});

test.each([
  [
    'spec',
    '{"name":"desk","networks":"none","metadata":{"a":1}}',
    'requests r-1, spec, metadata.a: expected a text, got 1',
  ],
  ['cards', '[{"model":"A40"}]', 'requests r-1, cards[0].address: expected a text'],
  ['decision', '{}', 'requests r-1, decision, policy: expected a text'],
  ['history', '[{"attempt":0}]', 'requests r-1, history[0].attempt: expected a whole number of at least 1, got 0'],
])('a request whose %s cannot be read names it', (column, text, message) => {
  expect(() => serverRequestOf({ ...rowOf(request), [column]: text })).toThrow(message);
});

test('a comparison whose request cannot be read names it', () => {
  const row = { serverId: 's-1', request: '{"vcpus":"4"}' } as unknown as ComparisonTable;
  expect(() => comparisonOf(row)).toThrow('comparisons s-1, request.vcpus: expected a number, got "4"');
});

test('a host whose record cannot be read is named', () => {
  const state = { host: 'gpu-1', inventory: '{"vcpus":0}', usage: '{"vcpusUsed":"8"}' };
  expect(() => inventoryOf(state)).toThrow('records gpu-1, inventory.vcpus: expected a number above 0, got 0');
  expect(() => usageOf(state)).toThrow('records gpu-1, usage: vcpusUsed: expected a number of at least 0, got "8"');
});
