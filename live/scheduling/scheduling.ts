/** The scheduler on a real cloud: takes requests, works on them, and keeps what it knows in step with Nova, Placement and the registry. */
import { randomUUID } from 'node:crypto';
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
import { rememberedS } from '../../core/asked-lately.ts';
import { catalogue } from '../../core/card-catalogue.ts';
import type { Clock } from '../../core/clock.ts';
import { policyNamed } from '../../core/policies/index.ts';
import { createPolicy, type PolicyFactory } from '../../core/policy.ts';
import type { PolicyOptions } from '../../core/policy-options.ts';
import type { Person } from '../access/tokens.ts';
import { schedulerOf } from '../clock-scheduler.ts';
import {
  type Identity,
  type Nova,
  novaOf,
  openGlance,
  openNova,
  openPlacement,
  type Placement,
  type Server,
  type Session,
} from '../openstack/index.ts';
import type { SrmRegistry } from '../srm/registry.ts';
import { type Aliases, aliasesOf } from './aliases.ts';
import { claimAllowed } from './allowed-claim.ts';
import { Binder, type BinderParts, type BinderSettings, byOurselves } from './binder.ts';
import { ClaimBook } from './claim-book.ts';
import { CloudHosts } from './cloud-hosts.ts';
import { CloudView, type NamedDecision } from './cloud-view.ts';
import { Epoch } from './epoch.ts';
import { EpochMark } from './epoch-mark.ts';
import { FlavorCache } from './flavors.ts';
import { Ledger, type Place } from './ledger.ts';
import type { Mode } from './modes.ts';
import { NovaQuestions } from './nova-questions.ts';
import { Offers } from './offers.ts';
import { attemptOf, canBeOf } from './ownership.ts';
import { PersonLogins } from './person-logins.ts';
import { PlacementRules } from './placement-rules.ts';
import { cardsInPlacement, cardsInReport } from './read-cards.ts';
import { Reconciler } from './reconciler.ts';
import { Removals } from './removals.ts';
import { openStates, RequestChanged, type RequestStore } from './request-store.ts';
import { decisionRecord, noValidHostText } from './request-view.ts';
import { Review } from './review.ts';
import type { ReviewStore } from './review-store.ts';
import { ServerFeed } from './server-feed.ts';
import type { ServerRequest } from './server-request.ts';
import { isSameSpec, type ServerBody, type ServerSpec, withoutUserData } from './server-spec.ts';
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
  /** Hosts that may send reports: those with an agent's token. */
  readonly reportingHosts: () => Promise<readonly string[]>;
  readonly log: BinderParts['log'];
}

/** Whose request it is. */
export interface Sender {
  /** Null for a person. */
  readonly tokenId: number | null;
  readonly requestId: string;
  /** Of a project, with a token of Keystone. */
  readonly person?: Person;
}

/** Another request has that key. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused';
}

/** The first reconciliation has not finished. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

/** Seconds between two lists of hosts, however often requests are refused. */
const hostsReadEveryS = 2;

export class Scheduling {
  readonly view: CloudView;
  readonly aliases: Aliases;
  readonly settings: SchedulingSettings;
  /** What Nova's filter and weigher ask. */
  readonly questions: NovaQuestions;
  readonly #parts: SchedulingParts;
  readonly #ledger: Ledger;
  readonly #book: ClaimBook;
  #login: Identity | null = null;
  readonly #owner = randomUUID();
  readonly #startedAtS: number;
  readonly #people: PersonLogins;
  #cloud: Cloud | null = null;
  #isReady = false;
  readonly #isStopped = new BehaviorSubject(false);
  #leasedAtS = Number.NEGATIVE_INFINITY;
  #reconciledAtS = Number.NEGATIVE_INFINITY;
  #failure: string | null = null;
  readonly #reports: Subscription;
  /** Hosts with a new report: cards of servers may be where it says. */
  readonly #reported = new Set<string>();
  #hostsReadAtS = Number.NEGATIVE_INFINITY;

  constructor(parts: SchedulingParts) {
    const { registry, settings, store, clock, log } = parts;
    this.#parts = parts;
    this.settings = settings;
    this.aliases = aliasesOf(settings.aliases);
    const policy = createPolicy(settings.policyFactory ?? policyNamed(settings.policy), settings.policyOptions);
    this.view = new CloudView({ registry, policy, warn: (text) => log('warn', {}, text) });
    this.#people = new PersonLogins(clock);
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
    this.questions = new NovaQuestions({
      view: this.view,
      clock,
      heldAs: (instance) => this.#ledger.requestOf(instance)?.id ?? instance,
      placedOn: (instance) => this.#placedOn(instance),
      lookAgain: () => this.lookAgain(),
      leavesHostToNova: (id, project) => this.#leavesHostToNova(id, project),
      log,
    });
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

  /** Why the last look at the cloud failed; null when it did not. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Seconds since the last full reconciliation with the cloud. */
  get reconcileAgeS(): number {
    return this.#parts.clock.nowS - this.#reconciledAtS;
  }

  /** Who the scheduler is at Keystone; null without a project. @throws NotReady before it has logged in */
  get login(): Identity | null {
    this.#readyCloud();
    return this.#login;
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

  /** Requests that ended without a server in this process although a place had been found for them. */
  get failures(): number {
    return this.#cloud?.binder.failures ?? 0;
  }

  /** Seconds for which the oldest request has been neither running nor ended: since it was made, or its removal ordered. 0 without one. */
  get oldestOpenS(): number {
    const { nowS } = this.#parts.clock;
    let oldestS = nowS;
    for (const { state, createdAtS, changedAtS } of this.#book.rows.values()) {
      if (openStates.includes(state)) oldestS = Math.min(oldestS, state === 'deleting' ? changedAtS : createdAtS);
    }
    return nowS - oldestS;
  }

  /** By host: what Placement has there for nobody that Nova knows. */
  get orphans(): ReadonlyMap<string, readonly Place[]> {
    return this.#ledger.orphans;
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

  /** Looks up image and flavor: for a person those that she may use. @throws InputError naming the field, NotReady, OpenStackError */
  async specOf(id: string, body: ServerBody, person?: Person): Promise<ServerSpec> {
    const { offers, nova } = this.#readyCloud();
    if (person === undefined) return await offers.specOf(id, body);
    const { session, clock } = this.#parts;
    const hers = session.withToken(person.token);
    return await new Offers(openGlance(hers), novaOf(hers, nova.version), this.aliases, clock).specOf(id, body);
  }

  /** Decides on hosts that Placement allows, and claims nothing. */
  async advise(spec: ServerSpec): Promise<NamedDecision> {
    const rules = this.#rulesOf(spec);
    for (let hasLooked = false; ; ) {
      const named = this.view.decide(spec.request, rules.excluded);
      if (named.host !== null && !rules.allows(named.host)) await rules.ask(named.host);
      else if (named.host !== null || hasLooked) return named;
      else {
        hasLooked = true;
        await Promise.all([this.lookAgain(), rules.askAgain()]);
      }
    }
  }

  /**
   * Decides, claims and begins to create. Resolves when the request is in the database: from then on it is not lost.
   *
   * @returns the request; one of the same key as it is now
   * @throws KeyReused, NotReady, or what the database threw
   */
  async submit(spec: ServerSpec, key: string, { tokenId, requestId, person }: Sender): Promise<ServerRequest> {
    const { binder } = this.#readyCloud();
    const { store, clock, settings } = this.#parts;
    const owner = ownerOf(person, this.#login);
    const idempotencyKey = `${tokenId ?? `${owner.projectId}/${owner.userId}`}:${key}`;
    const { id } = spec.request;
    this.view.noteAsked(spec.request, clock.nowS);
    const row = await this.#claim(spec, new Set(), async ({ named, on }) => {
      const nowS = clock.nowS;
      const decision = decisionRecord(settings.policy, named);
      const isPlaced = on !== null;
      const fresh: ServerRequest = {
        id,
        idempotencyKey,
        tokenId: tokenId ?? 0,
        spec: isPlaced ? spec : withoutUserData(spec),
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
        ...owner,
        byPerson: person === undefined ? 0 : 1,
      };
      const asker = person === undefined ? {} : { userId: person.userId };
      const known = await store.add(fresh, { nowS, requestId, tokenId, ...asker, claim: on, touched: [] });
      return known ?? fresh;
    });
    if (row.id !== id && !isSameSpec(row.spec, spec)) throw new KeyReused('another request has this key');
    // Of a request that waits for it since a restart too.
    if (person !== undefined && row.state === 'claimed') this.#people.keep(row.id, person);
    void binder.drive(row.id);
    return row;
  }

  /**
   * Orders a request's server to be removed. Of a database that is an older copy only people's orders count: what the desktops of that copy
   * want removed waits for the review, and the request is returned as it is.
   *
   * @returns undefined for an unknown one
   */
  async remove(id: string, { tokenId, requestId, person }: Sender): Promise<ServerRequest | undefined> {
    const { binder, review } = this.#readyCloud();
    const { store, clock } = this.#parts;
    for (let left = 5; ; left--) {
      const row = await store.read(id);
      if (row === undefined || ['deleting', 'deleted', 'failed'].includes(row.state)) return row;
      if (tokenId === 0 && !review.mayTouch(row)) return row;
      try {
        const asker = person === undefined ? {} : { userId: person.userId };
        const write = { nowS: clock.nowS, requestId, tokenId, ...asker, claim: null, touched: [] };
        const next = await store.change(row, { state: 'deleting', fault: null, ...binder.lease() }, write);
        this.#book.note(next);
        void binder.drive(id);
        return next;
      } catch (error) {
        if (!(error instanceof RequestChanged) || left === 0) throw error;
      }
    }
  }

  #rulesOf(spec: ServerSpec): PlacementRules {
    const { placement, nova, hosts } = this.#readyCloud();
    return new PlacementRules({ placement, nova, hosts, log: this.#parts.log }, spec);
  }

  /** Decides and claims on a host that Placement allows. */
  #claim: BinderParts['claim'] = async (spec, tried, write) =>
    await claimAllowed(this.#book, this.#rulesOf(spec), spec.request, tried, () => this.lookAgain(), write);

  /** Reads what has changed, in a list that begins after the call; those who ask at once share one. Never throws: what fails is logged. */
  async lookAgain(): Promise<void> {
    try {
      await this.#readChanges();
    } catch (error) {
      this.#parts.log('warn', { err: error }, 'changes of the cloud could not be read');
    }
  }

  /** Servers that have changed; and hosts that were enabled or came up, where some were not. */
  async #readChanges(): Promise<void> {
    const { feed, hosts } = this.#readyCloud();
    const { nowS } = this.#parts.clock;
    await feed.refresh();
    if ([...this.view.hosts.values()].every(({ takesServers }) => takesServers)) return;
    if (nowS - this.#hostsReadAtS < hostsReadEveryS) return;
    this.#hostsReadAtS = nowS;
    this.view.setHosts(await hosts.read());
  }

  /** Name of the host on which Placement has a server; null while it is on none that we know. */
  async #placedOn(instance: string): Promise<string | null> {
    const { placement, hosts } = this.#readyCloud();
    const providers = Object.keys(await placement.showAllocations(instance));
    return providers.map((id) => hosts.nameOf(id)).find((name) => name !== null) ?? null;
  }

  /** A host that Nova chose for a request of ours is not asked about its cards: what a report says may be of this very server. */
  #objectionTo(host: string, request: ServerSpec['request']): string | null {
    if (this.view.awaitsReport(host)) return 'awaits-report';
    const reason = this.view.objectionTo(host, request);
    return reason === 'kept-for-cards' ? reason : null;
  }

  /** The project is Nova's word: metadata, which name the request, are any tenant's to write. */
  #leavesHostToNova(id: string, project: string | null): boolean {
    const row = this.#book.rows.get(id);
    if (row === undefined || row.projectId !== project || !openStates.includes(row.state)) return false;
    return row.decision.chooser === 'nova' || row.byPerson !== 0;
  }

  #readyCloud(): Cloud {
    if (this.#cloud === null || !this.#isReady) throw new NotReady(this.unreadyBecause ?? 'not ready');
    return this.#cloud;
  }

  async #reconcile(): Promise<void> {
    const { clock, settings, log, registry } = this.#parts;
    const isFirst = this.#cloud === null || !this.#isReady;
    this.#cloud ??= await this.#openCloud();
    const { feed, hosts, reconciler, whereabouts, review, epoch } = this.#cloud;
    this.view.setHosts(await hosts.read());
    this.view.expectCards(await this.#hostsWithCards());
    if (isFirst) await this.#recallCards();
    if (isFirst) await this.#recallAsked();
    await (isFirst ? this.#book.load() : this.#book.catchUp());
    await epoch?.compare();
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
    await epoch?.raise();
    this.#reconciledAtS = clock.nowS;
    this.#failure = null;
    await this.#renewLeases(isFirst);
  }

  /** What was asked for before the process began, for a policy that learns. */
  async #recallAsked(): Promise<void> {
    if (!this.view.learns) return;
    const { store, clock } = this.#parts;
    for (const { request, atS } of await store.readAsked(clock.nowS - rememberedS)) this.view.noteAsked(request, atS);
  }

  /** Hosts that have cards by what is known beside their reports: an agent's token, or Nova's devices in Placement. */
  async #hostsWithCards(): Promise<string[]> {
    const { registry, reportingHosts } = this.#parts;
    const { placement, hosts } = this.#cloud!;
    const silent = [...this.view.hosts.keys()].filter((name) => !registry.hosts.has(name));
    if (silent.length === 0) return [];
    const tokens = new Set(await reportingHosts());
    const found = new Set(silent.filter((name) => tokens.has(name)));
    for (const { id, rootId, parentId } of await placement.listProviders()) {
      const host = hosts.nameOf(rootId);
      if (parentId === null || host === null || registry.hosts.has(host) || found.has(host)) continue;
      const { value: inventories } = await placement.showInventories(id);
      if (Object.keys(inventories).some(isCardClass)) found.add(host);
    }
    return [...found];
  }

  async #recallCards(): Promise<void> {
    for (const { serverId, host, cards } of await this.#parts.reviews.readCards()) {
      this.#ledger.recall(serverId, host, cards);
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
    if (feed.isAwaited || this.questions.isInUse) await this.lookAgain();
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
      changed: (server) => {
        this.questions.noteServer(server);
        reconciler.noteServer(server);
      },
      gone: (server) => {
        this.questions.noteGone(server.id);
        reconciler.noteGone(server);
      },
    });
    const hosts = new CloudHosts(nova, placement);
    const whereabouts = new Whereabouts({ nova, placement, hosts, feed, ledger, aliases: this.aliases });
    const binder = new Binder({
      store,
      book,
      claim: this.#claim,
      objectionTo: (host, request) => this.#objectionTo(host, request),
      feed,
      nova,
      novaFor: (requestId) => {
        const token = this.#people.tokenFor(requestId);
        return token === null ? null : novaOf(session.withToken(token), nova.version);
      },
      forgetPerson: (requestId) => this.#people.forget(requestId),
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
    const changes = (): number => book.changes;
    const epoch = settings.mode === 'act' ? new Epoch({ reviews, mark, review, changes, log }) : null;
    return { offers, feed, binder, reconciler, hosts, nova, placement, whereabouts, removals, review, epoch };
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
  readonly placement: Placement;
  readonly nova: Nova;
  readonly whereabouts: Whereabouts;
  readonly removals: Removals;
  readonly review: Review;
  /** Null where nothing is done. */
  readonly epoch: Epoch | null;
}

const cardClasses: ReadonlySet<string> = new Set(
  catalogue.flatMap(({ pciIds }) => pciIds.map((id) => `CUSTOM_PCI_${id.toUpperCase().replace(':', '_')}`)),
);

/** Whether a resource class is that of graphics cards, as Nova reports them. */
function isCardClass(name: string): boolean {
  return cardClasses.has(name);
}

/** In whose project the server is made: the person's, or that of the scheduler's login. */
function ownerOf(
  person: Person | undefined,
  login: Identity | null,
): Pick<ServerRequest, 'projectId' | 'projectName' | 'userId' | 'userName'> {
  if (person === undefined) return login ?? { projectId: null, projectName: null, userId: null, userName: null };
  const { userId, userName, project } = person;
  return { projectId: project?.id ?? null, projectName: project?.name ?? null, userId, userName };
}
