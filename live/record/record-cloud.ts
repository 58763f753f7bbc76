/** Reads what a cloud has and had, and makes of it a cluster file and a trace that `heps simulate` replays. */
import { type ClusterFile, formatCluster, parseCluster } from '../../core/cluster-file.ts';
import { isGpuRequest } from '../../core/request.ts';
import { formatHepsCsv, hepsCsvHeader } from '../../traces/heps-csv.ts';
import { type Hypervisor, type Nova, openNova, openPlacement, type Server, type Session } from '../openstack/index.ts';
import type { Client } from '../scheduling/client.ts';
import { CloudHosts } from '../scheduling/cloud-hosts.ts';
import type { CloudHost } from '../scheduling/cloud-view.ts';
import { type ArrivalOptions, arrivalsOf, type RecordedArrivals } from './arrivals.ts';
import { cardsOfHosts, type HostCards } from './host-cards.ts';

export interface RecordOptions extends ArrivalOptions {
  /** The server whose records tell the hosts' cards; null: Placement does, as it does of hosts without a record. */
  readonly client: Pick<Client, 'ask'> | null;
}

export interface Recording {
  readonly cluster: ClusterFile;
  /** Text of the trace, with its header. */
  readonly trace: string;
  /** What the recording lacks, or takes for granted; one line each. */
  readonly warnings: readonly string[];
  readonly counts: RecordingCounts;
}

export interface RecordingCounts {
  readonly servers: number;
  readonly gpuServers: number;
  /** Left out of `servers`, unless they were given a lifetime. */
  readonly neverRan: number;
  readonly hosts: number;
  readonly cards: number;
}

/** Names in one warning. */
const mostNames = 10;

/** Needs the admin role, and changes nothing. @throws InputError when there is no host, or one that no cluster file can hold */
export async function recordCloud(session: Session, options: RecordOptions): Promise<Recording> {
  const nova = await openNova(session);
  const placement = await openPlacement(session);
  const hypervisors: Hypervisor[] = [];
  for await (const hypervisor of nova.listHypervisors()) hypervisors.push(hypervisor);
  const hosts = (await new CloudHosts(nova, placement).read()).sort((one, other) => (one.name < other.name ? -1 : 1));
  const cards = await cardsOfHosts(hypervisors, placement, options.client);
  const servers = await readServers(nova, options.sinceS);
  const recorded = arrivalsOf(servers.values(), options);
  const cluster = clusterOf(session.cloud.name, hosts, cards, recorded.startS, options.nowS);
  parseCluster(JSON.parse(JSON.stringify(cluster)), `the hosts of ${session.cloud.name}`);
  const gpuServers = recorded.arrivals.filter(({ request }) => isGpuRequest(request)).length;
  const cardCount = hosts.reduce((sum, { name }) => sum + (cards.byHost.get(name)?.length ?? 0), 0);
  return {
    cluster,
    trace: `${hepsCsvHeader}\n${formatHepsCsv(recorded.arrivals)}`,
    warnings: [
      ...(cardCount === 0 ? [noCards(gpuServers, options.client !== null)] : []),
      ...cards.warnings,
      ...hostWarnings(hypervisors, hosts, cards, servers.values()),
      ...serverWarnings(recorded, cluster),
    ],
    counts: {
      servers: recorded.arrivals.length,
      gpuServers,
      neverRan: recorded.neverRan,
      hosts: hosts.length,
      cards: cardCount,
    },
  };
}

function noCards(gpuServers: number, hasServer: boolean): string {
  const lacking = gpuServers === 0 ? '' : `, although ${gpuServers} servers asked for some: a replay refuses them all`;
  const remedy = hasServer
    ? 'run heps live agent on the GPU hosts, or set [pci] report_in_placement there'
    : 'name --server URL, whose records tell them, or set [pci] report_in_placement on the GPU hosts';
  return `the cluster has no cards${lacking}; ${remedy}`;
}

/** Those of all projects that are there, and those that have gone or changed since: Nova has no list of both. */
async function readServers(nova: Pick<Nova, 'listServers'>, sinceS: number): Promise<Map<string, Server>> {
  const servers = new Map<string, Server>();
  for await (const server of nova.listServers({ allProjects: true })) servers.set(server.id, server);
  // Second, so that one which ends meanwhile is seen as ended.
  for await (const server of nova.listServers({ allProjects: true, changesSinceS: sinceS })) {
    servers.set(server.id, server);
  }
  return servers;
}

function clusterOf(
  cloud: string,
  hosts: readonly CloudHost[],
  { byHost }: HostCards,
  startS: number,
  nowS: number,
): ClusterFile {
  const specs = hosts.map(({ takesServers: _, ...size }) => ({ ...size, cards: byHost.get(size.name) ?? [] }));
  const { format, name, ...rest } = formatCluster({ name: cloud, hosts: specs });
  const description = `Recorded by heps live record; second 0 of the trace is ${timeOf(startS)}, its end ${timeOf(nowS)}.`;
  return { format, name, description, ...rest };
}

function hostWarnings(
  hypervisors: readonly Hypervisor[],
  hosts: readonly CloudHost[],
  { byHost }: HostCards,
  servers: Iterable<Server>,
): string[] {
  const known = new Set(hosts.map(({ name }) => name));
  const seen = new Set(hypervisors.map(({ host }) => host));
  const noInventory = [...seen].filter((host) => !known.has(host));
  const out = hosts.filter(({ takesServers }) => !takesServers).map(({ name }) => name);
  const gone = new Set([...servers].flatMap(({ host }) => (host === null || seen.has(host) ? [] : [host])));
  const reportOnly = [...byHost.keys()].filter((host) => !known.has(host));
  return [
    ...named(noInventory, 'hosts whose vCPUs or RAM Placement does not know are left out'),
    ...named(out, 'hosts that are down or disabled now are in the cluster all the same'),
    ...named([...gone], 'hosts on which servers ran are no longer there, and not in the cluster'),
    ...named(reportOnly, 'hosts with cards are not in the cluster'),
    ...named(
      modelsOfSeveralFigures(byHost),
      'models whose cards report different figures; those of the last host count',
    ),
  ];
}

/** A cluster file describes each model once. */
function modelsOfSeveralFigures(byHost: HostCards['byHost']): string[] {
  const figures = new Map<string, Set<string>>();
  for (const { address: _, model, sharing: __, ...rest } of [...byHost.values()].flat()) {
    figures.set(model, (figures.get(model) ?? new Set()).add(Object.values(rest).join(' ')));
  }
  return Array.from(figures, ([model, { size }]) => (size > 1 ? model : '')).filter((model) => model !== '');
}

function serverWarnings({ arrivals, unreadable, unknownAliases }: RecordedArrivals, { models }: ClusterFile): string[] {
  const wanted = new Set(arrivals.flatMap(({ request }) => request.cardModels));
  const missing = [...wanted].filter((wish) => models.every(({ name }) => name !== wish));
  return [
    ...named(missing, 'servers ask for models that no host has'),
    ...named(
      unreadable.map(({ name, id }) => `${name} (${id})`),
      'servers whose flavor or metadata cannot be read are left out',
    ),
    ...Array.from(
      unknownAliases,
      ([alias, count]) =>
        `no model is known of the PCI alias ${alias}, which ${count} servers name: any card will do for them; tell it by --alias ${alias}=MODEL`,
    ),
  ];
}

function named(names: readonly string[], what: string): string[] {
  if (names.length === 0) return [];
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return [`${what}: ${names.slice(0, mostNames).join(', ')}${more}`];
}

function timeOf(atS: number): string {
  return new Date(atS * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
