/** A scheduler in this process, on a cloud in memory, with hosts that report. */
import { join } from 'node:path';
import { modelNamed } from '../../../core/card-catalogue.ts';
import type { GpuCard } from '../../../core/gpu-card.ts';
import { srmCardOf } from '../../../core/srm.ts';
import type { DatabaseOptions } from '../../../live/database/database.ts';
import { openSession } from '../../../live/openstack/index.ts';
import { RequestStore } from '../../../live/scheduling/request-store.ts';
import { ReviewStore } from '../../../live/scheduling/review-store.ts';
import { Scheduling, type SchedulingSettings } from '../../../live/scheduling/scheduling.ts';
import type { ServerRequest } from '../../../live/scheduling/server-request.ts';
import { checkServerBody } from '../../../live/scheduling/server-spec.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';
import { SrmRegistry } from '../../../live/srm/registry.ts';
import type { HostReport } from '../../../live/srm/report.ts';
import { wallClock } from '../../../live/wall-clock.ts';
import type { MemoryHost } from '../memory-cloud/cloud-state.ts';
import type { MemoryCloud } from '../memory-cloud/memory-cloud.ts';

export const quickSettings: SchedulingSettings = {
  mode: 'act',
  policy: 'hybrid',
  policyOptions: { seed: 1 },
  aliases: {},
  reconcileIntervalS: 0.4,
  pollIntervalS: 0.05,
  createGraceS: 0.5,
  buildLimitS: 5,
  leaseS: 1,
  mostHosts: 3,
  mostRemovalsPerMinute: 1000,
  isShared: false,
};

/** A host with a number of cards of a model, under the alias that `heps live host prepare` gives it. */
export function memoryHost(name: string, alias = '', cards = 0, size: Partial<MemoryHost> = {}): MemoryHost {
  return {
    name,
    vcpus: 32,
    ramMib: 131_072,
    diskGib: 1000,
    cards: Array.from({ length: cards }, (_, index) => ({ alias, address: `0000:${index + 1}0:00.0` })),
    ...size,
  };
}

const modelOfAlias: Readonly<Record<string, string>> = { a40: 'A40', t4: 'T4', a6000: 'RTX A6000' };

/** What the agent of that host would report: its cards, and the servers that hold them. */
export function reportOfHost(
  { name, vcpus, ramMib, diskGib, cards }: MemoryHost,
  sequence: number,
  holders: Readonly<Record<string, string>> = {},
): HostReport {
  const specs = cards.map(({ alias, address }): GpuCard => {
    const { name: model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = modelNamed(modelOfAlias[alias]!)!;
    return { address, model, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz, sharing: 'passthrough' };
  });
  return {
    inventory: { vcpus, ramMib, diskGib, cards: specs },
    record: {
      host: name,
      observedAtS: sequence,
      sequence,
      vcpusUsed: 0,
      ramUsedMib: 0,
      diskUsedGib: 0,
      cards: specs.map((card) => {
        const holder = holders[card.address];
        return srmCardOf(card, {
          memoryUsedMib: holder === undefined ? 0 : card.memoryMib,
          coresUsed: holder === undefined ? 0 : card.cores,
          serverIds: holder === undefined ? [] : [holder],
          healthy: true,
        });
      }),
    },
  };
}

export class SchedulerUnderTest {
  readonly store: Stores;
  readonly registry: SrmRegistry;
  readonly requests: RequestStore;
  readonly scheduling: Scheduling;
  readonly log: string[] = [];
  /** Hosts that have an agent's token. */
  readonly expected = new Set<string>();
  readonly #running: Promise<void>;
  #sequence = 0;
  readonly #versions = new Map<string, number>();

  private constructor(store: Stores, registry: SrmRegistry, cloud: MemoryCloud, settings: SchedulingSettings) {
    this.store = store;
    this.registry = registry;
    this.requests = new RequestStore(store);
    this.scheduling = new Scheduling({
      session: openSession(cloud.configuration, { retries: { attempts: 2, firstDelayS: 0.05, withinS: 1 } }),
      registry,
      store: this.requests,
      reviews: new ReviewStore(store.database),
      clock: wallClock,
      settings,
      reportingHosts: async () => [...this.expected],
      log: (_, fields, text) =>
        void this.log.push(`${text} ${'err' in fields ? String(fields.err) : JSON.stringify(fields)}`),
    });
    this.#running = this.scheduling.run();
  }

  /** Resolves when it takes requests. @param database or the folder of one of SQLite */
  static async start(
    database: string | DatabaseOptions,
    cloud: MemoryCloud,
    hosts: readonly MemoryHost[],
    settings: Partial<SchedulingSettings> = {},
  ): Promise<SchedulerUnderTest> {
    const options: DatabaseOptions =
      typeof database === 'string' ? { kind: 'sqlite', file: join(database, 'heps.db') } : database;
    const store = await openStores(options);
    const registry = new SrmRegistry({
      store: store.records,
      clock: wallClock,
      intervalS: 10,
      commit: { lingerMs: 1 },
    });
    await registry.load();
    const started = new SchedulerUnderTest(store, registry, cloud, { ...quickSettings, ...settings });
    for (const state of registry.hosts.values()) started.#versions.set(state.host, state.version);
    for (const host of hosts) if (host.cards.length > 0) await started.report(host);
    await started.until(() => started.scheduling.unreadyBecause === null);
    return started;
  }

  /** The host reports, with those holders by card address. */
  async report(host: MemoryHost, holders: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#sequence = Math.max(this.#sequence + 1, (this.registry.hosts.get(host.name)?.sequence ?? 0) + 1);
    const version = this.#versions.get(host.name) ?? 0;
    const sender = { tokenId: 1, requestId: '' };
    const outcome = await this.registry.report(reportOfHost(host, this.#sequence, holders), version, sender);
    this.#versions.set(host.name, outcome.version);
  }

  /** Asks for a server. */
  async ask(body: object, key: string = crypto.randomUUID()): Promise<ServerRequest> {
    const spec = await this.scheduling.specOf(
      crypto.randomUUID(),
      checkServerBody({ name: 'n', image: 'tiny', ...body }),
    );
    return await this.scheduling.submit(spec, key, { tokenId: 1, requestId: 'test' });
  }

  /** The request when it is settled. */
  async settled(id: string): Promise<ServerRequest> {
    let row: ServerRequest | undefined;
    await this.until(async () => {
      row = await this.requests.read(id);
      return row !== undefined && ['active', 'failed', 'deleted'].includes(row.state);
    });
    return row!;
  }

  async until(isTrue: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
    const endMs = performance.now() + limitMs;
    while (!(await isTrue())) {
      if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms; the log:\n${this.log.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    await this.scheduling.stop();
    await this.#running;
    await this.store.close();
  }
}
