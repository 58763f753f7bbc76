import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { modelNamed } from '../../core/card-catalogue.ts';
import { Cluster } from '../../core/cluster.ts';
import { foreverS, openbModels, readOpenbNodes, readOpenbPods } from '../../traces/openb.ts';
import { collect, fullSet, refusal, sample, skipping, written } from './trace-files.ts';

const header =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n';
const pods = (rows: string) => written({ 'pods.csv': header + rows });
const nodes = (rows: string) => written({ 'nodes.csv': `sn,cpu_milli,memory_mib,gpu,model\n${rows}` });

test('a task that shares a card asks for thousandths of it, with fractional vCPUs', async () => {
  const [arrival] = await collect(
    readOpenbPods(pods('p,1500,12288,1,460,A10|T4|T4,LS,Running,427061,427100,427061\n')),
  );
  expect(arrival).toEqual({
    atS: 427061,
    lifetimeS: 39,
    request: {
      id: 'p',
      vcpus: 1.5,
      ramMib: 12288,
      diskGib: 0,
      cards: 1,
      cardMemoryMib: 0,
      cardCores: 460,
      cardModels: ['A10', 'T4'],
    },
    station: 'LS',
    flavor: 'gpu-share',
    image: '',
    user: '',
  });
});

test('a model that is named twice is kept twice when asked', async () => {
  const path = pods('p,1500,12288,1,460,A10|T4|T4,LS,Running,427061,427100,427061\n');
  for (const times of ['real', 'order'] as const) {
    const [arrival] = await collect(readOpenbPods(path, { times, repeatedModels: true }));
    expect(arrival?.request.cardModels).toEqual(['A10', 'T4', 'T4']);
  }
});

test('flavours tell tasks without GPU, with a share, and with one or more cards', async () => {
  const rows =
    'a,1000,1,0,0,,,,0,1,\nb,1000,1,1,999,,,,0,1,\nc,1000,1,1,1000,,,,0,1,\nd,1000,1,2,1000,,,,0,1,\n' +
    'e,1000,1,0,700,A10,,,0,1,\n';
  const arrivals = await collect(readOpenbPods(pods(rows)));
  expect(arrivals.map((arrival) => arrival.flavor)).toEqual(['cpu', 'gpu-share', 'gpu-1', 'gpu-2', 'cpu']);
  // Without a GPU the share and the models mean nothing.
  expect(arrivals[4]?.request).toMatchObject({ cards: 0, cardCores: 0, cardModels: [] });
});

test('real times sort by creation, keep the order within a second, and give at least 1 s of life', async () => {
  const rows = 'a,1000,1,0,0,,,,20,30,\nb,1000,1,0,0,,,,10,10,\nc,1000,1,0,0,,,,20,15,\nd,1000,1,0,0,,,,0,100,\n';
  const arrivals = await collect(readOpenbPods(pods(rows)));
  expect(arrivals.map(({ request, atS, lifetimeS }) => [request.id, atS, lifetimeS])).toEqual([
    ['d', 0, 100],
    ['b', 10, 1],
    ['a', 20, 10],
    ['c', 20, 1],
  ]);
});

test('by order, task k arrives at second k and never leaves', async () => {
  const rows = 'a,1000,1,0,0,,,,20,30,\nb,1000,1,0,0,,,,10,10,\n';
  const arrivals = await collect(readOpenbPods(pods(rows), { times: 'order' }));
  expect(arrivals.map(({ request, atS, lifetimeS }) => [request.id, atS, lifetimeS])).toEqual([
    ['a', 0, foreverS],
    ['b', 1, foreverS],
  ]);
});

test('a list without times is read by order, and refused when real times are asked for', async () => {
  const path = sample('openb/pods-without-times.csv');
  const arrivals = await collect(readOpenbPods(path));
  expect(arrivals).toHaveLength(40);
  expect(arrivals.at(-1)).toMatchObject({ atS: 39, lifetimeS: foreverS });
  const bare = written({ 'pods.csv': 'name,cpu_milli,memory_mib,num_gpu,gpu_milli\n' });
  expect(await refusal(readOpenbPods(bare, { times: 'real' }))).toBe(
    'pods.csv:1: expected a column creation_time, got "name,cpu_milli,memory_mib,num_gpu,gpu_milli"',
  );
});

test('the sample has tasks of every kind', async () => {
  const arrivals = await collect(readOpenbPods(sample('openb/pods.csv')));
  expect(arrivals).toHaveLength(289);
  const flavors = new Set(arrivals.map((arrival) => arrival.flavor));
  expect([...flavors].sort()).toEqual(['cpu', 'gpu-1', 'gpu-2', 'gpu-4', 'gpu-8', 'gpu-share']);
});

test('each wrong cell of a task is refused with file, line, column and what was expected', async () => {
  const message = (row: string) => refusal(readOpenbPods(pods(`p,1000,1,0,0,,,,0,1,\n${row}\n`)));
  expect(await message('q,0,1,0,0,,,,0,1,')).toBe(
    'pods.csv:3, column cpu_milli: expected a whole number of at least 1, got "0"',
  );
  expect(await message('q,1000,1,2,500,,,,0,1,')).toBe(
    'pods.csv:3, column gpu_milli: expected 1000, since num_gpu is 2, got "500"',
  );
  expect(await message('q,1000,1,1,0,,,,0,1,')).toBe(
    'pods.csv:3, column gpu_milli: expected a whole number of at least 1, got "0"',
  );
  expect(await message('q,1000,1,1,1001,,,,0,1,')).toBe(
    'pods.csv:3, column gpu_milli: expected at most 1000, got "1001"',
  );
  expect(await message('q,1000,1,1,1000,,,,,1,')).toBe(
    'pods.csv:3, column creation_time: expected a whole number of at least 0, got ""',
  );
});

test('wrong tasks are left out when asked, and leave no gap in the order', async () => {
  const path = pods('a,1000,1,0,0,,,,0,1,\nb,x,1,0,0,,,,0,1,\nc,1000,1,0,0,,,,0,1,\n');
  const { taken, messages } = await skipping((options) => readOpenbPods(path, { ...options, times: 'order' }));
  expect(taken.map(({ request, atS }) => [request.id, atS])).toEqual([
    ['a', 0],
    ['c', 1],
  ]);
  expect(messages).toEqual(['pods.csv:3, column cpu_milli: expected a whole number of at least 1, got "x"']);
});

test('the nodes of the sample make a cluster, with shared cards of a thousand cores each', async () => {
  const hosts = await readOpenbNodes(sample('openb/nodes.csv'));
  expect(hosts).toHaveLength(38);
  const cluster = new Cluster(hosts);
  expect(cluster.models.map((model) => model.name).sort()).toEqual(
    ['A10', 'G2', 'G3', 'P100', 'T4', 'V100M16', 'V100M32'].sort(),
  );
  expect(hosts.flatMap((host) => host.cards).every((card) => card.cores === 1000 && card.sharing === 'shared')).toBe(
    true,
  );
});

test('a node has the memory of the authors and the figures of the catalogue', async () => {
  const [host] = await readOpenbNodes(nodes('n,64000,262144,2,P100\n'));
  const { fp32Tflops, bandwidthGBs, clockMhz } = modelNamed('P100')!;
  const card = {
    model: 'P100',
    memoryMib: 16280,
    cores: 1000,
    fp32Tflops,
    bandwidthGBs,
    clockMhz,
    sharing: 'shared',
  };
  expect(host).toEqual({
    name: 'n',
    vcpus: 64,
    ramMib: 262144,
    diskGib: 0,
    cpuAllocationRatio: 1,
    cards: [
      { address: '0000:01:00.0', ...card },
      { address: '0000:02:00.0', ...card },
    ],
  });
});

test('only the models that the trace hides are nominal, and say why', () => {
  const nominal = [...openbModels.values()].filter((model) => model.nominal !== undefined);
  expect(nominal.map((model) => [model.name, model.memoryMib])).toEqual([
    ['G1', 10000],
    ['G2', 20000],
    ['G3', 30000],
  ]);
  for (const model of nominal) expect(model.nominal).toMatch(/^the trace hides which card this is/);
});

test('a node with an unknown model, or with a model and no card, is refused', async () => {
  expect(await refusal(readOpenbNodes(nodes('n,1000,1,0,\nm,1000,1,1,B200\n')))).toBe(
    'nodes.csv:3, column model: expected one of P100, T4, V100M16, V100M32, A10, A100, P4, M40, 1080, 2080, 3090, G1, G2, ' +
      'G3, got "B200"',
  );
  expect(await refusal(readOpenbNodes(nodes('n,1000,1,0,T4\n')))).toBe(
    'nodes.csv:2, column model: expected no model, since gpu is 0, got "T4"',
  );
});

test('a node that no cluster can have is refused with file, line, column and what was expected', async () => {
  const message = (row: string) => refusal(readOpenbNodes(nodes(`n,1000,1,0,\n${row}\n`)));
  expect(await message('n,1000,1,0,')).toBe('nodes.csv:3, column sn: expected a name that no other host has, got "n"');
  expect(await message('m,1000,0,0,')).toBe(
    'nodes.csv:3, column memory_mib: expected a whole number of at least 1, got "0"',
  );
  expect(await message('m,1000,2147483648,0,')).toBe(
    'nodes.csv:3, column memory_mib: expected a whole number below 2147483648, got "2147483648"',
  );
  expect(await message('m,65536001,1,0,')).toBe(
    'nodes.csv:3, column cpu_milli: expected at most 65536000, got "65536001"',
  );
});

const isHere = existsSync(fullSet('openb'));
const where = isHere ? '' : ' (skipped: the full set is not in ../shared/traces)';

test.skipIf(!isHere)(
  `the full default list has 8152 tasks, asking for 6 086 800 thousandths of a card${where}`,
  async () => {
    const arrivals = await collect(readOpenbPods(fullSet('openb/openb_pod_list_default.csv')));
    expect(arrivals).toHaveLength(8152);
    expect(arrivals.reduce((sum, { request }) => sum + request.cards * request.cardCores, 0)).toBe(6_086_800);
    expect(arrivals.every(({ atS }, index) => index === 0 || atS >= arrivals[index - 1]!.atS)).toBe(true);
  },
);

test.skipIf(!isHere)(`the full multi-GPU and GPU-model lists are read${where}`, async () => {
  expect(await collect(readOpenbPods(fullSet('openb/openb_pod_list_multigpu20.csv')))).toHaveLength(8324);
  expect(await collect(readOpenbPods(fullSet('openb/openb_pod_list_multigpu50.csv')))).toHaveLength(9061);
  const arrivals = await collect(readOpenbPods(fullSet('openb/openb_pod_list_gpuspec33.csv')));
  expect(arrivals.filter(({ request }) => request.cardModels.length > 0)).toHaveLength(8152 - 5764);
});

test.skipIf(!isHere)(
  `the full node list has 1523 nodes, 1213 of them with 6212 GPUs and 107 018 cores${where}`,
  async () => {
    const hosts = await readOpenbNodes(fullSet('openb/openb_node_list_all_node.csv'));
    expect(hosts).toHaveLength(1523);
    const withCards = hosts.filter((host) => host.cards.length > 0);
    expect(withCards).toHaveLength(1213);
    expect(withCards.reduce((sum, host) => sum + host.cards.length, 0)).toBe(6212);
    expect(withCards.reduce((sum, host) => sum + host.vcpus, 0)).toBe(107_018);
  },
);
