/** What a person asks the scheduler for: a server, by a flavor or by numbers, with cards or without. */
import { createHash } from 'node:crypto';
import { aBoolean, anArray, anInteger, anObject, aText, noOtherFields } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { requestFromFlavor, type VmRequest, vmRequest } from '../../core/request.ts';
import type { Flavor, Image, ServerVolume } from '../openstack/index.ts';
import { aliasesIn, cardKeys, stricterRequest } from './asked-request.ts';

/** A request for a server, with everything looked up that does not depend on the decision. */
export interface ServerSpec {
  readonly name: string;
  readonly imageId: string;
  readonly networks: readonly string[] | 'none';
  /** Base64. Kept no longer than it may still be needed for a create. */
  readonly userData?: string;
  /** SHA-256 of user data that were removed since the request is over, so that its key is still known to be its own. */
  readonly bootScriptSha256?: string;
  readonly keyName?: string;
  readonly configDrive?: boolean;
  /** Names or ids; the project's default where it is left out. */
  readonly securityGroups?: readonly string[];
  /** Volumes that it gets. */
  readonly volumes?: readonly ServerVolume[];
  /** The zone that it must be in; any where it is left out. */
  readonly availabilityZone?: string;
  /** Id of the server group that it belongs to: Nova judges its rules. */
  readonly serverGroup?: string;
  /** Traits that the image asks of the host; none where it is left out. */
  readonly imageTraits?: readonly string[];
  /** The caller's own; ours, with what is asked of cards, are added at the create. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The flavor that was named; null where numbers were given. */
  readonly flavor: Pick<Flavor, 'id' | 'name' | 'extraSpecs'> | null;
  /** Its `id` is the request's. */
  readonly request: VmRequest;
}

/** As it is kept of a request that is over: user data may hold secrets. */
export function withoutUserData(spec: ServerSpec): ServerSpec {
  const { userData, ...rest } = spec;
  return userData === undefined ? spec : { ...rest, bootScriptSha256: sha256(userData) };
}

/** Whether two requests ask for the same, whatever their ids, and whether or not one is over. */
export function isSameSpec(one: ServerSpec, other: ServerSpec): boolean {
  return comparedText(one) === comparedText(other);
}

function comparedText(spec: ServerSpec): string {
  const { request, bootScriptSha256, ...rest } = withoutUserData(spec);
  const { id: _, ...asked } = request;
  return JSON.stringify({ ...rest, asked, bootScriptSha256 });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The body of `POST /v1/servers`, checked on its own. */
export interface ServerBody
  extends Omit<ServerSpec, 'bootScriptSha256' | 'imageId' | 'imageTraits' | 'flavor' | 'request'> {
  /** Id, or a name that only one image has. */
  readonly image: string;
  /** Id or name of a flavor; null where `size` is given. */
  readonly flavor: string | null;
  readonly size: { readonly vcpus: number; readonly ramMib: number; readonly diskGib: number } | null;
  readonly gpu: {
    readonly count: number;
    readonly memoryMib: number;
    readonly cores: number;
    readonly models: readonly string[];
  } | null;
}

const fields = [
  'name',
  'image',
  'networks',
  'flavor',
  'size',
  'gpu',
  'userData',
  'keyName',
  'configDrive',
  'securityGroups',
  'volumes',
  'availabilityZone',
  'serverGroup',
  'metadata',
] as const;

/** Metadata of that prefix is the scheduler's. */
export const ourPrefix = 'heps:';

/** @throws InputError naming the field */
export function checkServerBody(value: unknown): ServerBody {
  const body = anObject(value, 'body');
  noOtherFields(body, '', fields);
  if ((body.flavor === undefined) === (body.size === undefined)) {
    throw new InputError('flavor', 'a flavor or a size, one of the two', body.flavor);
  }
  const userData = optional(body.userData, 'userData', aText);
  if (userData !== undefined && (userData.length > 65_535 || !/^[A-Za-z0-9+/\s]*=*\s*$/.test(userData))) {
    throw new InputError('userData', 'base64 of at most 65535 characters', `${userData.length} characters`);
  }
  return {
    name: shortText(body.name, 'name'),
    image: shortText(body.image, 'image'),
    networks: networksOf(body.networks),
    metadata: metadataOf(body.metadata),
    ...(userData !== undefined && { userData }),
    ...(body.keyName !== undefined && { keyName: shortText(body.keyName, 'keyName') }),
    ...(body.configDrive !== undefined && { configDrive: aBoolean(body.configDrive, 'configDrive') }),
    ...(body.securityGroups !== undefined && { securityGroups: namesOf(body.securityGroups, 'securityGroups') }),
    ...(body.volumes !== undefined && { volumes: volumesOf(body.volumes, 'volumes') }),
    ...(body.availabilityZone !== undefined && { availabilityZone: aZone(body.availabilityZone) }),
    ...(body.serverGroup !== undefined && { serverGroup: shortText(body.serverGroup, 'serverGroup') }),
    flavor: optional(body.flavor, 'flavor', shortText) ?? null,
    size: optional(body.size, 'size', sizeOf) ?? null,
    gpu: optional(body.gpu, 'gpu', gpuOf) ?? null,
  };
}

/**
 * Looks up the image and the flavor, and puts the request together: what the body asks of cards counts over the flavor's extra specs, and
 * what its metadata ask by the keys of OS::HEPS::GPU is added to that, the stricter of both.
 *
 * @param modelOf model of an alias; undefined for one that is not known
 * @throws InputError naming the field
 */
export function specOf(
  id: string,
  { flavor: flavorName, size, gpu, image, name: serverName, networks, metadata, ...rest }: ServerBody,
  images: readonly Image[],
  flavors: readonly Flavor[],
  modelOf: (alias: string) => string | undefined,
): ServerSpec {
  const { id: imageId, requiredTraits } = theOne(images, image, 'image');
  const imageTraits = requiredTraits.length > 0 && { imageTraits: requiredTraits };
  const gpuNumbers = gpu === null ? {} : gpuNumbersOf(gpu);
  const wished = Object.fromEntries(Object.entries(metadata).filter(([key]) => cardKeys.includes(key)));
  const own = Object.fromEntries(Object.entries(metadata).filter(([key]) => !cardKeys.includes(key)));
  const finished = (flavor: ServerSpec['flavor'], numbers: () => VmRequest): ServerSpec => {
    const request = stricterRequest(checked(numbers), wished, { modelOf });
    return { name: serverName, networks, metadata: own, ...rest, ...imageTraits, imageId, flavor, request };
  };
  if (size !== null) return finished(null, () => vmRequest({ id, ...size, ...gpuNumbers }));
  const flavor = theOne(flavors, flavorName!, 'flavor');
  const { id: flavorId, name, vcpus, ramMib, diskGib, extraSpecs } = flavor;
  const aliases = aliasesIn(extraSpecs['pci_passthrough:alias'] ?? '');
  const models = [...new Set(aliases.map(({ alias }) => modelNamed(alias, modelOf)))];
  const fromFlavor = requestFromFlavor(id, { vcpus, ram: ramMib, disk: diskGib }, withoutAnyModel(extraSpecs));
  return finished({ id: flavorId, name, extraSpecs }, () =>
    vmRequest({
      ...fromFlavor,
      // An alias names a kind of card, whatever else the flavor says.
      ...(models.length > 0 && { cardModels: models }),
      ...gpuNumbers,
    }),
  );
}

function modelNamed(alias: string, modelOf: (alias: string) => string | undefined): string {
  const model = modelOf(alias);
  if (model === undefined) {
    throw new InputError('flavor', 'one whose PCI alias is known (scheduling.aliases in the configuration)', alias);
  }
  return model;
}

/** Models by which flavors describe themselves may have other names than the catalogue's; the alias counts. */
function withoutAnyModel(extraSpecs: Readonly<Record<string, string>>): Record<string, string> {
  const { 'heps:gpu_model': model, ...others } = extraSpecs;
  const hasAlias = others['pci_passthrough:alias'] !== undefined;
  return hasAlias || model === undefined ? others : { ...others, 'heps:gpu_model': model };
}

function theOne<T extends { readonly id: string; readonly name: string }>(
  all: readonly T[],
  wanted: string,
  where: string,
): T {
  const byId = all.find(({ id }) => id === wanted);
  if (byId !== undefined) return byId;
  const named = all.filter(({ name }) => name === wanted);
  if (named.length === 1) return named[0]!;
  throw new InputError(where, `id or name of one that is there`, named.length === 0 ? wanted : `${wanted}, several`);
}

function gpuNumbersOf({ count, memoryMib, cores, models }: NonNullable<ServerBody['gpu']>) {
  return { cards: count, cardMemoryMib: memoryMib, cardCores: cores, ...(models.length > 0 && { cardModels: models }) };
}

function sizeOf(value: unknown, where: string) {
  const size = anObject(value, where);
  noOtherFields(size, where, ['vcpus', 'ramMib', 'diskGib']);
  return {
    vcpus: anInteger(size.vcpus, `${where}.vcpus`, 1),
    ramMib: anInteger(size.ramMib, `${where}.ramMib`, 1),
    diskGib: anInteger(size.diskGib ?? 0, `${where}.diskGib`),
  };
}

function gpuOf(value: unknown, where: string) {
  const gpu = anObject(value, where);
  noOtherFields(gpu, where, ['count', 'memoryMib', 'cores', 'models']);
  return {
    count: anInteger(gpu.count ?? 1, `${where}.count`, 1),
    memoryMib: anInteger(gpu.memoryMib ?? 0, `${where}.memoryMib`),
    cores: anInteger(gpu.cores ?? 0, `${where}.cores`),
    models: anArray(gpu.models ?? [], `${where}.models`).map((name, index) =>
      shortText(name, `${where}.models[${index}]`),
    ),
  };
}

function networksOf(value: unknown): readonly string[] | 'none' {
  if (value === undefined || value === 'none') return 'none';
  return anArray(value, 'networks').map((id, index) => shortText(id, `networks[${index}]`));
}

function namesOf(value: unknown, where: string): readonly string[] {
  return anArray(value, where).map((name, index) => shortText(name, `${where}[${index}]`));
}

/** @throws InputError, also where two of them would be booted from */
export function volumesOf(value: unknown, where: string): readonly ServerVolume[] {
  const volumes = anArray(value, where).map((item, index) => {
    const at = `${where}[${index}]`;
    const volume = anObject(item, at);
    noOtherFields(volume, at, ['id', 'boots', 'deleteWithServer']);
    return {
      id: shortText(volume.id, `${at}.id`),
      ...(volume.boots !== undefined && { boots: aBoolean(volume.boots, `${at}.boots`) }),
      ...(volume.deleteWithServer !== undefined && {
        deleteWithServer: aBoolean(volume.deleteWithServer, `${at}.deleteWithServer`),
      }),
    };
  });
  if (volumes.filter(({ boots }) => boots).length > 1) throw new InputError(where, 'at most one that boots', 'several');
  return volumes;
}

function metadataOf(value: unknown): Record<string, string> {
  const metadata = Object.entries(value === undefined ? {} : anObject(value, 'metadata'));
  // Nova takes 128, ours included.
  if (metadata.length > 100) throw new InputError('metadata', 'at most 100 items', metadata.length);
  for (const [key, item] of metadata) {
    if (!/^[a-zA-Z0-9_:. -]{1,255}$/.test(key)) throw new InputError('metadata', 'keys of letters, digits, -_:. ', key);
    if (key.startsWith(ourPrefix) && !cardKeys.includes(key)) {
      const expected = `keys that do not begin with ${ourPrefix}, or one of ${cardKeys.join(', ')}`;
      throw new InputError('metadata', expected, key);
    }
    if (typeof item !== 'string' || item.length > 255) {
      throw new InputError(`metadata.${key}`, 'a text of at most 255 characters', item);
    }
  }
  return Object.fromEntries(metadata) as Record<string, string>;
}

/** Nova reads a colon as a host that is forced, past all filters. */
function aZone(value: unknown): string {
  const zone = shortText(value, 'availabilityZone');
  if (zone.includes(':')) throw new InputError('availabilityZone', 'a zone without a host', zone);
  return zone;
}

function shortText(value: unknown, where: string): string {
  const text = aText(value, where);
  if (text.length > 255) throw new InputError(where, 'at most 255 characters', text);
  return text;
}

function optional<T>(value: unknown, where: string, check: (value: unknown, where: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : check(value, where);
}

/** What `vmRequest` says is about the numbers of the body. */
function checked(make: () => VmRequest): VmRequest {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw InputError.saying(`gpu: ${error.message}`);
    throw error;
  }
}
