/** The desktop service's parts on a database of their own, on a clock that the test sets, with machines in memory. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import type { DesktopApplication } from '../../../core/wire/portal.ts';
import { hashOf } from '../../../live/access/secrets.ts';
import type { DatabaseOptions } from '../../../live/database/database.ts';
import { People } from '../../../live/desktops/accounts/people.ts';
import type { Person } from '../../../live/desktops/accounts/person.ts';
import { type Session, Sessions } from '../../../live/desktops/accounts/sessions.ts';
import type { Catalogue } from '../../../live/desktops/catalogue/catalogue.ts';
import { noLimits } from '../../../live/desktops/catalogue/limits.ts';
import type { Station } from '../../../live/desktops/catalogue/station.ts';
import { AddressCheck } from '../../../live/desktops/connect/address-check.ts';
import { ConnectStore } from '../../../live/desktops/connect/connect-store.ts';
import { LocalAuthority } from '../../../live/desktops/connect/local-authority.ts';
import { SshAuthority } from '../../../live/desktops/connect/ssh-authority.ts';
import { TokenServer } from '../../../live/desktops/connect/token-server.ts';
import { soleLease } from '../../../live/desktops/lifecycle/lease.ts';
import { Lifecycle, type LifecycleParts } from '../../../live/desktops/lifecycle/lifecycle.ts';
import type { VncAnswer } from '../../../live/desktops/machines/vnc-probe.ts';
import { checkApplication, checkRoom, newDesktop } from '../../../live/desktops/portal/application.ts';
import type { Desktop } from '../../../live/desktops/records/desktop.ts';
import { DesktopStore } from '../../../live/desktops/records/desktop-store.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';
import { temporaryFolder } from '../srm/build.ts';
import { MemoryMachines } from './machines/memory-machines.ts';

export const startS = 1_780_000_000;

/** A day, at most two; idle desktops stop after an hour. */
export const b7: Station = {
  id: 'b7',
  title: 'B7',
  description: 'Hard X-ray imaging',
  groups: [],
  images: [
    {
      id: 'imaging',
      title: 'Imaging',
      system: 'linux',
      glanceImage: 'tiny',
      software: [],
      apps: [{ id: 'jupyter', title: 'JupyterLab', port: 8888, path: '/lab', command: 'jupyter-lab' }],
      vncPort: 5901,
      sshPort: 22,
      template: null,
    },
  ],
  size: { vcpus: 4, ramMib: 8192, diskGib: 20 },
  gpu: { count: 0, memoryMib: 0 },
  largest: { vcpus: 16, ramMib: 65_536, diskGib: 200, cards: 4, cardMemoryMib: 49_152 },
  cardModels: [],
  lifetimeS: 86_400,
  longestLifetimeS: 2 * 86_400,
  graceS: 0,
  mounts: [],
  clipboard: { mostIn: 1000, mostOut: 500 },
  files: { up: true, down: true, mostBytes: 1e9, byControllers: false, clientNetworks: [] },
  clientNetworks: [],
  idle: { afterS: 3600, action: 'stop' },
};

export function personNamed(name: string, more: Partial<Person> = {}): Person {
  return { name, displayName: name, uid: 20_001, gid: 20_001, groups: [], isAdmin: false, ...more };
}

/** A clock that only the test moves: what is due by then runs when it does. */
export class SetClock implements Clock {
  #nowS = startS;
  readonly #due = new Set<{ readonly atS: number; readonly action: () => void }>();

  get nowS(): number {
    return this.#nowS;
  }

  set nowS(nowS: number) {
    this.#nowS = nowS;
    for (const timer of [...this.#due].sort((one, other) => one.atS - other.atS)) {
      if (timer.atS <= nowS && this.#due.delete(timer)) timer.action();
    }
  }

  after(delayS: number, action: () => void): () => void {
    const timer = { atS: this.#nowS + delayS, action };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  }
}

export class DesktopsUnderTest {
  readonly clock: SetClock;
  readonly machines: MemoryMachines;
  readonly database: Stores;
  readonly store: DesktopStore;
  readonly connects: ConnectStore;
  readonly ssh: SshAuthority;
  readonly people: People;
  readonly sessions: Sessions;
  readonly catalogue: Catalogue;
  readonly tokens: TokenServer;
  readonly authority: LocalAuthority;
  lifecycle: Lifecycle;
  readonly log: string[] = [];
  readonly readyAfterS: number[] = [];
  readonly refusals: string[] = [];
  /** Whether a desktop answers. */
  answers: VncAnswer = 'answers';
  /** Questions that were asked of desktops. */
  probes = 0;
  readonly #settings: LifecycleParts['settings'];
  readonly #remove: () => void;

  private constructor(database: Stores, remove: () => void, options: HarnessOptions) {
    this.database = database;
    this.#remove = remove;
    this.clock = options.clock ?? new SetClock();
    this.machines = options.machines ?? new MemoryMachines();
    this.catalogue = { stations: [options.station ?? b7], groupLimits: new Map(), ...options.catalogue };
    this.#settings = { limits: noLimits, windowDays: 30, startLimitS: 600, ...options.settings };
    this.store = new DesktopStore(database.database);
    this.connects = new ConnectStore(database.database);
    this.ssh = new SshAuthority(database.database);
    this.people = new People(database.database);
    this.sessions = new Sessions(database.database, { idleS: 3600, longestS: 10 * 3600 }, this.clock);
    const onRefuse = (reason: string): void => void this.refusals.push(reason);
    this.tokens = new TokenServer({
      store: this.store,
      connects: this.connects,
      catalogue: this.catalogue,
      clock: this.clock,
      sessionIdleS: 3600,
      onMint: () => {},
      onRefuse,
    });
    this.authority = new LocalAuthority({
      store: this.store,
      connects: this.connects,
      sessions: this.sessions,
      tokens: this.tokens,
      machines: this.machines,
      addresses: addressCheck,
      catalogue: this.catalogue,
      ssh: this.ssh,
      clock: this.clock,
      sessionIdleS: 3600,
      connectionIdleS: null,
      onRefuse,
      onChange: () => {},
    });
    this.lifecycle = this.newLifecycle();
  }

  static async start(options: HarnessOptions = {}): Promise<DesktopsUnderTest> {
    const { path, remove } = temporaryFolder();
    const database = await openStores(options.database ?? { kind: 'sqlite', file: join(path, 'heps.db') });
    return new DesktopsUnderTest(database, remove, options);
  }

  /** As after a new start of the process. */
  newLifecycle(lease: LifecycleParts['lease'] = soleLease): Lifecycle {
    return new Lifecycle({
      store: this.store,
      machines: this.machines,
      catalogue: this.catalogue,
      clock: this.clock,
      lease,
      probe: async () => {
        this.probes++;
        return this.answers;
      },
      objectionTo: (address) => addressCheck.objectionTo(address),
      settings: this.#settings,
      log: (_, fields, text) => void this.log.push(`${text} ${'err' in fields ? String(fields.err) : ''}`),
      onChange: () => {},
      onReady: (tookS) => void this.readyAfterS.push(tookS),
    });
  }

  /** Somebody with a login session. */
  async person(name: string, more: Partial<Person> = {}): Promise<Session> {
    const person = personNamed(name, more);
    const row = { ...person, groups: JSON.stringify(person.groups), isAdmin: person.isAdmin ? 1 : 0 };
    const kept = { ...row, subject: null, password: null, createdAtS: this.clock.nowS, removedAtS: null, email: null };
    await this.database.database.insertInto('people').values(kept).execute();
    const secret = await this.sessions.begin(name, { address: '192.0.2.1', requestId: 'test' });
    return (await this.sessions.findByHash(hashOf(secret)))!;
  }

  async apply(
    { person }: Session,
    more: Partial<DesktopApplication> = {},
    key: string = randomUUID(),
  ): Promise<string> {
    const application = checkApplication({ station: 'b7', image: 'imaging', ...more }, this.catalogue, person);
    const { row, order } = newDesktop(application, person, key, 'none', await this.ssh.publicKey(), this.clock.nowS);
    const entry = { atS: this.clock.nowS, action: 'apply', person: person.name, desktop: row.id } as const;
    const { limits } = this.#settings;
    const known = await this.store.add(row, order, entry, (own) =>
      checkRoom(own, application, person, limits, this.catalogue.groupLimits),
    );
    return (known ?? row).id;
  }

  async row(id: string): Promise<Desktop> {
    return (await this.store.read(id))!;
  }

  /** A number of passes, a second apart. */
  async pass(passes = 1): Promise<void> {
    for (let pass = 0; pass < passes; pass++) {
      await this.lifecycle.pass();
      this.clock.nowS++;
    }
  }

  /** Lets the started lifecycle run for a number of seconds. */
  async run(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.clock.nowS++;
      // What it asks of the database is answered before this.
      await this.store.readUnsettled();
    }
  }

  /** Lets the started lifecycle run until that is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    for (let seconds = 0; seconds < 500; seconds++) {
      if (await isSo()) return;
      await this.run(1);
    }
    throw new Error(`not within 500 s; ${this.log.join('\n')}`);
  }

  /** A desktop that is ready. */
  async ready(owner: Session, more: Partial<DesktopApplication> = {}): Promise<string> {
    const id = await this.apply(owner, more);
    await this.pass(6);
    const { state, reason } = await this.row(id);
    if (state !== 'ready') throw new Error(`the desktop is ${state}: ${reason}; ${this.log.join('\n')}`);
    return id;
  }

  /** Audit rows, oldest first: `connect-refuse chen token-expired`. */
  async audit(): Promise<string[]> {
    const rows = await this.database.database.selectFrom('desktopAudit').selectAll().orderBy('id').execute();
    return rows.map(({ action, person, detail }) => [action, person ?? '-', detail ?? '-'].join(' '));
  }

  async stop(): Promise<void> {
    await this.database.close();
    this.#remove();
  }
}

export const addressCheck = new AddressCheck({
  networks: ['10.20.0.0/16'],
  allowLoopback: false,
  controlPlane: ['10.20.255.1'],
});

export interface HarnessOptions {
  readonly database?: DatabaseOptions;
  readonly clock?: SetClock;
  readonly machines?: MemoryMachines;
  readonly station?: Station;
  readonly catalogue?: Partial<Catalogue>;
  readonly settings?: Partial<LifecycleParts['settings']>;
}
