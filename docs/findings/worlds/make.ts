/**
 * Writes the plan of the worlds and the clusters and workloads that it names: `node build/docs/findings/worlds/make.js`. Public data is looked for
 * in the folder that HEPS_FINDINGS_DATA names; a world whose data is not there is skipped, and the findings say so.
 */
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { formatCluster, type NamedCluster } from '../../../core/cluster-file.ts';
import { writeOutput } from '../../../files/output-file.ts';
import { type DataFile, dataFiles, findData } from '../../../sim/reproduce/data-files.ts';
import { existingPath, readCluster, readJson } from '../../../sim/runs/inputs.ts';
import { readOpenbNodes } from '../../../traces/openb.ts';
import { readChameleonNodes, subset } from './node-subsets.ts';
import { factors, morrisDesign, workloadOf } from './screening.ts';
import {
  comparedPolicies,
  halves,
  hepsPolicies,
  modeOptions,
  modes,
  screenedPolicies,
  type World,
  type WorldsFile,
} from './worlds.ts';

/** Where plan and inputs go, and the sweep's results: `node build/docs/findings/worlds/make.js [FOLDER]`. */
const [folder = 'sweeps/findings-worlds'] = process.argv.slice(2);
const trajectories = 2;
/** Nodes of openb in which its tasks, at most 66 cards at a time, are crowded, tight and nearly at ease. */
const openbSizes = [10, 16, 24];
const subsets = [1, 2, 3, 4, 5];

const hepsOptions = { days: 30, 'warm-up': '2d' };
const tenSeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

function write(file: string, content: unknown): string {
  writeOutput(join(folder, file), `${JSON.stringify(content, null, 1)}\n`);
  return file;
}

/** HEPS on its hosts, with its lifetimes doubled, and on fleets with other cards. */
async function hepsWorlds(): Promise<World[]> {
  const parsed = (await readJson(existingPath('heps', 'workloads'))) as {
    kinds: { lifetime: Record<string, number> }[];
  };
  const longer = structuredClone(parsed);
  for (const { lifetime } of longer.kinds) {
    for (const field of ['medianH', 'leastH', 'longestH']) lifetime[field]! *= 2;
  }
  const long = write('inputs/heps-long.json', { ...longer, name: 'heps-long' });
  const seeds = [1, 2, 3, 4];
  const rest = { replications: seeds.length, policies: { rejecting: comparedPolicies } };
  const base = await readCluster('heps-250');
  const refitted = (name: string, changes: Readonly<Record<string, string>>): string => {
    const hosts = base.hosts.map((host, index) => {
      const [from] = host.cards.map(({ model }) => model);
      const to = from === undefined ? undefined : changes[from];
      if (to === undefined || index % 2 === 1) return host;
      const { model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = base.hosts
        .flatMap(({ cards }) => cards)
        .find((card) => card.model === to)!;
      const figures = { model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz };
      return { ...host, cards: host.cards.map((card) => ({ ...card, ...figures })) };
    });
    const cluster: NamedCluster = { name, hosts };
    return write(`inputs/${name}.json`, formatCluster(cluster));
  };
  return [
    {
      name: 'heps',
      title: 'HEPS',
      description: 'a month of HEPS at load 1 on heps-250',
      options: { ...hepsOptions, seeds: tenSeeds },
      replications: tenSeeds.length,
      policies: {
        rejecting: hepsPolicies,
        queueing: hepsPolicies.filter((name) => !['first-fit', 'fgd'].includes(name)),
      },
    },
    {
      name: 'heps-long',
      title: 'HEPS, desktops live twice as long',
      description: 'the same with every lifetime doubled and as many arrivals: far more is asked for than there is',
      options: { ...hepsOptions, workload: long, seeds },
      ...rest,
    },
    {
      name: 'heps-long-half',
      title: 'HEPS, desktops live twice as long and half as many come',
      description: 'the same with every lifetime doubled and half the arrivals: as much is asked for as at load 1',
      options: { ...hepsOptions, workload: long, load: 0.5, seeds },
      ...rest,
    },
    {
      name: 'fleet-few-large',
      title: 'HEPS, fewer large cards',
      description: 'every second host of RTX A6000 has RTX A5000 (24 GiB) instead',
      options: { ...hepsOptions, cluster: refitted('heps-250-few-large', { 'RTX A6000': 'RTX A5000' }), seeds },
      ...rest,
    },
    {
      name: 'fleet-few-small',
      title: 'HEPS, fewer small cards',
      description: 'every second host of T4 (16 GiB) and RTX A5000 has A40 (48 GiB) instead',
      options: {
        ...hepsOptions,
        cluster: refitted('heps-250-few-small', { T4: 'A40', 'RTX A5000': 'A40' }),
        seeds,
      },
      ...rest,
    },
  ];
}

/** openb as recorded, a third of its GPU tasks naming models, on few of its nodes. */
async function openbWorlds(tasks: string, nodes: string): Promise<World[]> {
  const hosts = await readOpenbNodes(nodes);
  return openbSizes.map((size) => ({
    name: `openb-${size}`,
    title: `openb, ${size} nodes`,
    description: `Alibaba’s tasks of 2023 at their recorded times, a third of those with GPUs naming models (gpuspec33), on ${size} of its GPU nodes, drawn ${subsets.length} times`,
    options: {
      trace: tasks,
      times: 'real',
      cluster: subsets.map((seed) => {
        const cluster = subset('openb', hosts, size, seed);
        return write(`inputs/${cluster.name}.json`, formatCluster(cluster));
      }),
    },
    replications: subsets.length,
    policies: { rejecting: comparedPolicies },
  }));
}

/** Alibaba 2025 on the nodes of Chameleon. */
async function alibabaWorld(instances: string, nodes: string): Promise<World[]> {
  const hosts = await readChameleonNodes(nodes);
  const share = Math.round(0.8 * hosts.length);
  return [
    {
      name: 'alibaba-2025',
      title: 'Alibaba 2025 on Chameleon',
      description: `instances of recommendation models that ask for a card of any kind, on ${share} of Chameleon’s nodes, drawn ${subsets.length} times; most of those without a card are larger than a node`,
      options: {
        trace: instances,
        cluster: subsets.map((seed) => {
          const cluster = subset('chameleon', hosts, share, seed);
          return write(`inputs/${cluster.name}.json`, formatCluster(cluster));
        }),
      },
      replications: subsets.length,
      policies: { rejecting: comparedPolicies },
    },
  ];
}

async function main(): Promise<void> {
  mkdirSync(join(folder, 'inputs'), { recursive: true });
  const data = findData(process.env.HEPS_FINDINGS_DATA, Object.values(dataFiles));
  const skipped: WorldsFile['skipped'][number][] = [];
  const where = (file: DataFile): string => data.paths.get(file)!;
  const withData = async (
    title: string,
    needed: readonly DataFile[],
    make: () => Promise<World[]>,
  ): Promise<World[]> => {
    const why = needed.flatMap((file) => data.absent.get(file) ?? []);
    if (why.length === 0) return make();
    skipped.push({ title, why: why.join('; ') });
    return [];
  };
  const worlds = [
    ...(await hepsWorlds()),
    ...(await withData('openb on few nodes', [dataFiles.openbTasks, dataFiles.openbNodes], () =>
      openbWorlds(where(dataFiles.openbTasks), where(dataFiles.openbNodes)),
    )),
    ...(await withData('Alibaba 2025 on Chameleon', [dataFiles.alibaba2025, dataFiles.chameleonNodes], () =>
      alibabaWorld(where(dataFiles.alibaba2025), where(dataFiles.chameleonNodes)),
    )),
  ];
  const variants = morrisDesign(trajectories, 1);
  const parsed = await readJson(existingPath('heps', 'workloads'));
  const load = factors.findIndex(({ name }) => name === 'load');
  const screening = variants.map((variant, index) => {
    const name = `variant-${String(index + 1).padStart(2, '0')}`;
    const options = {
      ...hepsOptions,
      days: 14,
      workload: write(`inputs/${name}.json`, workloadOf(parsed, variant, name)),
      load: variant.values[load]!,
      // All points of a trajectory have one seed, so that a step changes the factor alone.
      seeds: 11 + variant.trajectory,
      policy: screenedPolicies,
    };
    return [name, options] as const;
  });
  const experiments = Object.fromEntries([
    ...worlds.flatMap(({ name, options, policies }) =>
      modes.flatMap((mode) => {
        const policy = policies[mode];
        return policy === undefined ? [] : [[`${name}-${mode}`, { ...options, ...modeOptions[mode], policy }] as const];
      }),
    ),
    // What least-card's halves do alone, and what the similarity adds to S_card, on HEPS as it is planned.
    [
      'halves-rejecting',
      {
        ...hepsOptions,
        seeds: tenSeeds,
        policy: halves.map((name) => relative(folder, join('docs/findings/policies', `${name}.ts`))),
      },
    ],
    [
      'similarity-rejecting',
      { ...hepsOptions, seeds: tenSeeds, 'gpu-score': ['both', 'card'], unasked: ['zero', 'least'] },
    ],
    ...screening,
  ]);
  writeOutput(join(folder, 'plan.yaml'), stringify({ experiments }, { aliasDuplicateObjects: false }));
  write('worlds.json', { worlds, skipped, variants } satisfies WorldsFile);
  for (const { title, why } of skipped) console.log(`skipped ${title}: ${why}`);
  console.log(`${worlds.length} worlds and ${variants.length} variants of HEPS: ${join(folder, 'plan.yaml')}`);
}

await main();
