/** Where what a server holds differs from what Nova and Placement say, and what is odd about the cloud itself. */
import type { Server } from '../openstack/index.ts';
import { aliasesIn } from '../scheduling/asked-request.ts';
import { requestKey } from '../scheduling/server-metadata.ts';
import type { CloudTruth, HeldSize, HostTruth } from './cloud-truth.ts';
import type { HostHoldings, HostReportView, ServerView } from './server-view.ts';

export interface Difference {
  readonly host: string;
  /** Server, consumer or card that it is about. */
  readonly subject: string;
  /** What the server holds, in words. */
  readonly holdings: string;
  /** What the cloud says, in words. */
  readonly cloud: string;
}

export interface Verification {
  readonly hosts: number;
  readonly servers: number;
  /** Cards in use. */
  readonly cards: number;
  readonly differences: readonly Difference[];
  /** What is held as the cloud has it, and should not be in the cloud: places of nobody, guests that Nova does not know. */
  readonly notes: readonly string[];
}

/** Compares both, as they were read. Servers that are being built, and claims without a server, are under way, and not compared. */
export function compareWithCloud({ hosts, reports }: ServerView, { hosts: truths, servers }: CloudTruth): Verification {
  const differences: Difference[] = [];
  const notes: string[] = [];
  const seen = new Set<string>();
  let cards = 0;
  for (const truth of truths) {
    const { host } = truth;
    seen.add(host);
    const mine = hosts.get(host);
    if (mine === undefined) {
      if (truth.held.size > 0)
        differences.push({ host, subject: host, holdings: 'no such host', cloud: `${truth.held.size} servers` });
      continue;
    }
    cards += mine.cards.size;
    if (mine.takesServers !== truth.takesServers) {
      const text = (takes: boolean): string => (takes ? 'takes servers' : 'takes no servers');
      differences.push({ host, subject: host, holdings: text(mine.takesServers), cloud: text(truth.takesServers) });
    }
    differences.push(
      ...sizeDifferences(mine, truth, servers),
      ...cardDifferences(mine, truth, reports.get(host), servers),
    );
    for (const id of truth.held.keys()) {
      if (!servers.has(id))
        notes.push(`${host}: Placement has a place for ${id}, which is no server and no move that Nova knows`);
    }
    for (const [address, ids] of reports.get(host)?.holders ?? []) {
      for (const id of ids) {
        if (!servers.has(id)) notes.push(`${host}: card ${address} is used by guest ${id}, which Nova does not know`);
      }
    }
  }
  for (const host of hosts.keys()) {
    if (!seen.has(host)) differences.push({ host, subject: host, holdings: 'a host', cloud: 'no such host' });
  }
  return { hosts: truths.length, servers: servers.size, cards, differences, notes };
}

function sizeDifferences(mine: HostHoldings, truth: HostTruth, servers: CloudTruth['servers']): Difference[] {
  const { host } = mine;
  const byServer = new Map<string, HeldSize>();
  const claims = new Set<string>();
  for (const { serverId, request, vcpus, ramMib, diskGib } of mine.servers) {
    if (serverId === null) {
      if (request !== null) claims.add(request);
      continue;
    }
    const before = byServer.get(serverId) ?? { vcpus: 0, ramMib: 0, diskGib: 0 };
    byServer.set(serverId, {
      vcpus: before.vcpus + vcpus,
      ramMib: before.ramMib + ramMib,
      diskGib: before.diskGib! + diskGib,
    });
  }
  const differences: Difference[] = [];
  for (const id of new Set([...byServer.keys(), ...truth.held.keys()])) {
    const [one, other] = [byServer.get(id), truth.held.get(id)];
    const server = servers.get(id);
    const isUnderWay = server?.status === 'BUILD' || claims.has(server?.metadata[requestKey] ?? '');
    if (isUnderWay && (one === undefined || other === undefined)) continue;
    if (one !== undefined && other !== undefined && isSame(one, other)) continue;
    differences.push({
      host,
      subject: named(id, server),
      holdings: sizeText(one, other),
      cloud: sizeText(other, other),
    });
  }
  return differences;
}

function isSame(one: HeldSize, other: HeldSize): boolean {
  const isDisk = other.diskGib === null || one.diskGib === other.diskGib;
  return one.vcpus === other.vcpus && one.ramMib === other.ramMib && isDisk;
}

/** @param like whose disk counts or does not */
function sizeText(size: HeldSize | undefined, like: HeldSize | undefined): string {
  if (size === undefined) return 'nothing';
  const { vcpus, ramMib, diskGib } = size;
  const disk = like === undefined || like.diskGib === null ? '' : `, ${diskGib} GiB of disk`;
  return `${vcpus} vCPUs, ${ramMib} MiB${disk}`;
}

function cardDifferences(
  mine: HostHoldings,
  { devices }: HostTruth,
  report: HostReportView | undefined,
  servers: CloudTruth['servers'],
): Difference[] {
  const { host, cards } = mine;
  if (report === undefined) return []; // without a record no card of the host is known
  const differences: Difference[] = [];
  const requests = new Map(
    mine.servers.flatMap(({ request, serverId }) => (request === null ? [] : [[request, serverId]])),
  );
  const holderOf = (address: string): string => {
    const holder = cards.get(address) ?? '';
    return requests.get(holder) ?? holder;
  };
  const text = (id: string): string => (id === '' ? 'idle' : named(id, servers.get(id)));
  for (const [address, reported] of report.holders) {
    const holder = holderOf(address);
    const device = devices?.get(address);
    const isBuilt = (id: string): boolean => servers.get(id)?.status === 'BUILD' || requests.has(id);
    if (device !== undefined) {
      const isUnderWay = isBuilt(holder) || isBuilt(device);
      // A guest that Nova does not know has the card, whatever Placement says.
      const isLeftOver = device === '' && reported.some((id) => !servers.has(id));
      if (device !== holder && !isUnderWay && !isLeftOver) {
        differences.push({
          host,
          subject: `card ${address}`,
          holdings: text(holder),
          cloud: `Placement: ${text(device)}`,
        });
      }
      continue;
    }
    const known = reported.filter((id) => servers.has(id));
    const isOlder = known.some((id) => servers.get(id)!.updatedAtS > report.receivedAtS);
    if (known.length > 0 && !report.isStale && !isOlder && !known.includes(holder)) {
      differences.push({
        host,
        subject: `card ${address}`,
        holdings: text(holder),
        cloud: `its host: ${text(known[0]!)}`,
      });
    }
  }
  for (const server of servers.values()) {
    if (server.host !== host || server.taskState !== null || !settledStatuses.includes(server.status)) continue;
    const wanted = aliasesIn(server.flavor.extraSpecs['pci_passthrough:alias'] ?? '').reduce(
      (sum, { count }) => sum + count,
      0,
    );
    const held = [...report.holders.keys()].filter((address) => holderOf(address) === server.id).length;
    if (wanted === held) continue;
    differences.push({
      host,
      subject: named(server.id, server),
      holdings: `${held} cards`,
      cloud: `its flavor: ${wanted} cards`,
    });
  }
  return differences;
}

/** Of a server that has what its flavor says, on one host. */
const settledStatuses: readonly string[] = [
  'ACTIVE',
  'SHUTOFF',
  'PAUSED',
  'SUSPENDED',
  'RESCUE',
  'SHELVED',
  'SOFT_DELETED',
];

function named(id: string, server: Server | undefined): string {
  return server === undefined ? id : `${server.name} (${id})`;
}
