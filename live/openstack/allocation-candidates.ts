/** Which hosts Placement has room on for a server: the question that nova-scheduler begins with. */
import { anArray, anObject, aText } from '../../core/check.ts';
import { byName, orNull } from './answer-values.ts';
import { compareVersions, type Microversion } from './microversion.ts';
import type { Service } from './service.ts';

/** What is asked for from one provider of a tree. */
export interface ResourceGroup {
  /** By resource class. */
  readonly resources: Readonly<Record<string, number>>;
  /** Traits that the provider must have. */
  readonly required: readonly string[];
  /** Traits that it must not have. */
  readonly forbidden: readonly string[];
}

/** `GET /allocation_candidates`. */
export interface CandidateQuery extends ResourceGroup {
  /** Groups that may come from other providers of the same tree, by suffix: `resources1`, `required1`. */
  readonly groups: Readonly<Record<string, ResourceGroup>>;
  /** `none` or `isolate`; null where there is at most one group. */
  readonly groupPolicy: string | null;
  /** Of the aggregates' UUIDs the provider must be in one; null: in any or none. */
  readonly memberOf: readonly string[] | null;
  /** Only the tree with this provider in it; null: all. */
  readonly inTree: string | null;
}

/** Nova puts it on hosts whose service is disabled, at once. */
export const disabledTrait = 'COMPUTE_STATUS_DISABLED';

/** Ids of the hosts, which are the roots of the trees that would do. A service that is disabled is left out, as Nova does. */
export async function listCandidates(
  placement: Service,
  version: Microversion,
  query: CandidateQuery,
): Promise<ReadonlySet<string>> {
  const { groups, groupPolicy, memberOf, inTree } = query;
  // `root_required` came with 1.35; before, what has no suffix is asked of the host itself in all but odd trees.
  const hasRoot = compareVersions(version, '1.35') >= 0;
  const parameters: Record<string, string | number | undefined> = {
    ...groupParameters('', hasRoot ? query : { ...query, forbidden: [...query.forbidden, disabledTrait] }),
    ...(hasRoot && { root_required: `!${disabledTrait}` }),
    group_policy: groupPolicy ?? undefined,
    member_of: memberOf === null ? undefined : `in:${memberOf.join(',')}`,
    in_tree: inTree ?? undefined,
    limit: inTree === null ? undefined : 1,
  };
  for (const [suffix, group] of Object.entries(groups)) Object.assign(parameters, groupParameters(suffix, group));
  const call = { method: 'GET', path: '/allocation_candidates', query: parameters } as const;
  return (await placement.request(call, readHosts)).value;
}

function groupParameters(suffix: string, { resources, required, forbidden }: ResourceGroup): Record<string, string> {
  const amounts = Object.entries(resources).map(([name, amount]) => `${name}:${amount}`);
  const traits = [...required, ...forbidden.map((trait) => `!${trait}`)];
  return {
    ...(amounts.length > 0 && { [`resources${suffix}`]: amounts.join(',') }),
    ...(traits.length > 0 && { [`required${suffix}`]: traits.join(',') }),
  };
}

function readHosts(value: unknown): ReadonlySet<string> {
  const body = anObject(value, 'body');
  const roots = byName(body.provider_summaries, 'provider_summaries', (summary, where) =>
    orNull(anObject(summary, where).root_provider_uuid ?? null, `${where}.root_provider_uuid`, aText),
  );
  const ids = anArray(body.allocation_requests, 'allocation_requests').flatMap((item, index) => {
    const where = `allocation_requests[${index}]`;
    const request = anObject(item, where);
    return Object.keys(anObject(request.allocations, `${where}.allocations`));
  });
  return new Set(ids.map((id) => roots[id] ?? id));
}
