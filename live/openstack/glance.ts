/** Glance: the images to boot from, and the metadata definitions that Horizon offers. */
import { aBoolean, anInteger, anObject, aText, oneOf } from '../../core/check.ts';
import { anyText, byName, listOf, orNull } from './answer-values.ts';
import { isNotFound } from './errors.ts';
import { type Service, serviceOf } from './service.ts';
import type { Session } from './session.ts';

/** An image (`GET /v2/images`). */
export interface Image {
  readonly id: string;
  readonly name: string;
  /** `active` when it can be booted. */
  readonly status: string;
  /** What a flavor must have at least. */
  readonly minRamMib: number;
  readonly minDiskGib: number;
  /** Traits that the host must have, of the image's properties `trait:NAME=required`. */
  readonly requiredTraits: readonly string[];
}

/** A namespace of metadata definitions, in Glance's own words: see "Metadata Definitions" in its API reference. */
export interface MetadataNamespace {
  /** `OS::HEPS::GPU`. */
  readonly namespace: string;
  readonly display_name: string;
  readonly description: string;
  readonly visibility: 'public' | 'private';
  /** A protected one cannot be deleted until it is no longer. */
  readonly protected: boolean;
  readonly resource_type_associations: readonly {
    /** `OS::Nova::Flavor`. */
    readonly name: string;
    /** Put before each property's name. */
    readonly prefix?: string;
    readonly properties_target?: string;
  }[];
  /** JSON schema of each property, by name; Glance gives a `default` back as a text, whatever it came as. */
  readonly properties: Readonly<Record<string, object>>;
}

/** An interface, so that an in-memory cloud can stand in. */
export interface Glance {
  listImages(pageSize?: number): AsyncIterable<Image>;
  /** Null where there is none, or none that the caller may see. */
  showNamespace(name: string): Promise<MetadataNamespace | null>;
  /** Admin only; a 409 where it exists. */
  createNamespace(namespace: MetadataNamespace): Promise<void>;
  /** With everything in it, protected or not. */
  deleteNamespace(name: string): Promise<void>;
}

/** The image service of the cloud; nothing is asked yet. */
export function openGlance(session: Session): Glance {
  const glance = serviceOf(session, 'image', null);
  return {
    listImages: (pageSize) =>
      glance.items({ path: '/v2/images', field: 'images', ...(pageSize !== undefined && { pageSize }) }, readImage),
    showNamespace: (name) => showNamespace(glance, name),
    async createNamespace(namespace) {
      await glance.request({ method: 'POST', path: namespaces, body: namespace }, () => undefined);
    },
    async deleteNamespace(name) {
      const found = await showNamespace(glance, name);
      if (found?.protected) {
        const body = { namespace: name, protected: false };
        await glance.request({ method: 'PUT', path: namespacePath(name), body }, () => undefined);
      }
      await glance.request({ method: 'DELETE', path: namespacePath(name) }, () => undefined);
    },
  };
}

const namespaces = '/v2/metadefs/namespaces';

async function showNamespace(glance: Service, name: string): Promise<MetadataNamespace | null> {
  try {
    return (await glance.request({ method: 'GET', path: namespacePath(name) }, readNamespace)).value;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

function namespacePath(name: string): string {
  return `${namespaces}/${encodeURIComponent(name)}`;
}

function readImage(value: unknown, where: string): Image {
  const image = anObject(value, where);
  return {
    id: aText(image.id, `${where}.id`),
    name: orNull(image.name, `${where}.name`, anyText) ?? '',
    status: aText(image.status, `${where}.status`),
    minRamMib: anInteger(image.min_ram, `${where}.min_ram`),
    minDiskGib: anInteger(image.min_disk, `${where}.min_disk`),
    requiredTraits: Object.entries(image)
      .filter(([key, item]) => key.startsWith('trait:') && item === 'required')
      .map(([key]) => key.slice('trait:'.length)),
  };
}

function readNamespace(body: unknown): MetadataNamespace {
  const namespace = anObject(body, 'body');
  const text = (field: string) => orNull(namespace[field], field, anyText) ?? '';
  return {
    namespace: aText(namespace.namespace, 'namespace'),
    display_name: text('display_name'),
    description: text('description'),
    visibility: oneOf(namespace.visibility, 'visibility', ['public', 'private']),
    protected: aBoolean(namespace.protected, 'protected'),
    resource_type_associations: listOf(namespace.resource_type_associations ?? [], 'associations', readAssociation),
    properties: byName(namespace.properties ?? {}, 'properties', anObject),
  };
}

function readAssociation(value: unknown, where: string): MetadataNamespace['resource_type_associations'][number] {
  const association = anObject(value, where);
  const { prefix, properties_target: target } = association;
  return {
    name: aText(association.name, `${where}.name`),
    ...(prefix !== undefined && prefix !== null && { prefix: anyText(prefix, `${where}.prefix`) }),
    ...(target !== undefined && target !== null && { properties_target: aText(target, `${where}.properties_target`) }),
  };
}
