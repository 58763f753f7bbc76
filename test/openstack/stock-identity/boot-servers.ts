/** Boots servers one after another through plain Nova, and removes some between; each begins when nothing of the one before is under way. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'mysql2/promise';
import { Cluster, type Placement } from '../../../core/cluster.ts';
import type { HostSpec } from '../../../core/host.ts';
import type { Nova } from '../../../live/openstack/index.ts';
import type { RandomStream } from '../../../traces/random.ts';
import { type Baseline, policyOf } from './baseline.ts';
import type { Boot } from './comparison.ts';
import { differenceFrom, readHosts, type SeenHosts } from './seen-hosts.ts';
import type { BootedFlavor } from './uneven-hosts.ts';

/** What is booted where, and by which dice. */
export interface Plan {
  /** Which cards a server gets on the host that Nova chose, as `core` counts them. */
  readonly baseline: Baseline;
  readonly servers: number;
  readonly flavors: readonly BootedFlavor[];
  readonly imageId: string;
  readonly random: RandomStream;
  /** So large a part of the servers asks for no card. */
  readonly cpuShare: number;
  /** After so large a part of the boots one server is removed, so that hosts get free again. */
  readonly removedShare: number;
}

interface Running {
  readonly serverId: string;
  readonly placement: Placement;
  readonly host: string;
  readonly atS: number;
}

export async function bootServers(
  nova: Nova,
  tables: Pool,
  specs: readonly HostSpec[],
  modelOf: Readonly<Record<string, string>>,
  { baseline, servers, flavors, imageId, random, cpuShare, removedShare }: Plan,
): Promise<Boot[]> {
  const policy = policyOf(baseline);
  // What core has counted: the cloud must come to the same after each boot, the cards by model included.
  const counted = new Cluster(specs);
  const hostIndex = new Map(specs.map(({ name }, index) => [name, index]));
  const running: Running[] = [];
  const boots: Boot[] = [];
  const draw = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const settled = async (): Promise<SeenHosts> => {
    let seen = await readHosts(tables, modelOf);
    let difference: string | null = null;
    await until(
      async () => {
        seen = await readHosts(tables, modelOf);
        difference = differenceFrom(counted, seen);
        return difference === null;
      },
      () => difference!,
    );
    return seen;
  };

  const cpuFlavors = flavors.filter(({ request }) => request.cards === 0);
  const gpuFlavors = flavors.filter(({ request }) => request.cards > 0);
  let seen = await settled();
  while (boots.length < servers) {
    const { id: flavorId, request } = draw(random() < cpuShare ? cpuFlavors : gpuFlavors);
    const name = `identity-${boots.length}`;
    const before = { atS: performance.now() / 1000, seen, running: running.map(({ host, atS }) => ({ host, atS })) };
    const { id: serverId, requestId } = await nova.createServer({ name, imageId, flavorId, networks: 'none' });
    const host = await placeOf(tables, serverId);
    boots.push({ ...before, request: { ...request, id: name }, requestId: requestId!, host });
    if (host !== null) {
      const index = hostIndex.get(host)!;
      const cards = request.cards === 0 ? [] : policy.cards(counted.hosts[index]!, request);
      const placement = { request, host: index, cards, wholeCards: true };
      counted.bind(placement);
      running.push({ serverId, placement, host, atS: before.atS });
    }
    if (running.length > 0 && random() < removedShare) {
      await settled();
      const [removed] = running.splice(Math.floor(random() * running.length), 1);
      await nova.deleteServer(removed!.serverId);
      counted.release(removed!.placement);
    }
    seen = await settled();
  }
  return boots;
}

/** Where a new server runs, once it does; null when no host was found. @throws Error when its host could not build it */
async function placeOf(tables: Pool, serverId: string): Promise<string | null> {
  let state: { vm_state: string; host: string | null } | undefined;
  const instance = (table: string) => `select vm_state, host from ${table}.instances where uuid = ?`;
  await until(
    async () => {
      // A server that no host can take is written to the database of cell 0.
      const [rows] = await tables.query(`${instance('nova')} union ${instance('nova_cell0')}`, [serverId, serverId]);
      [state] = rows as [typeof state];
      return state?.vm_state === 'active' || state?.vm_state === 'error';
    },
    () => `server ${serverId} is ${state?.vm_state ?? 'not in the tables'}`,
  );
  if (state!.vm_state === 'active') return state!.host;
  if (state!.host !== null) throw new Error(`server ${serverId} could not be built on ${state!.host}`);
  return null;
}

/** @param progress said when it is not so within a minute and a half, in which every host looks at itself at least once */
export async function until(isTrue: () => Promise<boolean>, progress: () => string, limitS = 90): Promise<void> {
  for (const endMs = performance.now() + limitS * 1000; !(await isTrue()); await sleep(30)) {
    if (performance.now() > endMs) throw new Error(`not within ${limitS} s: ${progress()}`);
  }
}
