/**
 * What nova-scheduler asks Placement for a server, as far as its flavor, its image and its zone say it (nova/scheduler/utils.py,
 * `ResourceRequest`). Where more is asked than is understood here, this asks for less: Nova has the last word.
 */
import type { CandidateQuery, ResourceGroup } from '../openstack/index.ts';
import type { ServerSpec } from './server-spec.ts';

/** A server as far as Placement is concerned. */
export type PlacedSpec = Pick<ServerSpec, 'flavor' | 'request' | 'imageTraits'>;

/** `resources:VGPU`, `trait1:CUSTOM_X`: what, suffix of the group, resource class or trait. */
const groupKey = /^(resources|trait)([a-zA-Z0-9_-]{0,64}):(.+)$/;

/** @param memberOf aggregates of the zone that is asked for; null without one */
export function placementQuestion(
  { flavor, request, imageTraits = [] }: PlacedSpec,
  memberOf: readonly string[] | null,
): Omit<CandidateQuery, 'inTree'> {
  const extraSpecs = flavor?.extraSpecs ?? {};
  const groups = new Map<string, { resources: Record<string, number>; required: string[]; forbidden: string[] }>();
  const groupOf = (suffix: string) => {
    const known = groups.get(suffix) ?? { resources: {}, required: [], forbidden: [] };
    groups.set(suffix, known);
    return known;
  };
  const own = groupOf('');
  // CPUs that are pinned, or some of them, are another class, for which Nova asks twice.
  if (extraSpecs['hw:cpu_policy'] === undefined || extraSpecs['hw:cpu_policy'] === 'shared') {
    own.resources.VCPU = request.vcpus;
  }
  own.resources.MEMORY_MB = request.ramMib;
  own.resources.DISK_GB = request.diskGib;
  for (const [key, value] of Object.entries(extraSpecs)) {
    const [, kind, suffix, name] = groupKey.exec(key) ?? [];
    if (kind === 'resources' && /^\d{1,9}$/.test(value)) groupOf(suffix!).resources[name!] = Number(value);
    else if (kind === 'trait' && value === 'required') groupOf(suffix!).required.push(name!);
    else if (kind === 'trait' && value === 'forbidden') groupOf(suffix!).forbidden.push(name!);
  }
  for (const trait of imageTraits) if (!own.required.includes(trait)) own.required.push(trait);
  for (const { resources } of groups.values()) {
    for (const [name, amount] of Object.entries(resources)) if (amount === 0) delete resources[name];
  }
  groups.delete('');
  const others = Object.fromEntries([...groups].filter(([, group]) => hasResources(group)));
  const policy = extraSpecs.group_policy ?? null;
  return { ...own, groups: others, groupPolicy: policy ?? (Object.keys(others).length > 1 ? 'none' : null), memberOf };
}

function hasResources({ resources }: ResourceGroup): boolean {
  return Object.keys(resources).length > 0;
}

/** What of the request only Nova can judge, in the words of its flavor: for who is refused by Nova. */
export function leftToNova({ flavor, serverGroup }: Pick<ServerSpec, 'flavor' | 'serverGroup'>): string[] {
  const ours = /^(heps:|pci_passthrough:alias$|resources|trait)/;
  const keys = Object.keys(flavor?.extraSpecs ?? {}).filter((key) => !ours.test(key));
  return [...(serverGroup === undefined ? [] : ['the server group']), ...keys, 'the image'];
}
