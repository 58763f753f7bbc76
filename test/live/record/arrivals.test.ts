/** When the servers of a cloud were asked for, how long they ran, and which of them a trace has. */
import { expect, test } from 'vitest';
import type { Server } from '../../../live/openstack/index.ts';
import { type ArrivalOptions, arrivalsOf } from '../../../live/record/arrivals.ts';
import { aliasesOf } from '../../../live/scheduling/aliases.ts';

/** In hours, for short. */
const h = 3600;
const day0 = 1_764_000_000;

const server = (id: string, changed: Partial<Server>): Server => ({
  id,
  name: `name-${id}`,
  status: 'ACTIVE',
  taskState: null,
  host: 'gpu-1',
  projectId: 'p1',
  userId: 'u1',
  createdAtS: day0,
  updatedAtS: day0,
  launchedAtS: day0,
  terminatedAtS: null,
  metadata: {},
  isLocked: false,
  imageId: 'i',
  otherDiskGib: 0,
  flavor: { name: 'small', vcpus: 2, ramMib: 4096, diskGib: 10, extraSpecs: {} },
  fault: null,
  ...changed,
});

/** A window of ten hours. */
const recorded = (servers: Server[], changed: Partial<ArrivalOptions> = {}) =>
  arrivalsOf(servers, {
    sinceS: day0,
    nowS: day0 + 10 * h,
    aliases: aliasesOf({ a100: 'A100-80GB' }),
    refusedLifetimeS: null,
    ...changed,
  });
const times = (servers: Server[], changed: Partial<ArrivalOptions> = {}) =>
  recorded(servers, changed).arrivals.map(({ request, atS, lifetimeS }) => [request.id, atS, lifetimeS]);

test('a server arrives at its creation and lives from launch to end, or until now; second 0 is the first creation', () => {
  const ended = server('a', { createdAtS: day0 + h, launchedAtS: day0 + h + 30, terminatedAtS: day0 + 3 * h });
  const running = server('b', { createdAtS: day0 + 2 * h, launchedAtS: day0 + 2 * h + 60 });
  expect(times([running, ended])).toEqual([
    ['a', 0, 2 * h - 30],
    ['b', h, 8 * h - 60],
  ]);
});

test('who ran when the window began arrives at second 0 with the rest of his life; who had ended is left out', () => {
  const before = { createdAtS: day0 - 5 * h, launchedAtS: day0 - 5 * h };
  const running = server('b', before);
  const ended = server('c', { ...before, status: 'DELETED', terminatedAtS: day0 + 2 * h });
  const gone = server('a', { ...before, status: 'DELETED', terminatedAtS: day0 - h, updatedAtS: day0 + h });
  const inside = server('d', { createdAtS: day0 + h, launchedAtS: day0 + h });
  expect(times([inside, running, ended, gone])).toEqual([
    ['b', 0, 10 * h],
    ['c', 0, 2 * h],
    ['d', h, 9 * h],
  ]);
});

test('a launch long after the creation is a later start, and does not shorten the life', () => {
  expect(times([server('a', { launchedAtS: day0 + 6 * h })])).toEqual([['a', 0, 10 * h]]);
});

test('what was deleted without an end, or shelved from its host, ends with its last change; a stopped one goes on', () => {
  const last = { updatedAtS: day0 + 4 * h };
  const servers = [
    server('a', { status: 'DELETED', ...last }),
    server('b', { status: 'SHELVED_OFFLOADED', host: null, ...last }),
    server('c', { status: 'SHUTOFF', ...last }),
    server('d', { status: 'ERROR', ...last }),
  ];
  expect(times(servers).map(([, , lifetimeS]) => lifetimeS)).toEqual([4 * h, 4 * h, 10 * h, 10 * h]);
});

test('who never ran is counted and left out, or taken in with the lifetime that is given; who is being built runs', () => {
  const refused = server('a', { status: 'ERROR', host: null, launchedAtS: null });
  const cleaned = server('b', { status: 'DELETED', launchedAtS: null, terminatedAtS: day0 + 60 });
  const building = server('c', { status: 'BUILD', launchedAtS: null });
  const older = server('d', { ...refused, createdAtS: day0 - h });
  const servers = [refused, cleaned, building, { ...older, id: 'd' }];
  expect(times(servers)).toEqual([['c', 0, 10 * h]]);
  expect(recorded(servers).neverRan).toBe(2);
  expect(times(servers, { refusedLifetimeS: 3 * h })).toEqual([
    ['a', 0, 3 * h],
    ['b', 0, 3 * h],
    ['c', 0, 10 * h],
  ]);
});

test('aliases name models; one that is not known is told, and any card will do', () => {
  const flavor = (alias: string) => ({
    flavor: { ...server('', {}).flavor, extraSpecs: { 'pci_passthrough:alias': alias } },
  });
  const { arrivals, unknownAliases } = recorded([
    server('a', flavor('a100:2')),
    server('b', flavor('vendor-x')),
    server('c', flavor('a6000:1')),
  ]);
  expect(arrivals.map(({ request: { cards, cardModels } }) => [cards, ...cardModels])).toEqual([
    [2, 'A100-80GB'],
    [1],
    [1, 'RTX A6000'],
  ]);
  expect([...unknownAliases]).toEqual([['vendor-x', 1]]);
});

test('a server whose request cannot be read is named and left out', () => {
  const odd = server('odd', { metadata: { 'heps:gpu_num': 'two' } });
  const { arrivals, unreadable } = recorded([odd, server('a', {})]);
  expect(arrivals.map(({ request }) => request.id)).toEqual(['a']);
  expect(unreadable).toEqual([odd]);
});

test('project and user are the columns station and user', () => {
  expect(recorded([server('a', {})]).arrivals[0]).toMatchObject({ station: 'p1', user: 'u1', flavor: 'small' });
});

test('a server of our scheduler asks for what its metadata says, not for the cards that were chosen; attempts of a request count once', () => {
  const extraSpecs = { 'pci_passthrough:alias': 'a100:1' };
  const flavor = { name: 'heps-2c-4096m-10g-a100x1', vcpus: 2, ramMib: 4096, diskGib: 10, extraSpecs };
  const metadata = { 'heps:request': 'r', 'heps:gpu_num': '1', 'heps:gpu_mem_mib': '20000' };
  const failed = server('a', { status: 'ERROR', host: null, launchedAtS: null, flavor, metadata });
  const ran = server('b', { createdAtS: day0 + 60, launchedAtS: day0 + 90, flavor, metadata });
  const { arrivals, neverRan } = recorded([ran, failed], { refusedLifetimeS: h });
  expect([arrivals.map(({ request }) => request.id), neverRan]).toEqual([['b'], 0]);
  expect(arrivals[0]!.request).toMatchObject({ cards: 1, cardMemoryMib: 20_000, cardModels: [] });
  // Nova forgets the metadata of a deleted server: then the alias is all that is known.
  const gone = recorded([server('c', { flavor })]).arrivals[0]!.request;
  expect(gone).toMatchObject({ cards: 1, cardModels: ['A100-80GB'] });
});

test('metadata of our scheduler counts whole: no flavor adds to it, and its aliases need no model', () => {
  const extraSpecs = { 'pci_passthrough:alias': 'vendor-x:1', 'heps:gpu_mem_mib': '40000' };
  const flavor = { name: 'of-theirs', vcpus: 2, ramMib: 4096, diskGib: 10, extraSpecs };
  const metadata = { 'heps:request': 'r', 'heps:gpu_num': '1', 'heps:gpu_cores': '5000', 'heps:gpu_model': 'A40|T4' };
  const { arrivals, unknownAliases } = recorded([server('a', { flavor, metadata })]);
  const { cards, cardMemoryMib, cardCores, cardModels } = arrivals[0]!.request;
  expect([cards, cardMemoryMib, cardCores, cardModels]).toEqual([1, 0, 5000, ['A40', 'T4']]);
  expect([...unknownAliases]).toEqual([]);
});

test('of attempts that never ran the last counts, within one second too, but none from after the end', () => {
  const attempt = (number: number, changed: Partial<Server> = {}) =>
    server(`attempt-${number}`, {
      status: 'ERROR',
      launchedAtS: null,
      metadata: { 'heps:request': 'r', 'heps:attempt': String(number) },
      ...changed,
    });
  const tooLate = attempt(11, { createdAtS: day0 + 11 * h, launchedAtS: day0 + 11 * h, status: 'ACTIVE' });
  for (const servers of [
    [attempt(9), attempt(10), tooLate],
    [tooLate, attempt(10), attempt(9)],
  ]) {
    expect(times(servers, { refusedLifetimeS: h })).toEqual([['attempt-10', 0, h]]);
    expect(recorded(servers).neverRan).toBe(1);
  }
});

test('what happens after the recording’s end is not in it', () => {
  const later = server('a', { createdAtS: day0 + 11 * h, launchedAtS: day0 + 11 * h });
  const starting = server('b', { createdAtS: day0 + 9 * h, launchedAtS: day0 + 10.1 * h });
  const ending = server('c', { createdAtS: day0 + 9 * h, launchedAtS: day0 + 9 * h, terminatedAtS: day0 + 12 * h });
  expect(times([later, starting, ending])).toEqual([
    ['b', 0, h],
    ['c', 0, h],
  ]);
});
