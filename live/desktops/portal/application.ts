/** An application for a desktop: checked against the catalogue and the person's rights, and made into a row and an order. */
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { modelNamed } from '../../../core/card-catalogue.ts';
import { anArray, anInteger, anObject, aPositive, aText, noOtherFields } from '../../../core/check.ts';
import type { DesktopGpu, DesktopSize } from '../../../core/wire/portal.ts';
import { makeSshKeyPair } from '../../gateway/files/ssh-key.ts';
import { Problem } from '../../http/problem.ts';
import type { Person } from '../accounts/person.ts';
import { aShownText } from '../accounts/person-name.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { objectionOf, type SharedLimits, useOf } from '../catalogue/limits.ts';
import type { DesktopImage, Station } from '../catalogue/station.ts';
import { appBase } from '../connect/local-authority.ts';
import { mountsFor } from '../provisioning/storage.ts';
import { bringsSsh } from '../provisioning/template.ts';
import { buildUserData } from '../provisioning/user-data.ts';
import { aliveStates, type Desktop } from '../records/desktop.ts';
import type { MachineOrder } from '../records/machine-order.ts';

/** Rows of one person, whatever the limits are: failed ones count here. */
export const mostRowsPerPerson = 100;

/** What is asked for, with what the station proposes where nothing was said. */
export interface CheckedApplication {
  readonly station: Station;
  readonly image: DesktopImage;
  readonly title: string;
  readonly size: DesktopSize;
  readonly gpu: DesktopGpu;
  readonly lifetimeS: number;
}

/** Stations that the person may use. */
export function stationsOf(catalogue: Catalogue, { groups }: Person): Station[] {
  return catalogue.stations.filter((station) => isAllowed(station.groups, groups));
}

function isAllowed(allowed: readonly string[], groups: Person['groups']): boolean {
  return allowed.length === 0 || groups.some(({ name }) => allowed.includes(name));
}

/** @throws Problem with a sentence for the person, InputError for a body of another shape */
export function checkApplication(value: unknown, catalogue: Catalogue, person: Person): CheckedApplication {
  const body = anObject(value, 'body');
  noOtherFields(body, '', ['station', 'image', 'title', 'size', 'gpu', 'lifetimeS']);
  const stationId = aText(body.station, 'station');
  const station = stationsOf(catalogue, person).find(({ id }) => id === stationId);
  if (station === undefined) throw new Problem(404, 'There is no such station, or it is not open to you.');
  const imageId = aText(body.image, 'image');
  const image = station.images.find(({ id }) => id === imageId);
  if (image === undefined) throw new Problem(404, `The station ${station.title} has no such desktop.`);
  const size = body.size === undefined ? station.size : sizeOf(body.size);
  const gpu = body.gpu === undefined ? station.gpu : gpuOf(body.gpu);
  const lifetimeS = body.lifetimeS === undefined ? station.lifetimeS : aPositive(body.lifetimeS, 'lifetimeS');
  checkLargest(station, size, gpu, lifetimeS);
  const title = body.title === undefined ? image.title : aShownText(body.title, 'title', 80);
  return { station, image, title, size, gpu, lifetimeS };
}

function checkLargest(station: Station, size: DesktopSize, gpu: DesktopGpu, lifetimeS: number): void {
  const { largest, longestLifetimeS } = station;
  const hours = (seconds: number): string => `${Number((seconds / 3600).toFixed(1))} hours`;
  const memory = (mib: number): string => `${Number((mib / 1024).toFixed(1))} GiB`;
  const parts: readonly (readonly [asked: number, most: number, sentence: string])[] = [
    [size.vcpus, largest.vcpus, `at most ${largest.vcpus} CPUs`],
    [size.ramMib, largest.ramMib, `at most ${memory(largest.ramMib)} of memory`],
    [size.diskGib, largest.diskGib, `at most ${largest.diskGib} GiB of disk`],
    [gpu.count, largest.cards, largest.cards === 0 ? 'no card' : `at most ${largest.cards} cards`],
    [gpu.count === 0 ? 0 : gpu.memoryMib, largest.cardMemoryMib, `cards of at most ${memory(largest.cardMemoryMib)}`],
    [lifetimeS, longestLifetimeS, `at most ${hours(longestLifetimeS)}`],
  ];
  const { models = [] } = gpu;
  for (const name of gpu.count === 0 ? [] : models) {
    const memoryMib = modelNamed(name)?.memoryMib;
    const isOffered = station.cardModels.length === 0 || station.cardModels.includes(name);
    if (memoryMib === undefined || memoryMib > largest.cardMemoryMib || !isOffered) {
      throw new Problem(400, `A desktop of the station ${station.title} may not have the card ${name}.`);
    }
  }
  for (const [asked, most, sentence] of parts) {
    if (asked > most) throw new Problem(400, `A desktop of the station ${station.title} may have ${sentence}.`);
  }
}

/** Refuses what would never be placed, or is one desktop too many. @throws Problem */
export function checkRoom(
  own: readonly Desktop[],
  application: Pick<CheckedApplication, 'gpu'>,
  person: Person,
  limits: SharedLimits,
  groupLimits: Catalogue['groupLimits'],
): void {
  const asked = { desktops: 1, cards: application.gpu.count };
  const counted = own.map((row) => ({ ...row, isAlive: aliveStates.includes(row.state) }));
  const use = { ...useOf(counted, 0, 0), cards: 0, cardHours: 0 };
  // Cards and card-hours that are in use now become free: then it waits.
  const nothing = { desktops: 0, cards: 0, cardHours: 0 };
  const objections = [
    objectionOf(null, limits, use, asked),
    ...person.groups.map(({ name }) => {
      const shared = groupLimits.get(name);
      return shared === undefined ? null : objectionOf({ group: name }, shared, nothing, asked);
    }),
  ];
  const objection = objections.find((each) => each !== null);
  if (objection !== undefined && objection !== null) throw new Problem(409, objection);
  if (own.length >= mostRowsPerPerson) {
    throw new Problem(409, 'There are too many desktops of yours, with those that failed. Delete some.');
  }
}

export interface NewDesktop {
  readonly row: Desktop;
  readonly order: MachineOrder;
}

/** @param key of the sender; the same one again is the same desktop @param sshAuthority public key whose certificates its machine takes */
export function newDesktop(
  { station, image, title, size, gpu, lifetimeS }: CheckedApplication,
  person: Person,
  key: string | null,
  networks: readonly string[] | 'none',
  sshAuthority: string,
  nowS: number,
): NewDesktop {
  const id = randomUUID();
  const vncPassword = makeVncPassword();
  const { vncPort } = image;
  const bases = Object.fromEntries(image.apps.map((app) => [app.id, appBase(id, app.id)]));
  const hostKeys = makeSshKeyPair();
  const ssh = { port: image.sshPort, authority: sshAuthority, hostKeys };
  const desktop = { id, title, vncPassword, vncPort, appBase: bases, ssh };
  const hasFiles = image.template === null || bringsSsh(image.template);
  const mounts = mountsFor(person, station).map(({ target }) => target);
  const order: MachineOrder = {
    id,
    // A host's name has no underscore.
    name: `${station.id}-${person.name.replaceAll('_', '-')}-${id.slice(0, 4)}`.slice(0, 63),
    glanceImage: image.glanceImage,
    size,
    gpu,
    networks,
    userData: buildUserData({ person, station, image, desktop }),
    metadata: { desktop: id, owner: person.name, station: station.id, image: image.id },
    vncPassword,
    vncPort,
    person: person.name,
    ssh: hasFiles ? { port: image.sshPort, hostKey: hostKeys.publicKey, mounts } : null,
  };
  const row: Desktop = {
    id,
    owner: person.name,
    applicationKey: createHash('sha256')
      .update(JSON.stringify([person.name, key ?? id]))
      .digest('hex'),
    station: station.id,
    image: image.id,
    title,
    ...size,
    cards: gpu.count,
    cardMemoryMib: gpu.count === 0 ? 0 : gpu.memoryMib,
    cardCores: gpu.count === 0 ? 0 : (gpu.cores ?? 0),
    askedModels: gpu.count === 0 ? [] : (gpu.models ?? []),
    lifetimeS,
    state: 'waiting',
    wish: null,
    revision: 1,
    reason: null,
    expectedAtS: null,
    host: null,
    cardModels: [],
    createdAtS: nowS,
    stateAtS: nowS,
    changedAtS: nowS,
    heldFromS: null,
    heldUntilS: null,
    readyAtS: null,
    endsAtS: null,
    latestEndAtS: null,
    deleteAtS: null,
    remindedEndS: null,
    remindedLeadS: null,
    activeAtS: null,
  };
  return { row, order };
}

/** Whether both ask for the same. */
export function isSameApplication(one: Desktop, other: Desktop): boolean {
  const sizes = ['vcpus', 'ramMib', 'diskGib', 'cards', 'cardMemoryMib', 'cardCores', 'lifetimeS'] as const;
  const fields = ['station', 'image', 'title', ...sizes] as const;
  return (
    fields.every((field) => one[field] === other[field]) && one.askedModels.join('\n') === other.askedModels.join('\n')
  );
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 47 bits: as much as VncAuth takes. It is between gateway and machine only. */
function makeVncPassword(): string {
  return Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('');
}

function sizeOf(value: unknown): DesktopSize {
  const size = anObject(value, 'size');
  noOtherFields(size, 'size', ['vcpus', 'ramMib', 'diskGib']);
  return {
    vcpus: anInteger(size.vcpus, 'size.vcpus', 1),
    ramMib: anInteger(size.ramMib, 'size.ramMib', 1),
    diskGib: anInteger(size.diskGib, 'size.diskGib'),
  };
}

function gpuOf(value: unknown): DesktopGpu {
  const gpu = anObject(value, 'gpu');
  noOtherFields(gpu, 'gpu', ['count', 'memoryMib', 'cores', 'models']);
  return {
    count: anInteger(gpu.count, 'gpu.count'),
    memoryMib: anInteger(gpu.memoryMib, 'gpu.memoryMib'),
    cores: anInteger(gpu.cores ?? 0, 'gpu.cores'),
    models: anArray(gpu.models ?? [], 'gpu.models').map((name, index) => aText(name, `gpu.models[${index}]`)),
  };
}
