/** Writes the cards of the SRM records into Placement, as child providers with classes and traits of our own, so that other tools see them. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { GpuCard } from '../../core/gpu-card.ts';
import type { SrmCard } from '../../core/srm.ts';
import { every } from '../every.ts';
import {
  isNotFound,
  openPlacement,
  openSession,
  type Placement,
  type ResourceProvider,
  readCloudConfiguration,
  repeatOnConcurrentUpdate,
  surroundings,
} from '../openstack/index.ts';
import { wallClock } from '../wall-clock.ts';
import { cardsOf, type HostState, inventoryOf } from './host-state.ts';
import type { SrmRegistry } from './registry.ts';

/** Resource classes of each card's provider: the card itself, its memory, its cores. */
export const mirrorClasses = ['CUSTOM_HEPS_GPU', 'CUSTOM_HEPS_GPU_MEMORY_MIB', 'CUSTOM_HEPS_GPU_CORES'] as const;

type MirrorPlacement = Pick<
  Placement,
  | 'listProviders'
  | 'createProvider'
  | 'deleteProvider'
  | 'showInventories'
  | 'replaceInventories'
  | 'replaceTraits'
  | 'ensureResourceClass'
  | 'ensureTrait'
>;

export class PlacementMirror {
  readonly #placement: MirrorPlacement;
  readonly #registry: Pick<SrmRegistry, 'hosts' | 'changes'>;
  /** Hosts that are not written yet as they are. */
  readonly #changed = new Set<string>();
  readonly #traits = new Set<string>();
  #hasClasses = false;

  constructor(placement: MirrorPlacement, registry: Pick<SrmRegistry, 'hosts' | 'changes'>) {
    this.#placement = placement;
    this.#registry = registry;
    for (const host of registry.hosts.keys()) this.#changed.add(host);
    registry.changes.subscribe(({ kind, state }) => {
      if (kind !== 'seen') this.#changed.add(state.host);
    });
  }

  /** Writes the hosts that have changed. What fails stays for the next time. @throws what Placement threw */
  async write(): Promise<void> {
    for (const host of [...this.#changed]) {
      this.#changed.delete(host);
      try {
        await this.#writeHost(host);
      } catch (error) {
        this.#changed.add(host);
        throw error;
      }
    }
  }

  async #writeHost(name: string): Promise<void> {
    const state = this.#registry.hosts.get(name);
    const [node] = await this.#placement.listProviders({ name });
    // Placement may know the host by another name than its agent, or not at all.
    if (node === undefined) return;
    const tree = await this.#placement.listProviders({ inTree: node.id });
    const mine = new Map(
      tree.filter(({ name: each }) => each.startsWith(prefixOf(name))).map((each) => [each.name, each]),
    );
    // One that was forgotten has none.
    if (state !== undefined) {
      await this.#makeClasses();
      const uses = new Map(cardsOf(state).map((card) => [card.address, card]));
      for (const card of inventoryOf(state).cards) {
        const own = `${prefixOf(name)}${card.address}`;
        const provider = mine.get(own) ?? (await this.#create(own, node.id));
        mine.delete(own);
        await this.#writeCard(provider, card, uses.get(card.address), state);
      }
    }
    for (const { id } of mine.values()) {
      await this.#placement.deleteProvider(id).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }

  async #create(name: string, parentId: string): Promise<ResourceProvider> {
    return await this.#placement.createProvider({ id: randomUUID(), name, parentId });
  }

  /** What is in use, out of order or stale is reserved. */
  async #writeCard(
    { id }: ResourceProvider,
    { model, memoryMib, cores, sharing }: GpuCard,
    use: SrmCard | undefined,
    { isStale }: HostState,
  ): Promise<void> {
    const isOut = isStale || use === undefined || !use.healthy;
    const isTaken = isOut || (sharing === 'passthrough' && (use.serverIds.length > 0 || use.memoryUsedMib > 0));
    const [card, memory, core] = mirrorClasses;
    const inventories = {
      [card]: { total: 1, reserved: isTaken ? 1 : 0, maxUnit: 1 },
      [memory]: { total: memoryMib, reserved: isTaken ? memoryMib : use.memoryUsedMib, maxUnit: memoryMib },
      [core]: { total: cores, reserved: isTaken ? cores : use.coresUsed, maxUnit: cores },
    };
    const trait = traitOf(model);
    if (!this.#traits.has(trait)) await this.#placement.ensureTrait(trait);
    this.#traits.add(trait);
    await repeatOnConcurrentUpdate(async () => {
      const { generation } = await this.#placement.showInventories(id);
      const next = await this.#placement.replaceInventories(id, generation, inventories);
      await this.#placement.replaceTraits(id, next, [trait]);
    });
  }

  async #makeClasses(): Promise<void> {
    if (this.#hasClasses) return;
    for (const name of mirrorClasses) await this.#placement.ensureResourceClass(name);
    this.#hasClasses = true;
  }
}

export interface MirrorParts {
  /** Of clouds.yaml; undefined: the one that the environment names. */
  readonly cloud: string | undefined;
  readonly registry: SrmRegistry;
  /** Seconds between two writes. */
  readonly intervalS: number;
  readonly log: Logger;
}

/** Mirrors the records from now on; what fails is tried again at the next interval. @returns what ends it @throws InputError */
export function startMirror({ cloud, registry, intervalS, log }: MirrorParts): () => Promise<void> {
  const session = openSession(readCloudConfiguration(surroundings(), cloud));
  let writer: PlacementMirror | null = null;
  const writing = every(
    wallClock,
    intervalS,
    async () => {
      writer ??= new PlacementMirror(await openPlacement(session), registry);
      await writer.write();
    },
    (error) => log.warn({ err: error }, 'the records could not be mirrored into Placement'),
    0,
  );
  return async () => {
    writing.unsubscribe();
    await session.close();
  };
}

/** `heps_gpu-001_0000:21:00.0`, since `gpu-001_0000:21:00.0` is Nova's own. */
function prefixOf(host: string): string {
  return `heps_${host}_`;
}

/** `CUSTOM_HEPS_GPU_RTX_A6000`. */
export function traitOf(model: string): string {
  return `CUSTOM_HEPS_GPU_${model.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}
