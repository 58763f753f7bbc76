/** Nova's view of the hosts: hypervisors, which have sizes, and services, which are up or down. */
import { aBoolean, anInteger, anObject, aText, oneOf } from '../../core/check.ts';
import { anyText, aTime, listOf, orNull } from './answer-values.ts';
import type { Service } from './service.ts';

/** Whether a service or host answers. */
export const states = ['up', 'down'] as const;
/** Whether a service may be given new servers. */
export const statuses = ['enabled', 'disabled'] as const;

/** A compute host as Nova sees it (`GET /os-hypervisors/detail`). */
export interface Hypervisor {
  /** The UUID of its resource provider in Placement too. */
  readonly id: string;
  /** The name of its resource provider too. */
  readonly name: string;
  /** The compute service's host, under which a server names it. */
  readonly host: string;
  readonly state: (typeof states)[number];
  readonly status: (typeof statuses)[number];
  readonly vcpus: number;
  /** As Nova counts, like the others that are used: below 0 where it has counted an end twice, as after a move that was reverted. */
  readonly vcpusUsed: number;
  readonly ramMib: number;
  /** With what is reserved for the host itself. */
  readonly ramUsedMib: number;
  readonly diskGib: number;
  readonly diskUsedGib: number;
}

/** A nova-compute service (`GET /os-services`). */
export interface ComputeService {
  readonly id: string;
  /** `nova-compute`, `nova-scheduler`, `nova-conductor`. */
  readonly binary: string;
  readonly host: string;
  readonly state: (typeof states)[number];
  readonly status: (typeof statuses)[number];
  readonly disabledReason: string | null;
  /** Said to be down by an admin, whatever it reports. */
  readonly isForcedDown: boolean;
  /** Its last report; null before the first. */
  readonly updatedAtS: number | null;
}

/** Admin only, as are the services. */
export function listHypervisors(nova: Service, pageSize?: number): AsyncGenerator<Hypervisor, void, undefined> {
  return nova.items(
    { path: '/os-hypervisors/detail', field: 'hypervisors', ...(pageSize !== undefined && { pageSize }) },
    readHypervisor,
  );
}

/** @param binary only those, such as `nova-compute` */
export function listServices(nova: Service, binary?: string): AsyncGenerator<ComputeService, void, undefined> {
  return nova.items({ path: '/os-services', field: 'services', query: { binary } }, readService);
}

/** A host aggregate (`GET /os-aggregates`). Placement has one of the same UUID, of the hosts' providers. */
export interface Aggregate {
  readonly uuid: string;
  readonly name: string;
  readonly hosts: readonly string[];
  /** Of hosts of a zone other than the default one; null where it is no zone. */
  readonly availabilityZone: string | null;
}

export async function listAggregates(nova: Service): Promise<Aggregate[]> {
  const call = { method: 'GET', path: '/os-aggregates' } as const;
  const read = (body: unknown) => listOf(anObject(body, 'body').aggregates, 'aggregates', readAggregate);
  return (await nova.request(call, read)).value;
}

function readAggregate(value: unknown, where: string): Aggregate {
  const aggregate = anObject(value, where);
  return {
    uuid: aText(aggregate.uuid, `${where}.uuid`),
    name: anyText(aggregate.name, `${where}.name`),
    hosts: listOf(aggregate.hosts, `${where}.hosts`, aText),
    availabilityZone: orNull(aggregate.availability_zone ?? null, `${where}.availability_zone`, aText),
  };
}

function readHypervisor(value: unknown, where: string): Hypervisor {
  const hypervisor = anObject(value, where);
  const size = (field: string) => anInteger(hypervisor[field], `${where}.${field}`);
  const used = (field: string) => anInteger(hypervisor[field], `${where}.${field}`, Number.MIN_SAFE_INTEGER);
  return {
    id: aText(hypervisor.id, `${where}.id`),
    name: aText(hypervisor.hypervisor_hostname, `${where}.hypervisor_hostname`),
    host: aText(anObject(hypervisor.service, `${where}.service`).host, `${where}.service.host`),
    state: oneOf(hypervisor.state, `${where}.state`, states),
    status: oneOf(hypervisor.status, `${where}.status`, statuses),
    vcpus: size('vcpus'),
    vcpusUsed: used('vcpus_used'),
    ramMib: size('memory_mb'),
    ramUsedMib: used('memory_mb_used'),
    diskGib: size('local_gb'),
    diskUsedGib: used('local_gb_used'),
  };
}

function readService(value: unknown, where: string): ComputeService {
  const service = anObject(value, where);
  return {
    id: aText(service.id, `${where}.id`),
    binary: aText(service.binary, `${where}.binary`),
    host: aText(service.host, `${where}.host`),
    state: oneOf(service.state, `${where}.state`, states),
    status: oneOf(service.status, `${where}.status`, statuses),
    disabledReason: orNull(service.disabled_reason, `${where}.disabled_reason`, anyText),
    isForcedDown: aBoolean(service.forced_down, `${where}.forced_down`),
    updatedAtS: orNull(service.updated_at, `${where}.updated_at`, aTime),
  };
}
