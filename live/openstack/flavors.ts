/** Nova's flavors: list with extra specs, create, delete. */
import { aBoolean, anInteger, anObject, aText } from '../../core/check.ts';
import { anyText, orNull, textsByName } from './answer-values.ts';
import { OpenStackError } from './errors.ts';
import type { Service } from './service.ts';

/** A flavor with its extra specs (`GET /flavors/detail`). */
export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
  readonly isPublic: boolean;
  readonly description: string | null;
  readonly extraSpecs: Readonly<Record<string, string>>;
}

/** The name must be new: 409 otherwise. */
export type NewFlavor = Omit<Flavor, 'id' | 'extraSpecs'>;

/** Public and private ones alike; admin only. */
export function listFlavors(nova: Service, pageSize?: number): AsyncGenerator<Flavor, void, undefined> {
  const query = { is_public: 'None' };
  return nova.items(
    { path: '/flavors/detail', field: 'flavors', query, ...(pageSize !== undefined && { pageSize }) },
    readFlavor,
  );
}

/** The new flavor, without extra specs. Never sent twice where Nova may have taken the first one. */
export async function createFlavor(nova: Service, flavor: NewFlavor): Promise<Flavor> {
  const { name, vcpus, ramMib, diskGib, isPublic, description } = flavor;
  const body = {
    flavor: { name, vcpus, ram: ramMib, disk: diskGib, description, 'os-flavor-access:is_public': isPublic },
  };
  const call = { method: 'POST', path: '/flavors', body } as const;
  return (await nova.request(call, (answer) => readFlavor(anObject(answer, 'body').flavor, 'flavor'))).value;
}

/** Adds these, or overwrites those of the same name; others stay. */
export async function setFlavorExtraSpecs(
  nova: Service,
  id: string,
  extraSpecs: Readonly<Record<string, string>>,
): Promise<void> {
  const path = `/flavors/${encodeURIComponent(id)}/os-extra_specs`;
  const call = { method: 'POST', path, body: { extra_specs: extraSpecs }, repeatable: true } as const;
  await nova.request(call, (body) => textsByName(anObject(body, 'body').extra_specs, 'extra_specs'));
}

/** Servers made from it keep a copy. */
export async function deleteFlavor(nova: Service, id: string): Promise<void> {
  await nova.request({ method: 'DELETE', path: `/flavors/${encodeURIComponent(id)}` }, () => undefined);
}

/** Lets a project use a private flavor; one that may already stays as it is. */
export async function letUseFlavor(nova: Service, id: string, projectId: string): Promise<void> {
  const body = { addTenantAccess: { tenant: projectId } };
  const call = { method: 'POST', path: `/flavors/${encodeURIComponent(id)}/action`, body, repeatable: true } as const;
  try {
    await nova.request(call, () => undefined);
  } catch (error) {
    if (!(error instanceof OpenStackError && error.status === 409)) throw error;
  }
}

function readFlavor(value: unknown, where: string): Flavor {
  const flavor = anObject(value, where);
  return {
    id: aText(flavor.id, `${where}.id`),
    name: aText(flavor.name, `${where}.name`),
    vcpus: anInteger(flavor.vcpus, `${where}.vcpus`),
    ramMib: anInteger(flavor.ram, `${where}.ram`),
    diskGib: anInteger(flavor.disk, `${where}.disk`),
    isPublic: aBoolean(flavor['os-flavor-access:is_public'], `${where}.os-flavor-access:is_public`),
    description: orNull(flavor.description, `${where}.description`, anyText),
    extraSpecs: orNull(flavor.extra_specs, `${where}.extra_specs`, textsByName) ?? {},
  };
}
