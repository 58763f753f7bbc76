/** Reads `stations.yaml`: what may be applied for, and the limits of groups. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { modelNamed } from '../../core/card-catalogue.ts';
import { aBoolean, anArray, anInteger, anObject, aPositive, aText, noOtherFields, oneOf } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import type { ClipboardPolicy, DesktopGpu, DesktopSize } from '../../core/wire/portal.ts';
import { aPort, networks } from '../settings/setting-checks.ts';
import { readYaml } from '../settings/yaml-file.ts';
import { aGroupName, aShownText } from './accounts/person-name.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { SharedLimits } from './catalogue/limits.ts';
import {
  type DesktopImage,
  type Mount,
  type Software,
  type Station,
  type StationFiles,
  usualGraceS,
  type WebApp,
} from './catalogue/station.ts';
import { checkTemplate } from './provisioning/template.ts';

/** What a station is that says nothing else: a small desktop for a day, a week at most and another week stopped, a clipboard for text, and files of up to 1 TB. */
export const stationDefaults = {
  size: { vcpus: 4, ramMib: 8192, diskGib: 40 },
  gpu: { count: 0, memoryMib: 0, cores: 0, models: [] },
  lifetimeS: 24 * 3600,
  longestLifetimeS: 7 * 24 * 3600,
  graceS: usualGraceS,
  clipboard: { mostIn: 100_000, mostOut: 100_000 },
  files: { up: true, down: true, mostBytes: 1e12, byControllers: false, clientNetworks: [] },
  vncPort: 5900,
  sshPort: 22,
} as const;

type Reader<T> = (value: unknown, where: string) => T;

/** @throws InputError naming the file and the field */
export function readStations(file: string): Catalogue {
  const top = anObject(readYaml(file, 'a file of stations that can be read'), file);
  noOtherFields(top, file, ['stations', 'limits']);
  const stations = listOf(top.stations, `${file}, stations`, (value, where) => stationOf(value, where, file));
  if (stations.length === 0) throw new InputError(`${file}, stations`, 'at least one station', []);
  allDifferent(stations, `${file}, stations`);
  const limits = Object.entries(anObject(top.limits ?? {}, `${file}, limits`));
  const groupLimits = limits.map(([group, value]) => {
    const where = `${file}, limits.${group}`;
    return [aGroupName(group, where), limitsOf(value, where)] as const;
  });
  return { stations, groupLimits: new Map(groupLimits) };
}

function stationOf(value: unknown, where: string, file: string): Station {
  const station = anObject(value, where);
  const at = (field: string): string => `${where}.${field}`;
  noOtherFields(station, where, [
    'id',
    'title',
    'description',
    'groups',
    'images',
    'size',
    'gpu',
    'largest',
    'cardModels',
    'lifetimeS',
    'longestLifetimeS',
    'graceS',
    'mounts',
    'clipboard',
    'files',
    'clientNetworks',
    'idle',
  ]);
  const id = anId(station.id, at('id'));
  const images = listOf(station.images, at('images'), (image, path) => imageOf(image, path, file));
  if (images.length === 0) throw new InputError(at('images'), 'at least one image', []);
  allDifferent(images, at('images'));
  const size = sizeOf(station.size, at('size'), stationDefaults.size);
  const gpu = gpuOf(station.gpu, at('gpu'));
  const lifetimeS = orDefault(station.lifetimeS, at('lifetimeS'), aPositive, stationDefaults.lifetimeS);
  const longest = Math.max(lifetimeS, stationDefaults.longestLifetimeS);
  const longestLifetimeS = orDefault(station.longestLifetimeS, at('longestLifetimeS'), aPositive, longest);
  if (longestLifetimeS < lifetimeS) {
    throw new InputError(at('longestLifetimeS'), `at least lifetimeS, ${lifetimeS}`, longestLifetimeS);
  }
  const largest = largestOf(station.largest, at('largest'), size, gpu);
  for (const [field, proposed, most] of [
    ['vcpus', size.vcpus, largest.vcpus],
    ['ramMib', size.ramMib, largest.ramMib],
    ['diskGib', size.diskGib, largest.diskGib],
    ['cards', gpu.count, largest.cards],
    ['cardMemoryMib', gpu.memoryMib, largest.cardMemoryMib],
  ] as const) {
    if (proposed > most) throw new InputError(at(`largest.${field}`), `at least what is proposed, ${proposed}`, most);
  }
  return {
    id,
    title: orDefault(station.title, at('title'), shown, id),
    description: orDefault(station.description, at('description'), (text, path) => aShownText(text, path, 500), ''),
    groups: listOf(station.groups ?? [], at('groups'), aGroupName),
    images,
    size,
    gpu,
    largest,
    cardModels: listOf(station.cardModels ?? [], at('cardModels'), aModel),
    lifetimeS,
    longestLifetimeS,
    graceS: orDefault(station.graceS, at('graceS'), whole, stationDefaults.graceS),
    mounts: listOf(station.mounts ?? [], at('mounts'), mountOf),
    clipboard: clipboardOf(station.clipboard, at('clipboard')),
    files: filesOf(station.files, at('files')),
    clientNetworks: networks(station.clientNetworks ?? [], at('clientNetworks')),
    idle: station.idle === undefined || station.idle === null ? null : idleOf(station.idle, at('idle')),
  };
}

function imageOf(value: unknown, where: string, file: string): DesktopImage {
  const image = anObject(value, where);
  const at = (field: string): string => `${where}.${field}`;
  noOtherFields(image, where, [
    'id',
    'title',
    'system',
    'glanceImage',
    'software',
    'apps',
    'vncPort',
    'sshPort',
    'templateFile',
  ]);
  const id = anId(image.id, at('id'));
  const apps = listOf(image.apps ?? [], at('apps'), appOf);
  allDifferent(apps, at('apps'));
  return {
    id,
    title: orDefault(image.title, at('title'), shown, id),
    system: orDefault(image.system, at('system'), (text, path) => oneOf(text, path, ['linux', 'windows']), 'linux'),
    glanceImage: aText(image.glanceImage, at('glanceImage')),
    software: listOf(image.software ?? [], at('software'), softwareOf),
    apps,
    vncPort: orDefault(image.vncPort, at('vncPort'), aDesktopPort, stationDefaults.vncPort),
    sshPort: orDefault(image.sshPort, at('sshPort'), aPort, stationDefaults.sshPort),
    template: image.templateFile === undefined ? null : templateOf(image.templateFile, at('templateFile'), file),
  };
}

/** The text of the file, which is beside `stations.yaml`; refused where somebody's name could become a command in it. */
function templateOf(value: unknown, where: string, file: string): string {
  const path = resolve(dirname(resolve(file)), aText(value, where));
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(`${where} ${path}`, 'a file that can be read', (error as NodeJS.ErrnoException).code);
  }
  checkTemplate(text, path);
  return text;
}

function softwareOf(value: unknown, where: string): Software {
  const software = anObject(value, where);
  noOtherFields(software, where, ['title', 'command', 'starts']);
  return {
    title: shown(software.title, `${where}.title`),
    command: aShownText(software.command, `${where}.command`, 1000),
    starts: orDefault(software.starts, `${where}.starts`, aBoolean, false),
  };
}

function appOf(value: unknown, where: string): WebApp {
  const app = anObject(value, where);
  noOtherFields(app, where, ['id', 'title', 'port', 'path', 'command']);
  const id = anId(app.id, `${where}.id`);
  const path = orDefault(app.path, `${where}.path`, aText, '/');
  // What follows is put behind an address, and must stay on its host.
  if (!/^\/(?![/\\])[\w./~?&=%+-]*$/.test(path)) throw new InputError(`${where}.path`, 'a path such as /lab', path);
  return {
    id,
    title: orDefault(app.title, `${where}.title`, shown, id),
    port: aDesktopPort(app.port, `${where}.port`),
    path,
    command: aShownText(app.command, `${where}.command`, 1000),
  };
}

function mountOf(value: unknown, where: string): Mount {
  const mount = anObject(value, where);
  noOtherFields(mount, where, ['type', 'source', 'target', 'options', 'groups', 'link']);
  const target = aPath(mount.target, `${where}.target`);
  if (!target.startsWith('/') || target === '/')
    throw new InputError(`${where}.target`, 'a folder such as /data', target);
  return {
    type: oneOf(mount.type, `${where}.type`, ['lustre', 'nfs', 'nfs4', 'cifs']),
    source: aPath(mount.source, `${where}.source`),
    target,
    options: orDefault(mount.options, `${where}.options`, aPath, 'defaults'),
    groups: listOf(mount.groups ?? [], `${where}.groups`, aGroupName),
    link: orDefault(mount.link ?? undefined, `${where}.link`, aPath, null),
  };
}

/** A text that stands in a line of fstab: no blank, no quote. */
function aPath(value: unknown, where: string): string {
  const text = aText(value, where);
  if (!/^[\w@:/.,=+{}[\]-]{1,255}$/.test(text) || text.split('/').includes('..')) {
    throw new InputError(where, 'a text without blanks, quotes and ..', text);
  }
  return text;
}

function sizeOf(value: unknown, where: string, fallback: DesktopSize): DesktopSize {
  const size = anObject(value ?? {}, where);
  noOtherFields(size, where, ['vcpus', 'ramMib', 'diskGib']);
  return {
    vcpus: orDefault(size.vcpus, `${where}.vcpus`, atLeastOne, fallback.vcpus),
    ramMib: orDefault(size.ramMib, `${where}.ramMib`, atLeastOne, fallback.ramMib),
    diskGib: orDefault(size.diskGib, `${where}.diskGib`, whole, fallback.diskGib),
  };
}

function gpuOf(value: unknown, where: string): DesktopGpu {
  const gpu = anObject(value ?? {}, where);
  noOtherFields(gpu, where, ['count', 'memoryMib', 'cores', 'models']);
  return {
    count: orDefault(gpu.count, `${where}.count`, whole, stationDefaults.gpu.count),
    memoryMib: orDefault(gpu.memoryMib, `${where}.memoryMib`, whole, stationDefaults.gpu.memoryMib),
    cores: orDefault(gpu.cores, `${where}.cores`, whole, stationDefaults.gpu.cores),
    models: listOf(gpu.models ?? stationDefaults.gpu.models, `${where}.models`, aModel),
  };
}

/** Twice what is proposed, where nothing is said. */
function largestOf(value: unknown, where: string, size: DesktopSize, gpu: DesktopGpu): Station['largest'] {
  const largest = anObject(value ?? {}, where);
  const { vcpus, ramMib, diskGib, cards, cardMemoryMib, ...others } = largest;
  noOtherFields(others, where, ['vcpus', 'ramMib', 'diskGib', 'cards', 'cardMemoryMib']);
  return {
    vcpus: orDefault(vcpus, `${where}.vcpus`, atLeastOne, 2 * size.vcpus),
    ramMib: orDefault(ramMib, `${where}.ramMib`, atLeastOne, 2 * size.ramMib),
    diskGib: orDefault(diskGib, `${where}.diskGib`, whole, 2 * size.diskGib),
    cards: orDefault(cards, `${where}.cards`, whole, gpu.count),
    cardMemoryMib: orDefault(cardMemoryMib, `${where}.cardMemoryMib`, whole, gpu.memoryMib),
  };
}

function clipboardOf(value: unknown, where: string): ClipboardPolicy {
  const clipboard = anObject(value ?? {}, where);
  noOtherFields(clipboard, where, ['mostIn', 'mostOut']);
  return {
    mostIn: orDefault(clipboard.mostIn, `${where}.mostIn`, whole, stationDefaults.clipboard.mostIn),
    mostOut: orDefault(clipboard.mostOut, `${where}.mostOut`, whole, stationDefaults.clipboard.mostOut),
  };
}

function filesOf(value: unknown, where: string): StationFiles {
  const files = anObject(value ?? {}, where);
  noOtherFields(files, where, ['up', 'down', 'mostBytes', 'byControllers', 'clientNetworks']);
  const fallback = stationDefaults.files;
  return {
    up: orDefault(files.up, `${where}.up`, aBoolean, fallback.up),
    down: orDefault(files.down, `${where}.down`, aBoolean, fallback.down),
    mostBytes: orDefault(files.mostBytes, `${where}.mostBytes`, atLeastOne, fallback.mostBytes),
    byControllers: orDefault(files.byControllers, `${where}.byControllers`, aBoolean, fallback.byControllers),
    clientNetworks: networks(files.clientNetworks ?? fallback.clientNetworks, `${where}.clientNetworks`),
  };
}

function idleOf(value: unknown, where: string): NonNullable<Station['idle']> {
  const idle = anObject(value, where);
  noOtherFields(idle, where, ['afterS', 'action']);
  return {
    afterS: aPositive(idle.afterS, `${where}.afterS`),
    action: orDefault(idle.action, `${where}.action`, (text, path) => oneOf(text, path, ['stop', 'delete']), 'stop'),
  };
}

function limitsOf(value: unknown, where: string): SharedLimits {
  const limits = anObject(value, where);
  noOtherFields(limits, where, ['mostDesktops', 'mostCards', 'mostCardHours']);
  return {
    mostDesktops: orDefault(limits.mostDesktops, `${where}.mostDesktops`, whole, null),
    mostCards: orDefault(limits.mostCards, `${where}.mostCards`, whole, null),
    mostCardHours: orDefault(limits.mostCardHours, `${where}.mostCardHours`, aPositive, null),
  };
}

function anId(value: unknown, where: string): string {
  const text = aText(value, where);
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(text)) throw new InputError(where, 'small letters, digits and -', text);
  return text;
}

/** Not one of the system's own. */
function aDesktopPort(value: unknown, where: string): number {
  const port = anInteger(value, where, 1024);
  if (port > 65_535) throw new InputError(where, 'a port from 1024 to 65535', port);
  return port;
}

function allDifferent(items: readonly { readonly id: string }[], where: string): void {
  const seen = new Set<string>();
  for (const { id } of items) {
    if (seen.has(id)) throw new InputError(where, 'ids that are all different', id);
    seen.add(id);
  }
}

function orDefault<T, F>(value: unknown, where: string, check: Reader<T>, fallback: F): T | F {
  return value === undefined ? fallback : check(value, where);
}

function listOf<T>(value: unknown, where: string, read: Reader<T>): T[] {
  return anArray(value, where).map((item, index) => read(item, `${where}[${index}]`));
}

/** A model of the card catalogue. */
const aModel: Reader<string> = (value, where) => {
  const name = aText(value, where);
  if (modelNamed(name) === undefined) throw new InputError(where, 'a model of the card catalogue', name);
  return name;
};
const shown: Reader<string> = (value, where) => aShownText(value, where, 100);
const whole: Reader<number> = (value, where) => anInteger(value, where);
const atLeastOne: Reader<number> = (value, where) => anInteger(value, where, 1);
