/** The servers of a cloud as arrivals of a trace: when each was asked for, how long it ran, and what it asked for. Pure. */
import type { VmRequest } from '../../core/request.ts';
import type { Arrival } from '../../traces/arrival.ts';
import type { Server } from '../openstack/index.ts';
import type { Aliases } from '../scheduling/aliases.ts';
import { aliasesIn, requestOf } from '../scheduling/asked-request.ts';
import { attemptKey, requestKey } from '../scheduling/server-metadata.ts';

export interface ArrivalOptions {
  /** Unix seconds. Servers that had ended by then are left out; those that ran then arrive at second 0. */
  readonly sinceS: number;
  /** Unix seconds. Servers that still run are taken to end now: nobody knows when they will. */
  readonly nowS: number;
  readonly aliases: Aliases;
  /** Seconds for which servers that never ran would have run, could they have; null: they are left out. */
  readonly refusedLifetimeS: number | null;
}

export interface RecordedArrivals {
  /** In order of time, then as they were created. */
  readonly arrivals: readonly Arrival[];
  /** Unix seconds of the trace's second 0: `sinceS`, or the first creation where that is later. */
  readonly startS: number;
  /** Servers that got no host, or failed to start there. */
  readonly neverRan: number;
  /** Servers whose request cannot be read, left out. */
  readonly unreadable: readonly Pick<Server, 'id' | 'name'>[];
  /** PCI aliases whose model is unknown, and how many servers name them: there any card will do. */
  readonly unknownAliases: ReadonlyMap<string, number>;
}

/**
 * Nova starts a server within minutes or not at all, but overwrites the time of the start when it is rebuilt, resized or unshelved
 * (nova/compute/manager.py, `launched_at`). A start later than this is such a one: the server then ran from its creation on.
 */
const longestBootS = 3600;

/** Statuses in which a server that had started holds nothing any more. */
const endedStatuses: readonly string[] = ['DELETED', 'SHELVED_OFFLOADED'];

export function arrivalsOf(servers: Iterable<Server>, options: ArrivalOptions): RecordedArrivals {
  const { sinceS, nowS, aliases, refusedLifetimeS } = options;
  const unreadable: Server[] = [];
  const unknownAliases = new Map<string, number>();
  let neverRan = 0;
  const created = [...servers].filter(({ createdAtS }) => createdAtS <= nowS);
  const taken = oncePerRequest(created)
    .sort(byCreation)
    .flatMap((server) => {
      const ran = runOf(server, nowS);
      if (ran === null && server.createdAtS < sinceS) return [];
      if (ran === null) neverRan++;
      const run = ran ?? refusedRun(server, refusedLifetimeS);
      if (run === null || run.untilS < sinceS) return [];
      const request = askedOf(server, aliases);
      if (request === null) {
        unreadable.push(server);
        return [];
      }
      for (const alias of unknownAliasesOf(server, aliases)) {
        unknownAliases.set(alias, (unknownAliases.get(alias) ?? 0) + 1);
      }
      return [{ server, run, request }];
    });
  const startS = Math.max(sinceS, taken[0]?.server.createdAtS ?? nowS);
  const arrivals = taken.map(({ server: { createdAtS, projectId, userId, flavor }, run, request }): Arrival => {
    const fromS = Math.max(run.fromS, startS);
    return {
      atS: Math.max(0, createdAtS - startS),
      lifetimeS: Math.max(0.001, run.untilS - fromS),
      request,
      station: projectId,
      flavor: flavor.name,
      image: '',
      user: userId,
    };
  });
  return { arrivals, startS, neverRan, unreadable, unknownAliases };
}

/** From when until when it held its host, Unix seconds. */
interface Run {
  readonly fromS: number;
  readonly untilS: number;
}

/** Null for a server that never started. One that is being built counts as running from its creation on. */
function runOf(server: Server, nowS: number): Run | null {
  const { status, createdAtS, launchedAtS, terminatedAtS, updatedAtS } = server;
  if (launchedAtS === null && status !== 'BUILD') return null;
  if (launchedAtS === null || launchedAtS > nowS) return { fromS: createdAtS, untilS: nowS };
  const isLaterStart = launchedAtS > createdAtS + longestBootS;
  const hasEnded = endedStatuses.includes(status);
  return {
    fromS: isLaterStart ? createdAtS : Math.max(createdAtS, launchedAtS),
    untilS: Math.min(nowS, terminatedAtS ?? (hasEnded ? updatedAtS : nowS)),
  };
}

function refusedRun({ createdAtS }: Server, lifetimeS: number | null): Run | null {
  return lifetimeS === null ? null : { fromS: createdAtS, untilS: createdAtS + lifetimeS };
}

/** Of several attempts of one request of our scheduler, the one that ran, else the last. */
function oncePerRequest(servers: Iterable<Server>): Server[] {
  const kept = new Map<string, Server>();
  for (const server of servers) {
    const key = server.metadata[requestKey] ?? server.id;
    const other = kept.get(key);
    if (other === undefined || isBetter(server, other)) kept.set(key, server);
  }
  return [...kept.values()];
}

/** Attempts can be created within one second of Nova's; their numbers tell which was later. */
function isBetter(one: Server, other: Server): boolean {
  const hasRun = ({ launchedAtS }: Server): number => Number(launchedAtS !== null);
  const attempt = ({ metadata }: Server): number => Number(metadata[attemptKey]) || 0;
  return (hasRun(one) - hasRun(other) || attempt(one) - attempt(other) || one.createdAtS - other.createdAtS) > 0;
}

/** What our scheduler's servers asked for is in their metadata: their flavor names the cards that were chosen, and another policy may choose others. */
function askedOf(server: Server, aliases: Aliases): VmRequest | null {
  const { flavor, metadata } = server;
  if (metadata[requestKey] === undefined) return requestOf(server, aliases);
  return requestOf({ ...server, flavor: { ...flavor, extraSpecs: {} } }, aliases);
}

function unknownAliasesOf({ flavor, metadata }: Server, aliases: Aliases): string[] {
  if (metadata[requestKey] !== undefined) return [];
  return aliasesIn(flavor.extraSpecs['pci_passthrough:alias'] ?? '')
    .map(({ alias }) => alias)
    .filter((alias) => aliases.modelOf(alias) === undefined);
}

/** Nova's times are whole seconds; the id decides among servers of the same one, so that a record is the same each time. */
function byCreation(one: Server, other: Server): number {
  return one.createdAtS - other.createdAtS || (one.id < other.id ? -1 : 1);
}
