/** Puts the metadata definitions into Glance, or takes them out. Done twice it is as done once. */
import { isDeepStrictEqual } from 'node:util';
import type { Glance, MetadataNamespace } from '../openstack/index.ts';
import { gpuNamespace } from './gpu-namespace.ts';

/** What is to be done. */
export type InstallPlan = 'create' | 'replace' | 'nothing';

export async function planInstall(glance: Glance): Promise<InstallPlan> {
  const found = await glance.showNamespace(gpuNamespace.namespace);
  if (found === null) return 'create';
  return isDeepStrictEqual(comparable(found), comparable(gpuNamespace)) ? 'nothing' : 'replace';
}

/** Glance changes a namespace field by field, so one that differs is deleted and recreated; between the two steps there is none. */
export async function install(glance: Glance, plan: InstallPlan): Promise<void> {
  if (plan === 'nothing') return;
  if (plan === 'replace') await glance.deleteNamespace(gpuNamespace.namespace);
  await glance.createNamespace(gpuNamespace);
}

/** @returns whether there was anything */
export async function uninstall(glance: Glance): Promise<boolean> {
  if ((await glance.showNamespace(gpuNamespace.namespace)) === null) return false;
  await glance.deleteNamespace(gpuNamespace.namespace);
  return true;
}

/** Without what Glance adds or writes in another way: a default comes back as a text, fields that were not given as null or []. */
function comparable(namespace: MetadataNamespace): unknown {
  const associations = [...namespace.resource_type_associations].sort((a, b) => (a.name < b.name ? -1 : 1));
  const properties = Object.entries(namespace.properties).map(([name, schema]) => {
    const wanted = Object.keys(gpuNamespace.properties[name] ?? schema).sort();
    return [name, wanted.map((field) => [field, asText((schema as Record<string, unknown>)[field])])] as const;
  });
  return {
    ...namespace,
    resource_type_associations: associations,
    properties: properties.sort((a, b) => (a[0] < b[0] ? -1 : 1)),
  };
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
