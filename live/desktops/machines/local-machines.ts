/**
 * Desktops on this computer, for a demonstration and for tests: in place of a machine each has a real session, with an address of its own in
 * 127.64.0.0/16, so that ports are the same as on machines. They outlive this process when it is killed, and are found again. All of them
 * run as one account of this computer: for people who trust each other.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../../core/input-error.ts';
import { writeOutput } from '../../../files/output-file.ts';
import type { DesktopImage } from '../catalogue/station.ts';
import { appCommand } from '../provisioning/app-command.ts';
import { obfuscatedVncPassword } from '../provisioning/vnc-password.ts';
import type { MachineOrder } from '../records/machine-order.ts';
import { isInstalled, missingPackages } from './local/programs.ts';
import { endSession, isAlive, startSession } from './local/session.ts';
import type { MachineStatus, Machines } from './machines.ts';

export interface LocalMachinesOptions {
  /** Where their state is, and the homes of people; the account of the sessions passes through the folders above it. */
  readonly folder: string;
  /** Of all stations: what a session runs. */
  readonly images: readonly DesktopImage[];
  /** The path below which the gateway shows a web application of a desktop. */
  readonly appBase: (desktopId: string, app: string) => string;
  readonly log: (text: string) => void;
  /** Defaults to 4. */
  readonly mostMachines?: number;
  /** Account that sessions run as. Defaults to `nobody` where this process is root, so that nobody's terminal is root's. */
  readonly runsAs?: { readonly uid: number; readonly gid: number } | null;
}

/** What is kept of a machine. */
interface Kept {
  readonly order: Omit<MachineOrder, 'userData' | 'vncPassword'>;
  /** Decides its address and its X display. */
  readonly place: number;
  readonly isStopped: boolean;
}

const nobody = { uid: 65_534, gid: 65_534 };
const defaultMost = 4;
/** X displays from here on, to leave those of people alone. */
const firstDisplay = 100;

/** @throws InputError naming the Debian packages that are missing */
export function openLocalMachines(options: LocalMachinesOptions): Machines {
  const missing = missingPackages();
  if (missing.length > 0) {
    throw InputError.saying(`desktops on this computer need programs: apt-get install ${missing.join(' ')}`);
  }
  return new LocalMachines(options);
}

class LocalMachines implements Machines {
  readonly #options: LocalMachinesOptions;
  readonly #runsAs: { readonly uid: number; readonly gid: number } | null;
  /** One thing after the other: places are given once. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: LocalMachinesOptions) {
    this.#options = options;
    this.#runsAs = options.runsAs ?? (process.getuid?.() === 0 ? nobody : null);
    for (const folder of ['machines', 'homes'])
      mkdirSync(join(options.folder, folder), { recursive: true, mode: 0o711 });
    if (this.#runsAs === null) return;
    // Sessions pass through to their own folders, and put their sockets where everybody's are.
    chmodSync(options.folder, 0o711);
    mkdirSync('/tmp/.X11-unix', { recursive: true });
    chmodSync('/tmp/.X11-unix', 0o1777);
  }

  async order(order: MachineOrder): Promise<MachineStatus> {
    return await this.#inTurn(async () => {
      const known = this.#read(order.id);
      if (known !== null) return this.#statusOf(known);
      const noRoom = this.#noRoomFor(order);
      if (noRoom !== null) return noRoom;
      const { userData: _, vncPassword, ...rest } = order;
      const kept: Kept = { order: rest, place: this.#freePlace(), isStopped: false };
      this.#prepare(kept, vncPassword);
      return await this.#run(kept);
    });
  }

  async status(id: string): Promise<MachineStatus> {
    const kept = this.#read(id);
    return kept === null ? { kind: 'gone' } : this.#statusOf(kept);
  }

  async restart(id: string): Promise<void> {
    await this.#inTurn(async () => {
      await this.#run(this.#known(id));
    });
  }

  async stop(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const kept = this.#known(id);
      this.#write({ ...kept, isStopped: true });
      await endSession(this.#folderOf(id));
    });
  }

  async start(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const kept = this.#known(id);
      if (!isAlive(this.#folderOf(id))) await this.#run(kept);
    });
  }

  async remove(id: string): Promise<void> {
    await this.#inTurn(async () => {
      await endSession(this.#folderOf(id));
      rmSync(this.#folderOf(id), { recursive: true, force: true });
    });
  }

  /** There is no cloud with a console. */
  async consoleUrl(): Promise<null> {
    return null;
  }

  /** Ends all of them; they can be started again. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      await Promise.all(
        this.#all().map(async (kept) => {
          this.#write({ ...kept, isStopped: true });
          await endSession(this.#folderOf(kept.order.id));
        }),
      );
    });
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(action);
    this.#last = mine.catch(() => undefined);
    return await mine;
  }

  #noRoomFor({ gpu }: MachineOrder): MachineStatus | null {
    const most = this.#options.mostMachines ?? defaultMost;
    if (gpu.count > 0) {
      return { kind: 'no-room', reason: 'This computer has no card to give away.', rejectedBy: { cards: 1 } };
    }
    if (this.#all().length < most) return null;
    const reason = `This computer has ${most} desktops, and takes no more.`;
    return { kind: 'no-room', reason, rejectedBy: { vcpus: 1 } };
  }

  async #run(kept: Kept): Promise<MachineStatus> {
    const { id, person, vncPort } = kept.order;
    const folder = this.#folderOf(id);
    this.#write({ ...kept, isStopped: false });
    const isUp = await startSession({
      folder,
      home: this.#homeOf(person),
      display: firstDisplay + kept.place,
      address: addressOf(kept.place),
      port: vncPort,
      runsAs: this.#runsAs,
    });
    if (isUp) return this.#statusOf({ ...kept, isStopped: false });
    const last = readFileSync(join(folder, 'session.log'), 'utf8').trim().split('\n').at(-1);
    rmSync(folder, { recursive: true });
    return { kind: 'failed', reason: `The session did not start (${last === '' ? 'it says nothing' : last}).` };
  }

  #statusOf({ order: { id }, place }: Kept): MachineStatus {
    const where = { host: hostname(), cardModels: [] };
    if (isAlive(this.#folderOf(id))) return { kind: 'running', ...where, address: addressOf(place) };
    return { kind: 'stopped', ...where };
  }

  /** Files of the session, for the account that it runs as. */
  #prepare({ order, place }: Kept, vncPassword: string): void {
    const { id, name, person, glanceImage } = order;
    const folder = this.#folderOf(id);
    mkdirSync(join(folder, 'programs'), { recursive: true });
    writeOutput(join(folder, 'vnc-password'), obfuscatedVncPassword(vncPassword), 0o600);
    const image = this.#options.images.find((one) => one.glanceImage === glanceImage);
    const apps = (image?.apps ?? []).map((app) => appCommand(app, this.#options.appBase(id, app.id), addressOf(place)));
    const software = (image?.software ?? []).filter(({ starts }) => starts).map(({ command }) => command);
    for (const [at, command] of [...software, ...apps].entries()) {
      const program = command.trim().split(/\s/)[0]!;
      if (isInstalled(program)) writeOutput(join(folder, 'programs', String(at)), `${command}\n`);
      else this.#options.log(`${name}: ${program} is not installed here, and not started`);
    }
    const home = this.#homeOf(person);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    // The shell would show the account that the session runs as.
    writeOutput(join(home, '.bashrc'), `PS1='${person}@${name}:\\w\\$ '\n`);
    if (this.#runsAs === null) return;
    const { uid, gid } = this.#runsAs;
    for (const path of [home, join(home, '.bashrc'), folder, join(folder, 'vnc-password')]) chownSync(path, uid, gid);
  }

  /** Neither of another desktop, nor in use by an X server that is not of here. */
  #freePlace(): number {
    const taken = new Set(this.#all().map(({ place }) => place));
    for (let place = 1; ; place++) {
      if (!taken.has(place) && !existsSync(`/tmp/.X${firstDisplay + place}-lock`)) return place;
    }
  }

  #all(): Kept[] {
    return readdirSync(join(this.#options.folder, 'machines'))
      .map((id) => this.#read(id))
      .filter((kept) => kept !== null);
  }

  #known(id: string): Kept {
    const kept = this.#read(id);
    if (kept === null) throw new InputError('desktop', 'a machine of this computer', id);
    return kept;
  }

  #read(id: string): Kept | null {
    const file = join(this.#folderOf(id), 'machine.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : null;
  }

  #write(kept: Kept): void {
    const file = join(this.#folderOf(kept.order.id), 'machine.json');
    writeOutput(file, JSON.stringify(kept));
  }

  #folderOf(id: string): string {
    if (!/^[0-9A-Za-z-]{1,64}$/.test(id)) throw new InputError('desktop', 'a UUID', id);
    return join(this.#options.folder, 'machines', id);
  }

  #homeOf(person: string): string {
    if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(person)) throw new InputError('person', 'a POSIX user name', person);
    return join(this.#options.folder, 'homes', person);
  }
}

function addressOf(place: number): string {
  return `127.64.${Math.floor(place / 250)}.${(place % 250) + 1}`;
}
