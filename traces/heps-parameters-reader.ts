/** Reads `workloads/heps.json`: checks every field and resolves the names by which its blocks refer to each other. */
import { aNumber, anArray, anInteger, anObject, aPositive, aText, noOtherFields } from '../core/check.ts';
import { InputError } from '../core/input-error.ts';
import type { HepsCalendar } from './heps-calendar.ts';
import type {
  Beamline,
  DesktopKind,
  DesktopSize,
  EverydayUse,
  HepsParameters,
  Lifetime,
  Profile,
  Rhythm,
} from './heps-parameters.ts';
import type { Weighted } from './weighted-choice.ts';

/** The parameters from parsed JSON, names resolved. Every block has to give its `reason`. @throws InputError naming the field */
export function readHepsParameters(json: unknown): HepsParameters {
  const fields =
    'format name description calendar proposals beamtime analysis rhythms kinds profiles beamlines everyday'.split(' ');
  const file = anObject(json, 'parameters');
  noOtherFields(file, '', fields);
  if (file.format !== 'heps-workload/1') throw new InputError('format', 'heps-workload/1', file.format);
  const rhythms = namedList(file.rhythms, 'rhythms', 'name', readRhythm);
  const kinds = namedList(file.kinds, 'kinds', 'name', readKind);
  const profiles = namedList(file.profiles, 'profiles', 'name', (block, where) => readProfile(block, where, kinds));
  const beamlines = namedList(file.beamlines, 'beamlines', 'id', (block, where) =>
    readBeamline(block, where, profiles),
  );
  const everyday = namedList(file.everyday, 'everyday', 'name', (block, where) =>
    readEverydayUse(block, where, rhythms, kinds, beamlines),
  );
  return {
    calendar: readCalendar(reasoned(file.calendar, 'calendar', calendarFields)),
    proposals: readProposals(reasoned(file.proposals, 'proposals', ['shifts', 'users'])),
    beamtime: readBeamtime(reasoned(file.beamtime, 'beamtime', beamtimeFields)),
    analysis: readAnalysis(reasoned(file.analysis, 'analysis', ['fadeDays', 'longestDays', 'rhythm']), rhythms),
    kinds: [...kinds.values()],
    beamlines: [...beamlines.values()],
    everyday: [...everyday.values()],
  };
}

type Block = Record<string, unknown>;

const calendarFields = ['cycleDays', 'runDays', 'studyWeekday', 'shiftHours', 'startsOnRunDay'];
const beamtimeFields = ['prepareH', 'startMeanH', 'tailMeanH', 'tailLongestH'];

/** A block with just these fields and the reason for them. */
function reasoned(value: unknown, where: string, fields: readonly string[]): Block {
  const block = anObject(value, where);
  noOtherFields(block, where, [...fields, 'reason']);
  aText(block.reason, `${where}.reason`);
  return block;
}

/** A list of blocks by their name, in the order of the file. */
function namedList<T>(value: unknown, where: string, key: string, read: (block: Block, where: string) => T) {
  const list = new Map<string, T>();
  anArray(value, where).forEach((item, index) => {
    const at = `${where}[${index}]`;
    const block = anObject(item, at);
    const name = aText(block[key], `${at}.${key}`);
    if (list.has(name)) throw new InputError(`${at}.${key}`, 'a name not used before', name);
    list.set(name, read(block, at));
  });
  if (list.size === 0) throw new InputError(where, 'at least one entry', value);
  return list;
}

/** An object `{option: weight}`; `resolve` turns each key into what it stands for. */
function weighted<T>(value: unknown, where: string, resolve: (key: string) => T): Weighted<T>[] {
  const options = Object.entries(anObject(value, where)).map(([key, weight]) => ({
    value: resolve(key),
    weight: aNumber(weight, `${where}.${key}`),
  }));
  if (!options.some(({ weight }) => weight > 0)) throw new InputError(where, 'a weight above 0', value);
  return options;
}

function lookUp<T>(list: ReadonlyMap<string, T>, name: unknown, where: string): T {
  const found = list.get(aText(name, where));
  if (found === undefined) throw new InputError(where, `one of ${[...list.keys()].join(', ')}`, name);
  return found;
}

function numbers(value: unknown, where: string, length: number): number[] {
  const list = anArray(value, where).map((item, index) => aNumber(item, `${where}[${index}]`));
  if (list.length !== length) throw new InputError(where, `${length} numbers`, value);
  if (!list.some((number) => number > 0)) throw new InputError(where, 'a number above 0', value);
  return list;
}

function readCalendar(block: Block): HepsCalendar {
  const [cycleDays, runDays, studyWeekday, shiftHours, startsOnRunDay] = calendarFields.map((field) =>
    anInteger(block[field], `calendar.${field}`, field.endsWith('Day') || field === 'studyWeekday' ? 0 : 1),
  ) as [number, number, number, number, number];
  if (runDays > cycleDays) throw new InputError('calendar.runDays', `at most ${cycleDays}`, runDays);
  if (studyWeekday > 6) throw new InputError('calendar.studyWeekday', 'a day from 0 to 6', studyWeekday);
  if (24 % shiftHours !== 0) throw new InputError('calendar.shiftHours', 'a divisor of 24', shiftHours);
  if (startsOnRunDay >= runDays) throw new InputError('calendar.startsOnRunDay', `below ${runDays}`, startsOnRunDay);
  return { cycleDays, runDays, studyWeekday, shiftHours, startsOnRunDay };
}

function readProposals(block: Block): HepsParameters['proposals'] {
  const count = (field: string) => (key: string) => anInteger(Number(key), `proposals.${field}`, 1);
  return {
    shifts: weighted(block.shifts, 'proposals.shifts', count('shifts')),
    users: weighted(block.users, 'proposals.users', count('users')),
  };
}

function readBeamtime(block: Block): HepsParameters['beamtime'] {
  const [prepareH, startMeanH, tailMeanH, tailLongestH] = beamtimeFields.map((field) =>
    aNumber(block[field], `beamtime.${field}`),
  ) as [number, number, number, number];
  return { prepareH, startMeanH, tailMeanH, tailLongestH };
}

function readAnalysis(block: Block, rhythms: ReadonlyMap<string, Rhythm>): HepsParameters['analysis'] {
  return {
    fadeDays: aPositive(block.fadeDays, 'analysis.fadeDays'),
    longestDays: anInteger(block.longestDays, 'analysis.longestDays', 7),
    rhythm: lookUp(rhythms, block.rhythm, 'analysis.rhythm'),
  };
}

function readRhythm(value: Block, where: string): Rhythm {
  const block = reasoned(value, where, ['name', 'weekdays', 'hours']);
  return {
    weekdays: numbers(block.weekdays, `${where}.weekdays`, 7),
    hours: numbers(block.hours, `${where}.hours`, 24).map((weight, hour) => ({ value: hour, weight })),
  };
}

function readKind(value: Block, where: string): DesktopKind {
  const block = reasoned(value, where, ['name', 'images', 'lifetime', 'sizes']);
  const sizes = anArray(block.sizes, `${where}.sizes`).map((size, index) => readSize(size, `${where}.sizes[${index}]`));
  if (sizes.length === 0) throw new InputError(`${where}.sizes`, 'at least one size', block.sizes);
  return {
    name: aText(block.name, `${where}.name`),
    images: weighted(block.images, `${where}.images`, (image) => image),
    lifetime: readLifetime(block.lifetime, `${where}.lifetime`),
    sizes,
  };
}

function readLifetime(value: unknown, where: string): Lifetime {
  const block = anObject(value, where);
  noOtherFields(block, where, ['medianH', 'sigma', 'leastH', 'longestH']);
  const leastH = aPositive(block.leastH, `${where}.leastH`);
  return {
    medianH: aPositive(block.medianH, `${where}.medianH`),
    sigma: aNumber(block.sigma, `${where}.sigma`),
    leastH,
    longestH: aNumber(block.longestH, `${where}.longestH`, leastH),
  };
}

function readSize(value: unknown, where: string): Weighted<DesktopSize> {
  const block = anObject(value, where);
  noOtherFields(block, where, ['weight', 'vcpus', 'ramGib', 'diskGib', 'cards', 'cardMemoryMib', 'cardCores']);
  const count = (field: string, least: number) => anInteger(block[field], `${where}.${field}`, least);
  const cards = block.cards === undefined ? 0 : count('cards', 1);
  const size: DesktopSize = {
    vcpus: count('vcpus', 1),
    ramMib: count('ramGib', 1) * 1024,
    diskGib: count('diskGib', 0),
    cards,
    cardMemoryMib: cards === 0 ? 0 : count('cardMemoryMib', 0),
    cardCores: block.cardCores === undefined ? 0 : count('cardCores', 0),
    cardModels: [],
  };
  return { value: size, weight: aPositive(block.weight, `${where}.weight`) };
}

function readProfile(value: Block, where: string, kinds: ReadonlyMap<string, DesktopKind>): Profile {
  const block = reasoned(value, where, ['name', 'beamtimePerUser', 'analysisPerUser', 'beamtime', 'analysis']);
  const kindsOf = (field: string) =>
    weighted(block[field], `${where}.${field}`, (name) => lookUp(kinds, name, `${where}.${field}`));
  return {
    name: aText(block.name, `${where}.name`),
    beamtimePerUser: aNumber(block.beamtimePerUser, `${where}.beamtimePerUser`),
    analysisPerUser: aNumber(block.analysisPerUser, `${where}.analysisPerUser`),
    beamtime: kindsOf('beamtime'),
    analysis: kindsOf('analysis'),
  };
}

function readBeamline(block: Block, where: string, profiles: ReadonlyMap<string, Profile>): Beamline {
  noOtherFields(block, where, ['id', 'name', 'technique', 'profile']);
  return {
    id: aText(block.id, `${where}.id`),
    name: aText(block.name, `${where}.name`),
    technique: aText(block.technique, `${where}.technique`),
    profile: lookUp(profiles, block.profile, `${where}.profile`),
  };
}

function readEverydayUse(
  value: Block,
  where: string,
  rhythms: ReadonlyMap<string, Rhythm>,
  kinds: ReadonlyMap<string, DesktopKind>,
  beamlines: ReadonlyMap<string, Beamline>,
): EverydayUse {
  const fields = ['name', 'perWorkday', 'shutdownShare', 'rhythm', 'kinds', 'beamlines', 'people'];
  const block = reasoned(value, where, fields);
  const stations =
    block.beamlines === 'all'
      ? [...beamlines.values()]
      : anArray(block.beamlines, `${where}.beamlines`).map((id, i) =>
          lookUp(beamlines, id, `${where}.beamlines[${i}]`),
        );
  if (stations.length === 0) throw new InputError(`${where}.beamlines`, 'all, or at least one', block.beamlines);
  return {
    name: aText(block.name, `${where}.name`),
    perWorkday: aNumber(block.perWorkday, `${where}.perWorkday`),
    shutdownShare: aNumber(block.shutdownShare, `${where}.shutdownShare`),
    rhythm: lookUp(rhythms, block.rhythm, `${where}.rhythm`),
    kinds: weighted(block.kinds, `${where}.kinds`, (name) => lookUp(kinds, name, `${where}.kinds`)),
    beamlines: stations,
    people: anInteger(block.people, `${where}.people`, 1),
  };
}
