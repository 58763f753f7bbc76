import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readAlibaba2025 } from '../../traces/alibaba-2025.ts';
import { recogniseTrace } from '../../traces/formats.ts';
import type { RowError } from '../../traces/left-out.ts';
import { collect, fullSet, refusal, skipping, written } from './trace-files.ts';

const header =
  'instance_sn,role,app_name,cpu_request,cpu_limit,gpu_request,gpu_limit,rdma_request,rdma_limit,memory_request,memory_limit,disk_request,disk_limit,max_instance_per_node,creation_time,scheduled_time,deletion_time';
const row = (id: string, gpus: number, memory: string, times: string) =>
  `${id},${gpus > 0 ? 'HN' : 'CN'},app_7,8,16,${gpus},${gpus},25,25,${memory},64,50.5,100,-1,${times}`;
const list = (...rows: string[]) => written({ 'instances.csv': [header, ...rows, ''].join('\n') });

test('an instance is a VM from creation to deletion, in order of creation, with a card of any model', async () => {
  const path = list(row('late', 0, '64', '20,21,20'), row('early', 1, '37.5', '10.000000000000002,11,70.5'));
  expect(await recogniseTrace(path)).toBe('alibaba-2025');
  const [early, late] = await collect(readAlibaba2025(path));
  expect(early).toEqual({
    atS: 10,
    lifetimeS: 60.5,
    // 37.5 · 1024 MiB, and half a GiB of disk rounded up
    request: {
      id: 'early',
      vcpus: 8,
      ramMib: 38400,
      diskGib: 51,
      cards: 1,
      cardMemoryMib: 0,
      cardCores: 0,
      cardModels: [],
    },
    station: 'HN',
    flavor: 'app_7',
    image: '',
    user: '',
  });
  // Created and deleted in the same instant: 1 s
  expect(late).toMatchObject({ atS: 20, lifetimeS: 1, station: 'CN', request: { id: 'late', cards: 0 } });
});

test('an instance without one of the times is no VM, and no wrong row', async () => {
  const path = list(row('before', 1, '1', ',1,5'), row('whole', 1, '1', '2,2,5'), row('after', 1, '1', '3,3,'));
  const noVms: RowError[] = [];
  const arrivals = await collect(readAlibaba2025(path, { onNoVm: (each) => noVms.push(each) }));
  expect(arrivals.map(({ request }) => request.id)).toEqual(['whole']);
  expect(noVms.map(({ reason }) => reason)).toEqual(['outlived-trace', 'outlived-trace']);
});

test('a wrong cell is refused with its line and column, or left out', async () => {
  const path = list(row('a', 1, '1', '2,2,5'), row('b', 1, 'much', '3,3,5'), row('c', 1, '1', '9,9,5'));
  expect(await refusal(readAlibaba2025(path))).toMatch(/^instances\.csv:3, column memory_request: expected a number/);
  const { taken, messages } = await skipping((options) => readAlibaba2025(path, options));
  expect(taken.map(({ request }) => request.id)).toEqual(['a']);
  expect(messages).toHaveLength(2);
});

const full = fullSet('more/alibaba-gpu-v2025-disaggregated_DLRM_trace.csv.gz');
test.runIf(existsSync(full))('of the full list 12 390 instances are VMs, 3 218 of them with a card', async () => {
  const arrivals = await collect(readAlibaba2025(full));
  expect(arrivals).toHaveLength(12_390);
  expect(arrivals.filter(({ request }) => request.cards > 0)).toHaveLength(3218);
});
