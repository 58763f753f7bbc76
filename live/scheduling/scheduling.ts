/** The scheduler on a real cloud: takes requests, works on them, and keeps what it knows in step with Nova, Placement and the registry. */
import { createHash, randomUUID } from 'node:crypto';
import {
  BehaviorSubject,
  defer,
  endWith,
  exhaustMap,
  filter,
  ignoreElements,
  interval,
  lastValueFrom,
  merge,
  type Observable,
  repeat,
  retry,
  type Subscription,
  takeUntil,
  takeWhile,
  timer,
} from 'rxjs';
import type { Clock } from '../../core/clock.ts';
import { policyNamed } from '../../core/policies/index.ts';
import { createPolicy, type PolicyFactory } from '../../core/policy.ts';
import type { PolicyOptions } from '../../core/policy-options.ts';
import { schedulerOf } from '../clock-scheduler.ts';
import { type Identity, openGlance, openNova, openPlacement, type Server, type Session } from '../openstack/index.ts';
import type { SrmRegistry } from '../srm/registry.ts';
import { type Aliases, aliasesOf } from './aliases.ts';
import { Binder, type BinderParts, type BinderSettings, byOurselves } from './binder.ts';
import { ClaimBook } from './claim-book.ts';
import { CloudHosts } from './cloud-hosts.ts';
import { CloudView, type NamedDecision } from './cloud-view.ts';
import { EpochMark } from './epoch-mark.ts';
import { FlavorCache } from './flavors.ts';
import { Ledger, type Place } from './ledger.ts';
import type { Mode } from './modes.ts';
import { Offers } from './offers.ts';
import { attemptOf, canBeOf } from './ownership.ts';
import { cardsInPlacement, cardsInReport } from './read-cards.ts';
import { Reconciler } from './reconciler.ts';
import { Removals } from './removals.ts';
import { RequestChanged, type RequestStore } from './request-store.ts';
import { decisionRecord, noValidHostText } from './request-view.ts';
import { Review } from './review.ts';
import type { ReviewStore } from './review-store.ts';
import { ServerFeed } from './server-feed.ts';
import type { ServerRequest } from './server-request.ts';
import type { ServerBody, ServerSpec } from './server-spec.ts';
import { Whereabouts } from './whereabouts.ts';

export interface SchedulingSettings extends BinderSettings {
  readonly mode: Mode;
  readonly policy: string;
  /** The policy itself, where it does not come with heps; defaults to the one of that name. */
  readonly policyFactory?: PolicyFactory;
  readonly policyOptions: PolicyOptions;
  /** Model by PCI alias, where it is not as `heps live host prepare` writes it. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Seconds between two looks at the whole cloud. */
  readonly reconcileIntervalS: number;
  /** Seconds between two looks at what has changed, while servers are built. */
  readonly pollIntervalS: number;
  /** Servers that are removed within a minute, by whatever order; more wait. */
  readonly mostRemovalsPerMinute: number;
  /** Whether other processes use the database. */
  readonly isShared: boolean;
}

export interface SchedulingParts {
  readonly session: Session;
  readonly registry: SrmRegistry;
  readonly store: RequestStore;
  readonly reviews: ReviewStore;
  readonly clock: Clock;
  readonly settings: SchedulingSettings;
  readonly log: BinderParts['log'];
}

/** Whose request it is. */
export interface Sender {
  readonly tokenId: number;
  readonly requestId: string;
}

/** Another request has that key. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused';
}

/** The first reconciliation has not finished. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

export class Scheduling {
  readonly view: CloudView;
  readonly aliases: Aliases;
  readonly settings: SchedulingSettings;
  readonly #parts: SchedulingParts;
  readonly #ledger: Ledger;
  readonly #book: ClaimBook;
  #login: Identity | null = null;
  /** The database's epoch when it was last read or raised. */
  #epoch = 0;
  /** What the book had changed when the epoch was last raised. */
  #changesAtEpoch = 0;
  readonly #owner = randomUUID();
  readonly #startedAtS: number;
  #cloud: Cloud | null = null;
  #isReady = false;
  readonly #isStopped = new BehaviorSubject(false);
  #leasedAtS = Number.NEGATIVE_INFINITY;
  #reconciledAtS = Number.NEGATIVE_INFINITY;
  #failure: string | null = null;
  readonly #reports: Subscription;
  /** Hosts with a new report: cards of servers may be where it says. */
  readonly #reported = new Set<string>();

  constructor(parts: SchedulingParts) {
    const { registry, settings, store, clock, log } = parts;
    this.#parts = parts;
    this.settings = settings;
    this.aliases = aliasesOf(settings.aliases);
    const policy = createPolicy(settings.policyFactory ?? policyNamed(settings.policy), settings.policyOptions);
    this.view = new CloudView({ registry, policy, warn: (text) => log('warn', {}, text) });
    const keep = (work: Promise<void>): void =>
      void work.catch((error: unknown) => log('warn', { err: error }, 'cards of a server could not be written down'));
    this.#ledger = new Ledger({
      view: this.view,
      clock,
      aliases: this.aliases,
      canBeOf: (server, row) => attemptOf(server) === row.attempt && canBeOf(server, row, this.#login),
      learned: (serverId, host, cards) => keep(parts.reviews.keepCards(serverId, host, cards)),
      forgotten: (serverId, host) => keep(parts.reviews.dropCards(serverId, host)),
    });
    this.#book = new ClaimBook(store, this.view, this.#ledger);
    this.#startedAtS = clock.nowS;
    this.#reports = registry.changes.subscribe(({ kind, state }) => {
      if (kind !== 'changed') return;
      this.#reported.add(state.host);
      // At once: the next report may not name a server that is stopped by then.
      for (const [serverId, cards] of cardsInReport(state)) this.#ledger.learn(serverId, state.host, cards);
    });
  }

  /** Why requests cannot be taken yet; null when they can. */
  get unreadyBecause(): string | null {
    if (this.#isReady) return null;
    return this.#failure === null
      ? 'the first reconciliation has not finished'
      : `the first reconciliation has not finished: ${this.#failure}`;
  }

  /** Seconds since the last full reconciliation with the cloud. */
  get reconcileAgeS(): number {
    return this.#parts.clock.nowS - this.#reconciledAtS;
  }

  /** What is in doubt, once the cloud was read. @throws NotReady */
  get review(): Review {
    return this.#readyCloud().review;
  }

  /** What an operator should know: that servers are not being removed, or wait to be looked at. */
  get concerns(): readonly string[] {
    if (this.#cloud === null) return [];
    const { removals, review } = this.#cloud;
    const held = removals.withheldBecause;
    const open =
      'the database is older than the cloud, and nothing of it is removed or gone on with: heps live reconcile --review';
    return [...(held === null ? [] : [held]), ...(review.isOpen ? [open] : [])];
  }

  /** Removals so far, those that were refused for want of proof, and servers in doubt. */
  get removals(): {
    readonly removed: number;
    readonly refused: number;
    readonly doubts: number;
    readonly isHeld: boolean;
  } {
    const { removals, review } = this.#cloud ?? {};
    return {
      removed: removals?.removed ?? 0,
      refused: removals?.refused ?? 0,
      doubts: review?.doubts ?? 0,
      isHeld: this.concerns.length > 0,
    };
  }

  /** By host: what Placement has there for nobody that Nova knows. */
  get orphans(): ReadonlyMap<string, readonly Place[]> {
    return this.#ledger.orphans;
  }

  /** Reads what has changed in the cloud, now: what was freed a moment ago is free. */
  async refresh(): Promise<void> {
    await this.#cloud?.feed.refresh();
  }

  get requests(): ReadonlyMap<string, ServerRequest> {
    return this.#book.rows;
  }

  get servers(): ReadonlyMap<string, Server> {
    return this.#cloud?.feed.servers ?? new Map();
  }

  /** Reconciles with the cloud, resumes unfinished requests, and keeps reconciling until `stop`. Never throws: what fails is retried. */
  async run(): Promise<void> {
    const { reconcileIntervalS } = this.settings;
    const reconciled = defer(() => this.#reconcile()).pipe(
      retry({
        delay: (error: Error, failures) => {
          this.#failure = error.message;
          this.#parts.log('warn', { err: error }, 'reconciliation failed; will retry');
          return this.#pollFor(Math.min(reconcileIntervalS, 2 ** failures));
        },
      }),
      repeat({ delay: () => this.#pollFor(reconcileIntervalS) }),
    );
    await lastValueFrom(reconciled, { defaultValue: undefined });
  }

  /** Leaves what is under way to the next process. */
  async stop(): Promise<void> {
    this.#isStopped.next(true);
    await this.#cloud?.binder.stop();
    this.#reports.unsubscribe();
    await this.#parts.store
      .renewLeases(this.#owner, 0)
      .catch((error: unknown) =>
        this.#parts.log('warn', { err: error }, 'requests under way stay leased until their lease ends'),
      );
  }

  /** Looks up image and flavor. @throws InputError naming the field, NotReady */
  async specOf(id: string, body: ServerBody): Promise<ServerSpec> {
    return await this.#readyCloud().offers.specOf(id, body);
  }

  /** Decides, and claims nothing. */
  advise(spec: ServerSpec): NamedDecision {
    this.#readyCloud();
    return this.view.decide(spec.request);
  }

  /** Decides as `advise`; before a no, reads what has changed in the cloud once more. */
  async adviseNow(spec: ServerSpec): Promise<NamedDecision> {
    const first = this.advise(spec);
    if (first.host !== null) return first;
    await this.refreshQuietly();
    return this.advise(spec);
  }

  /**
   * Decides, claims and begins to create. Resolves when the request is in the database: from then on it is not lost.
   *
   * @returns the request; one of the same key as it is now
   * @throws KeyReused, NotReady, or what the database threw
   */
  async submit(spec: ServerSpec, key: string, { tokenId, requestId }: Sender): Promise<ServerRequest> {
    const { binder } = this.#readyCloud();
    const { store, clock, settings } = this.#parts;
    const idempotencyKey = `${tokenId}:${key}`;
    const { id } = spec.request;
    if (this.view.decide(spec.request).host === null) await this.refreshQuietly();
    const row = await this.#book.claim(spec.request, new Set(), async ({ named, on }) => {
      const nowS = clock.nowS;
      const decision = decisionRecord(settings.policy, named);
      const isPlaced = on !== null;
      const fresh: ServerRequest = {
        id,
        idempotencyKey,
        tokenId,
        spec,
        state: isPlaced ? 'claimed' : 'failed',
        revision: 1,
        ...binder.lease(),
        attempt: 1,
        host: on?.host ?? null,
        cards: named.cards,
        sentAtS: null,
        serverId: null,
        decision,
        history: [],
        fault: isPlaced ? null : noValidHostText(decision.rejectedBy),
        createdAtS: nowS,
        changedAtS: nowS,
      };
      const known = await store.add(fresh, { nowS, requestId, tokenId, claim: on, touched: [] });
      return known ?? fresh;
    });
    if (row.id !== id && !isSameRequest(row, spec)) throw new KeyReused('another request has this key');
    void binder.drive(row.id);
    return row;
  }

  /**
   * Orders a request's server to be removed. Of a database that is an older copy only people's orders count: what the desktops of that copy
   * want removed waits for the review, and the request is returned as it is.
   *
   * @returns undefined for an unknown one
   */
  async remove(id: string, { tokenId, requestId }: Sender): Promise<ServerRequest | undefined> {
    const { binder, review } = this.#readyCloud();
    const { store, clock } = this.#parts;
    for (let left = 5; ; left--) {
      const row = await store.read(id);
      if (row === undefined || ['deleting', 'deleted', 'failed'].includes(row.state)) return row;
      if (tokenId === 0 && !review.mayTouch(row)) return row;
      try {
        const write = { nowS: clock.nowS, requestId, tokenId, claim: null, touched: [] };
        const next = await store.change(row, { state: 'deleting', fault: null, ...binder.lease() }, write);
        this.#book.note(next);
        void binder.drive(id);
        return next;
      } catch (error) {
        if (!(error instanceof RequestChanged) || left === 0) throw error;
      }
    }
  }

  #readyCloud(): Cloud {
    if (this.#cloud === null || !this.#isReady) throw new NotReady(this.unreadyBecause ?? 'not ready');
    return this.#cloud;
  }

  async #reconcile(): Promise<void> {
    const { clock, settings, log, registry } = this.#parts;
    const isFirst = this.#cloud === null || !this.#isReady;
    this.#cloud ??= await this.#openCloud();
    const { feed, hosts, reconciler, whereabouts, review } = this.#cloud;
    this.view.setHosts(await hosts.read(clock.nowS));
    if (isFirst) await this.#recallCards();
    await (isFirst ? this.#book.load() : this.#book.catchUp());
    await this.#compareEpoch(isFirst);
    await review.catchUp();
    const listedAtS = clock.nowS;
    await feed.readAll();
    if (this.#isStopped.value) return;
    this.#reported.clear();
    await reconciler.correctCards(new Set(registry.hosts.keys()));
    await whereabouts.round([...this.view.hosts.keys()].sort(), new Set(registry.hosts.keys()));
    await reconciler.check(feed, listedAtS);
    if (this.#isStopped.value) return;
    if (isFirst) {
      void this.view.cluster; // made now, so that the first request does not wait for it
      this.#isReady = true;
      log('info', { hosts: this.view.hosts.size, servers: feed.servers.size, mode: settings.mode }, 'scheduling');
    }
    await this.#raiseEpoch();
    this.#reconciledAtS = clock.nowS;
    this.#failure = null;
    await this.#renewLeases(isFirst);
  }

  /** As `refresh`, before a no, which stands where nothing can be read. */
  async refreshQuietly(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      this.#parts.log('warn', { err: error }, 'changes of the cloud could not be read');
    }
  }

  async #recallCards(): Promise<void> {
    for (const { serverId, host, cards } of await this.#parts.reviews.readCards()) {
      this.#ledger.recall(serverId, host, cards);
    }
  }

  /** A database that has come less far than the cloud has seen, or than this process has, is an older copy. */
  async #compareEpoch(isFirst: boolean): Promise<void> {
    const { reviews, settings } = this.#parts;
    const { mark, review } = this.#cloud!;
    if (settings.mode !== 'act') return;
    const { epoch } = await reviews.readInstallation();
    const seen = Math.max(this.#epoch, isFirst ? await mark.read() : 0);
    if (epoch < seen) review.begin(`its epoch is ${epoch}, and was ${seen} before`, seen);
    this.#epoch = Math.max(seen, epoch);
  }

  /** Writes how far the database has come to the cloud too, where something was done since. */
  async #raiseEpoch(): Promise<void> {
    const { reviews, settings, log } = this.#parts;
    const { mark, review } = this.#cloud!;
    const { changes } = this.#book;
    if (settings.mode !== 'act' || review.isOpen || changes === this.#changesAtEpoch) return;
    try {
      const next = Math.max(this.#epoch, (await reviews.readInstallation()).epoch) + 1;
      await reviews.raiseEpoch(next);
      await mark.write(next);
      this.#epoch = next;
      this.#changesAtEpoch = changes;
    } catch (error) {
      log('warn', { err: error }, 'how far the database has come could not be written to the cloud');
    }
  }

  /** Looks at what has changed, again and again; emits once, after that time, unless stopped. */
  #pollFor(durationS: number): Observable<unknown> {
    const { clock, settings, log } = this.#parts;
    const scheduler = schedulerOf(clock);
    const stopped = this.#isStopped.pipe(filter((isStopped) => isStopped));
    return interval(settings.pollIntervalS * 1000, scheduler).pipe(
      takeUntil(merge(timer(durationS * 1000, scheduler), stopped)),
      exhaustMap(() =>
        this.#poll().catch((error: unknown) => log('warn', { err: error }, 'changes of the cloud could not be read')),
      ),
      ignoreElements(),
      endWith(null),
      takeWhile(() => !this.#isStopped.value),
    );
  }

  async #poll(): Promise<void> {
    if (this.#cloud === null || !this.#isReady) return;
    const { feed, reconciler } = this.#cloud;
    const { clock, settings } = this.#parts;
    if (feed.isAwaited) await feed.readChanged();
    if (settings.isShared) await this.#book.catchUp();
    const reported = new Set(this.#reported);
    this.#reported.clear();
    await reconciler.correctCards(reported);
    if (clock.nowS - this.#leasedAtS > settings.leaseS / 3) await this.#renewLeases(false);
  }

  /** Keeps the requests of this process, and takes over those that nobody works on. */
  async #renewLeases(isFirst: boolean): Promise<void> {
    this.#leasedAtS = this.#parts.clock.nowS;
    await this.#parts.store.renewLeases(this.#owner, this.#cloud!.binder.lease().leaseUntilS);
    await this.#takeOver(isFirst);
  }

  async #openCloud(): Promise<Cloud> {
    const { session, store, clock, settings, log, registry } = this.#parts;
    const nova = await openNova(session);
    const placement = await openPlacement(session);
    const { reviews } = this.#parts;
    const login = await session.identity();
    this.#login = login;
    const { id: installation } = await reviews.readInstallation();
    const book = this.#book;
    const ledger = this.#ledger;
    const removals = new Removals({
      nova,
      store,
      reviews,
      identity: () => session.identity(),
      clock,
      mostPerMinute: settings.mostRemovalsPerMinute,
      log,
    });
    const review = new Review({
      store,
      reviews,
      book,
      removals,
      aliases: this.aliases,
      clock,
      ask: (serverId) => feed.ask(serverId),
      resume: (row) => void this.#resume(row),
      log,
    });
    const reconciler = new Reconciler({
      store,
      book,
      view: this.view,
      ledger,
      aliases: this.aliases,
      whereabouts: () => whereabouts,
      removals,
      review,
      login,
      installation,
      mayRemove: settings.mode === 'act',
      comparesSinceS: this.#startedAtS,
      cardsReported: (host) => cardsInReport(registry.hosts.get(host)),
      clock,
      log,
    });
    const feed = new ServerFeed(nova, {
      changed: (server) => reconciler.noteServer(server),
      gone: (server) => reconciler.noteGone(server),
    });
    const hosts = new CloudHosts(nova, placement);
    const whereabouts = new Whereabouts({ nova, placement, hosts, feed, ledger, aliases: this.aliases });
    const binder = new Binder({
      store,
      book,
      feed,
      nova,
      removals,
      ledger,
      login,
      installation,
      flavors: new FlavorCache(nova),
      aliases: this.aliases,
      readCards: (server, { length }) =>
        cardsInPlacement(placement, server, registry.hosts.get(server.host ?? ''), length),
      clock,
      policy: settings.policy,
      owner: this.#owner,
      settings,
      log,
    });
    const offers = new Offers(openGlance(session), nova, this.aliases, clock);
    const mark = new EpochMark(nova, installation);
    return { offers, feed, binder, reconciler, hosts, whereabouts, removals, review, mark };
  }

  /** Resumes requests that nobody works on: those of a process that is gone, or begun by this one without its knowledge. */
  async #takeOver(isFirst: boolean): Promise<void> {
    const { store, clock, settings } = this.#parts;
    if (settings.mode !== 'act') return;
    const { binder, review } = this.#cloud!;
    // Nobody else may have a database that is not shared.
    const atS = isFirst && !settings.isShared ? Number.MAX_VALUE : clock.nowS;
    for (const row of await store.readUnattended(this.#owner, atS)) {
      if (!binder.driven.has(row.id) && review.mayTouch(row)) await this.#resume(row);
    }
  }

  async #resume(row: ServerRequest): Promise<void> {
    const { store, clock, log } = this.#parts;
    const { binder } = this.#cloud!;
    try {
      const mine =
        row.owner === this.#owner
          ? row
          : await store.change(row, binder.lease(), { ...byOurselves(clock.nowS), claim: null, touched: [] });
      if (mine !== row) log('info', { server: row.id, state: row.state }, 'request resumed');
      this.#book.note(mine);
      void binder.drive(mine.id);
    } catch (error) {
      if (!(error instanceof RequestChanged)) throw error;
    }
  }
}

interface Cloud {
  readonly offers: Offers;
  readonly feed: ServerFeed;
  readonly binder: Binder;
  readonly hosts: CloudHosts;
  readonly reconciler: Reconciler;
  readonly whereabouts: Whereabouts;
  readonly removals: Removals;
  readonly review: Review;
  readonly mark: EpochMark;
}

function isSameRequest(row: ServerRequest, spec: ServerSpec): boolean {
  return digestOf(row.spec) === digestOf(spec);
}

/** Of all but the request's id. */
function digestOf({ request: { id: _, ...request }, ...rest }: ServerSpec): string {
  return createHash('sha256')
    .update(JSON.stringify({ ...rest, request }))
    .digest('hex');
}
