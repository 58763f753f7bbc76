/** A cloud in memory that speaks HTTP as Keystone, Nova, Placement and Glance do, with faults that a test orders. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { modelNamed } from '../../../core/card-catalogue.ts';
import type { CloudConfiguration } from '../../../live/openstack/index.ts';
import { aliasesOf } from '../../../live/scheduling/aliases.ts';
import { aliasesIn } from '../../../live/scheduling/asked-request.ts';
import { passwordCloud } from '../openstack/stub-cloud.ts';
import { CloudState, type MemoryFlavor, type MemoryHost, type MemoryServer } from './cloud-state.ts';

export interface MemoryCloudOptions {
  readonly hosts: readonly MemoryHost[];
  /** Milliseconds to build a server; asked once for each. Defaults to 20. */
  readonly buildMs?: () => number;
  /** Milliseconds before an answer. Defaults to 0. */
  readonly answerMs?: () => number;
  /** Whether Placement has a provider for each card. Defaults to true. */
  readonly pciInPlacement?: boolean;
  /** Of the servers' times, Unix milliseconds. Defaults to the real time. */
  readonly nowMs?: () => number;
}

/** What goes wrong with requests that fit: an answer in place of what was asked, or a cut connection before or after it is done. */
export interface Fault {
  readonly method: string;
  readonly path: RegExp;
  readonly outcome: number | 'cut-before' | 'cut-after' | 'silence-after';
  /** How often. Defaults to 1. */
  times?: number;
}

/** Somebody who may log in, by her token. */
export interface MemoryPerson {
  readonly userId: string;
  readonly projectId: string;
  readonly roles: readonly string[];
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

interface MemoryProvider {
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  readonly host: string;
  /** Of the card; null for a host. */
  readonly address: string | null;
  readonly resourceClass: string;
}

type Handler = (parts: string[], query: URLSearchParams, body: Record<string, unknown>) => Reply;

export class MemoryCloud {
  readonly state: CloudState;
  readonly configuration: CloudConfiguration;
  /** `POST /compute/servers` and the like, in order. */
  readonly asked: string[] = [];
  readonly #options: Required<MemoryCloudOptions>;
  readonly #server: Server;
  readonly #url: string;
  readonly #faults: Fault[] = [];
  readonly #routes: [string, RegExp, Handler][];
  readonly #providers = new Map<string, MemoryProvider>();
  /** By token. */
  readonly #people = new Map<string, MemoryPerson>();
  /** Projects that may use private flavors: `FLAVOR PROJECT`. */
  readonly #flavorUses = new Set<string>();
  /** Servers at a time, by project. */
  readonly quotas = new Map<string, number>();
  /** PCI aliases that nova.conf does not have. */
  readonly lackedAliases = new Set<string>();
  /** Bodies of the creates that were taken, in order. */
  readonly orders: Record<string, unknown>[] = [];
  /** Who sent the request that is being answered; null for the scheduler's login. */
  #caller: MemoryPerson | null = null;
  #tokens = 0;
  #leastToken = 1;

  static async start(options: MemoryCloudOptions): Promise<MemoryCloud> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new MemoryCloud(server, {
      buildMs: () => 20,
      answerMs: () => 0,
      pciInPlacement: true,
      nowMs: Date.now,
      ...options,
    });
  }

  private constructor(server: Server, options: Required<MemoryCloudOptions>) {
    this.#server = server;
    this.#options = options;
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.state = new CloudState(options.hosts, options.nowMs);
    for (const { id, spec } of this.state.hosts.values()) {
      this.#providers.set(id, {
        id,
        name: spec.name,
        parent: null,
        host: spec.name,
        address: null,
        resourceClass: 'VCPU',
      });
      if (!options.pciInPlacement) continue;
      for (const { alias, address } of spec.cards) {
        const card = { id: randomUUID(), name: `${spec.name}_${address}`, parent: id, host: spec.name, address };
        this.#providers.set(card.id, { ...card, resourceClass: pciClassOf(alias) });
      }
    }
    this.configuration = passwordCloud('memory', this.#url);
    this.#routes = this.#makeRoutes();
    // A client that was killed in the middle of its request gets none.
    server.on('request', (request, response) => void this.#answer(request, response).catch(() => response.destroy()));
  }

  /** For a process: the environment with which it finds this cloud, under the name `memory`. */
  environment(folder: string): Record<string, string> {
    const auth = { auth_url: `${this.#url}/v3`, username: 'admin', password: 'a-secret', project_name: 'admin' };
    const domains = { user_domain_id: 'default', project_domain_id: 'default' };
    const file = join(folder, 'clouds.yaml');
    writeFileSync(file, stringify({ clouds: { memory: { auth: { ...auth, ...domains } } } }));
    return { OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: 'memory' };
  }

  failNext(fault: Fault): void {
    this.#faults.push({ times: 1, ...fault });
  }

  /** What goes wrong no longer does. */
  forgetFaults(): void {
    this.#faults.length = 0;
  }

  /** The next use of any token is a 401. */
  revokeTokens(): void {
    this.#leastToken = this.#tokens + 1;
  }

  /** @returns her token */
  addPerson(person: MemoryPerson): string {
    const token = `of-${person.userId}-${this.#people.size}`;
    this.#people.set(token, person);
    return token;
  }

  /** Her token is over, or was revoked. */
  endToken(token: string): void {
    this.#people.delete(token);
  }

  addFlavor(flavor: Partial<MemoryFlavor> & Pick<MemoryFlavor, 'name'>): MemoryFlavor {
    const size = { vcpus: 4, ram: 16_384, disk: 0, isPublic: true, description: null, extraSpecs: {} };
    const made = { id: randomUUID(), ...size, ...flavor };
    this.state.flavors.set(made.id, made);
    return made;
  }

  /** A server of somebody else's, running at once. */
  bootForeign(
    flavor: MemoryFlavor,
    host: string | null = null,
    metadata: Record<string, string> = {},
    owner = { projectId: 'theirs', userId: 'them' },
  ): MemoryServer {
    const server = this.state.create('foreign', flavor, metadata, owner);
    this.state.place(server, host);
    this.state.finish(server);
    return server;
  }

  /** Servers that are not deleted. */
  get alive(): MemoryServer[] {
    return [...this.state.servers.values()].filter(({ status }) => status !== 'DELETED');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { pathname, searchParams } = new URL(request.url!, this.#url);
    const line = `${request.method} ${pathname}`;
    this.asked.push(line);
    const delayMs = this.#options.answerMs();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const fault = this.#faults.find(({ method, path }) => method === request.method && path.test(pathname));
    if (fault !== undefined && --fault.times! === 0) this.#faults.splice(this.#faults.indexOf(fault), 1);
    if (fault?.outcome === 'cut-before') return void request.socket.destroy();
    if (typeof fault?.outcome === 'number') {
      return send(response, {
        status: fault.outcome,
        body: { fault: { code: fault.outcome, message: 'ordered by the test' } },
      });
    }
    const reply = this.#reply(request, pathname, searchParams, text);
    if (fault?.outcome === 'cut-after') return void request.socket.destroy();
    if (fault?.outcome === 'silence-after') return;
    send(response, reply, reply.status === 201 && pathname === '/v3/auth/tokens' ? `t-${this.#tokens}` : undefined);
  }

  #reply(request: IncomingMessage, path: string, query: URLSearchParams, text: string): Reply {
    const shown = String(request.headers['x-auth-token'] ?? '');
    this.#caller = this.#people.get(shown) ?? null;
    if (path === '/v3/auth/tokens' && request.method === 'GET') {
      return this.#showToken(this.#people.get(String(request.headers['x-subject-token'] ?? '')));
    }
    if (path !== '/v3/auth/tokens' && this.#caller === null) {
      const number = Number(/^t-(\d+)$/.exec(shown)?.[1] ?? 0);
      if (number < this.#leastToken) return { status: 401, body: { error: { code: 401, message: 'Unauthorized' } } };
    }
    for (const [method, pattern, handler] of this.#routes) {
      const match = method === request.method ? pattern.exec(path) : null;
      if (match !== null)
        return handler(match.slice(1), query, text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
    }
    return notFound('nothing here');
  }

  #makeRoutes(): [string, RegExp, Handler][] {
    const { state } = this;
    const nova = (at: string) => new RegExp(`^/compute${at}$`);
    const placement = (at: string) => new RegExp(`^/placement${at}$`);
    return [
      ['POST', /^\/v3\/auth\/tokens$/, () => this.#token()],
      ['GET', nova('/'), () => ok({ version: { min_version: '2.1', version: '2.93' } })],
      ['GET', placement('/'), () => ok({ versions: [{ min_version: '1.0', max_version: '1.39' }] })],
      ['GET', nova('/servers/detail'), (_, query) => this.#listServers(query)],
      [
        'POST',
        nova('/servers'),
        (_, __, body) => this.#create(body.server as Record<string, unknown>, body['os:scheduler_hints'] as object),
      ],
      [
        'GET',
        nova('/servers/([^/]+)'),
        ([id]) => this.#withServer(id!, (server) => ok({ server: this.#shown(server) })),
      ],
      [
        'DELETE',
        nova('/servers/([^/]+)'),
        ([id]) =>
          this.#withServer(id!, (server) => {
            setTimeout(() => state.delete(server), this.#options.buildMs() / 2).unref();
            return { status: 204 };
          }),
      ],
      [
        'GET',
        nova('/servers/([^/]+)/ips'),
        ([id]) =>
          this.#withServer(id!, ({ address }) => ok({ addresses: { private: [{ version: 4, addr: address }] } })),
      ],
      [
        'POST',
        nova('/servers/([^/]+)/action'),
        ([id], _, body) => this.#withServer(id!, (server) => this.#act(server, Object.keys(body)[0]!)),
      ],
      [
        'POST',
        nova('/servers/([^/]+)/remote-consoles'),
        ([id]) =>
          this.#withServer(id!, () =>
            ok({ remote_console: { protocol: 'vnc', type: 'novnc', url: `${this.#url}/vnc_lite.html?token=t-${id}` } }),
          ),
      ],
      [
        'GET',
        nova('/flavors/detail'),
        (_, query) =>
          page(
            [...state.flavors.values()].filter((each) => this.#mayUse(each)),
            query,
            'flavors',
            shownFlavor,
          ),
      ],
      [
        'POST',
        nova('/flavors/([^/]+)/action'),
        ([id], _, body) => {
          this.#flavorUses.add(`${id} ${(body.addTenantAccess as { tenant: string }).tenant}`);
          return ok({ flavor_access: [] });
        },
      ],
      ['POST', nova('/flavors'), (_, __, body) => this.#createFlavor(body.flavor as Record<string, unknown>)],
      [
        'POST',
        nova('/flavors/([^/]+)/os-extra_specs'),
        ([id], _, body) => {
          const flavor = state.flavors.get(id!);
          if (flavor === undefined) return notFound(`Flavor ${id} could not be found.`);
          Object.assign(flavor.extraSpecs, body.extra_specs);
          return ok({ extra_specs: flavor.extraSpecs });
        },
      ],
      [
        'DELETE',
        nova('/flavors/([^/]+)'),
        ([id]) => (state.flavors.delete(id!) ? { status: 202 } : notFound('no flavor')),
      ],
      ['GET', nova('/os-hypervisors/detail'), (_, query) => this.#listHypervisors(query)],
      ['GET', nova('/os-aggregates'), () => this.#listAggregates()],
      ['GET', placement('/allocation_candidates'), (_, query) => this.#listCandidates(query)],
      ['GET', placement('/resource_providers'), (_, query) => this.#listProviders(query)],
      ['GET', placement('/resource_providers/([^/]+)/inventories'), ([id]) => this.#inventories(id!)],
      ['GET', placement('/allocations/([^/]+)'), ([id]) => this.#allocations(id!)],
      ['GET', placement('/resource_providers/([^/]+)/allocations'), ([id]) => this.#holders(id!)],
      ['GET', nova('/os-migrations'), (_, query) => this.#listMoves(query)],
      [
        'GET',
        /^\/image\/v2\/images$/,
        () => ok({ images: [{ id: 'image-1', name: 'tiny', status: 'active', min_ram: 0, min_disk: 0 }] }),
      ],
    ];
  }

  #token(): Reply {
    this.#tokens++;
    const catalog = ['compute', 'placement', 'image'].map((type) => ({
      type,
      endpoints: [{ interface: 'public', region: 'One', url: `${this.#url}/${type}` }],
    }));
    const [issued_at, expires_at] = ['2026-01-01T00:00:00.000000Z', '2026-01-01T01:00:00.000000Z'];
    const owner = { project: { id: 'project', name: 'service' }, user: { id: 'user', name: 'heps' } };
    return { status: 201, body: { token: { issued_at, expires_at, catalog, ...owner } } };
  }

  #showToken(person: MemoryPerson | undefined): Reply {
    if (person === undefined) return { status: 404, body: { error: { code: 404, message: 'no such token' } } };
    const { userId, projectId, roles } = person;
    const owner = {
      user: { id: userId, name: `${userId} by name` },
      project: { id: projectId, name: `${projectId} by name` },
    };
    const times = { issued_at: '2026-01-01T00:00:00.000000Z', expires_at: '2099-01-01T00:00:00.000000Z' };
    return ok({ token: { ...times, ...owner, roles: roles.map((name) => ({ name })) } });
  }

  #mayUse({ id, isPublic }: MemoryFlavor): boolean {
    return this.#caller === null || isPublic || this.#flavorUses.has(`${id} ${this.#caller.projectId}`);
  }

  #act(server: MemoryServer, action: string): Reply {
    const isDone =
      action === 'reboot'
        ? server.status === 'ACTIVE'
        : this.state.switchTo(server, action === 'os-start' ? 'ACTIVE' : 'SHUTOFF');
    const message = `Cannot '${action}' instance ${server.id} while it is in vm_state ${server.status}`;
    return isDone ? { status: 202 } : { status: 409, body: { conflictingRequest: { code: 409, message } } };
  }

  #create(order: Record<string, unknown>, hints?: { group?: string }): Reply {
    const { state } = this;
    const flavor = state.flavors.get(String(order.flavorRef));
    if (flavor === undefined || !this.#mayUse(flavor))
      return bad(`Flavor ${String(order.flavorRef)} could not be found.`);
    if (order.host !== undefined && !/^[a-zA-Z0-9-._]*$/.test(String(order.host))) {
      return bad(`Invalid input for field/attribute host. Value: ${String(order.host)}.`);
    }
    const unknown = aliasesIn(flavor.extraSpecs['pci_passthrough:alias'] ?? '').find(({ alias }) =>
      this.lackedAliases.has(alias),
    );
    if (unknown !== undefined) return bad(`PCI alias ${unknown.alias} is not defined`);
    const host = (order.host as string | undefined) ?? null;
    const caller = this.#caller;
    if (caller !== null && host !== null && !caller.roles.includes('admin')) {
      return forbidden("Policy doesn't allow compute:servers:create:requested_destination to be performed.");
    }
    const quota = this.quotas.get(caller?.projectId ?? 'project') ?? Number.POSITIVE_INFINITY;
    const owned = this.alive.filter(({ projectId }) => projectId === (caller?.projectId ?? 'project')).length;
    if (owned >= quota)
      return forbidden(`Quota exceeded for instances: Requested 1, but already used ${owned} of ${quota} instances`);
    if (host !== null && !state.hosts.has(host)) return bad(`Compute host ${host} could not be found.`);
    const zone = (order.availability_zone as string | undefined) ?? null;
    const group = hints?.group ?? null;
    const metadata = (order.metadata as Record<string, string>) ?? {};
    const server = state.create(String(order.name), flavor, metadata, { ...caller, zone, group });
    this.orders.push(order);
    const buildMs = this.#options.buildMs();
    setTimeout(() => {
      state.place(server, host);
      setTimeout(() => state.finish(server), buildMs / 2).unref();
    }, buildMs / 2).unref();
    return { status: 202, body: { server: { id: server.id } } };
  }

  #createFlavor(order: Record<string, unknown>): Reply {
    const name = String(order.name);
    if ([...this.state.flavors.values()].some((flavor) => flavor.name === name)) {
      return {
        status: 409,
        body: { conflictingRequest: { code: 409, message: `Flavor with name ${name} already exists.` } },
      };
    }
    const made = this.addFlavor({
      name,
      vcpus: Number(order.vcpus),
      ram: Number(order.ram),
      disk: Number(order.disk),
      isPublic: order['os-flavor-access:is_public'] === true,
      description: (order.description as string | undefined) ?? null,
      extraSpecs: {},
    });
    return ok({ flavor: shownFlavor(made) });
  }

  #withServer(id: string, use: (server: MemoryServer) => Reply): Reply {
    const server = this.state.servers.get(id);
    return server === undefined || server.status === 'DELETED'
      ? notFound(`Instance ${id} could not be found.`)
      : use(server);
  }

  #listServers(query: URLSearchParams): Reply {
    const since = query.get('changes-since');
    // To the second, as Nova's own column.
    const sinceMs = since === null ? null : Date.parse(since);
    const wanted = query.get('status');
    // As Nova does: what can be restored is not listed, unless it is asked for.
    const hidden = query.get('deleted') === 'true' ? [] : ['DELETED', 'SOFT_DELETED'];
    const fitting = [...this.state.servers.values()]
      .filter(({ status, updatedAtMs }) =>
        sinceMs === null ? !hidden.includes(status) : Math.floor(updatedAtMs / 1000) * 1000 >= sinceMs,
      )
      .filter(({ status }) => wanted === null || status === wanted);
    return page(fitting, query, 'servers', (server) => this.#shown(server));
  }

  #shown(server: MemoryServer): object {
    const { id, name, status, host, metadata, flavor, createdAtMs, updatedAtMs, fault } = server;
    const plainTime = (atMs: number): string => new Date(atMs).toISOString().slice(0, 19);
    const time = (atMs: number): string => `${plainTime(atMs)}Z`;
    // Nova writes these two without a zone.
    const useTime = (atMs: number | null) => (atMs === null ? null : `${plainTime(atMs)}.000000`);
    return {
      id,
      name,
      status,
      'OS-EXT-STS:task_state': status === 'BUILD' ? 'spawning' : null,
      'OS-EXT-SRV-ATTR:host': host,
      tenant_id: server.projectId,
      user_id: server.userId,
      'OS-SRV-USG:launched_at': useTime(server.launchedAtMs),
      'OS-SRV-USG:terminated_at': useTime(server.terminatedAtMs),
      created: time(createdAtMs),
      updated: time(updatedAtMs),
      metadata,
      locked: server.isLocked,
      image: { id: 'image-1' },
      flavor: {
        original_name: flavor.name,
        vcpus: flavor.vcpus,
        ram: flavor.ram,
        disk: flavor.disk,
        extra_specs: flavor.extraSpecs,
      },
      ...(status === 'ERROR' && { fault }),
    };
  }

  #listHypervisors(query: URLSearchParams): Reply {
    return page([...this.state.hosts.values()], query, 'hypervisors', ({ id, spec, isUp, isDisabled, claims }) => ({
      id,
      hypervisor_hostname: spec.name,
      service: { host: spec.name },
      state: isUp ? 'up' : 'down',
      status: isDisabled ? 'disabled' : 'enabled',
      vcpus: spec.vcpus,
      vcpus_used: [...claims.values()].reduce((sum, { flavor }) => sum + flavor.vcpus, 0),
      memory_mb: spec.ramMib,
      memory_mb_used: 0,
      local_gb: spec.diskGib,
      local_gb_used: 0,
    }));
  }

  #listProviders(query: URLSearchParams): Reply {
    const inTree = query.get('in_tree');
    const root = inTree === null ? null : rootOf(this.#providers.get(inTree));
    const providers = [...this.#providers.values()]
      .filter((provider) => root === null || rootOf(provider) === root)
      .filter(
        (provider) =>
          query.get('required') === null || (provider.parent === null && this.#hasTraits(provider.id, query)),
      )
      .map((provider) => ({
        uuid: provider.id,
        name: provider.name,
        generation: this.state.hosts.get(provider.host)!.generation,
        parent_provider_uuid: provider.parent,
        root_provider_uuid: rootOf(provider),
      }));
    return ok({ resource_providers: providers });
  }

  /** Whether a host has the traits of the question, those in `root_required` too, and is in one of its aggregates. */
  #hasTraits(id: string, query: URLSearchParams): boolean {
    const { spec, isDisabled } = [...this.state.hosts.values()].find((host) => host.id === id)!;
    const traits = new Set([...(spec.traits ?? []), ...(isDisabled ? ['COMPUTE_STATUS_DISABLED'] : [])]);
    const asked = ['required', 'root_required'].flatMap((name) => query.get(name)?.split(',') ?? []);
    const memberOf = query.get('member_of');
    const isMember = memberOf === null || (spec.zone !== undefined && memberOf.includes(aggregateOf(spec.zone)));
    return isMember && asked.every((trait) => traits.has(trait.replace('!', '')) !== trait.startsWith('!'));
  }

  #listAggregates(): Reply {
    const hosts = [...this.state.hosts.values()].map(({ spec }) => spec);
    const zones = [...new Set(hosts.flatMap(({ zone }) => zone ?? []))];
    const aggregates = zones.map((zone) => ({
      uuid: aggregateOf(zone),
      name: `in ${zone}`,
      availability_zone: zone,
      hosts: hosts.filter((host) => host.zone === zone).map(({ name }) => name),
    }));
    return ok({ aggregates });
  }

  #listCandidates(query: URLSearchParams): Reply {
    const inTree = query.get('in_tree');
    const asked = new Map((query.get('resources') ?? '').split(',').map((part) => part.split(':') as [string, string]));
    const found = [...this.state.hosts.values()].filter((host) => {
      const { vcpus, ramMib, diskGib } = this.state.free(host);
      const free: Record<string, number> = { VCPU: vcpus, MEMORY_MB: ramMib, DISK_GB: diskGib };
      const hasRoom = [...asked].every(([name, amount]) => (free[name] ?? 0) >= Number(amount));
      return (inTree === null || inTree === host.id) && hasRoom && this.#hasTraits(host.id, query);
    });
    return ok({
      allocation_requests: found.map(({ id }) => ({ allocations: { [id]: { resources: {} } } })),
      provider_summaries: Object.fromEntries(found.map(({ id }) => [id, { root_provider_uuid: id }])),
    });
  }

  #inventories(id: string): Reply {
    const provider = this.#providers.get(id);
    if (provider === undefined) return notFound('no provider');
    const { spec, generation } = this.state.hosts.get(provider.host)!;
    const item = (total: number) => ({ total, reserved: 0, max_unit: total, allocation_ratio: 1 });
    const inventories =
      provider.parent === null
        ? { VCPU: item(spec.vcpus), MEMORY_MB: item(spec.ramMib), DISK_GB: item(spec.diskGib) }
        : { [provider.resourceClass]: item(1) };
    return ok({ resource_provider_generation: generation, inventories });
  }

  #allocations(consumerId: string): Reply {
    const entries = [...this.#providers.values()].flatMap((provider) => {
      const resources = this.#heldOf(provider, consumerId);
      return resources === null ? [] : [[provider.id, { resources }] as const];
    });
    return ok({ allocations: Object.fromEntries(entries) });
  }

  #holders(providerId: string): Reply {
    const provider = this.#providers.get(providerId);
    if (provider === undefined) return notFound('no provider');
    const { claims, generation } = this.state.hosts.get(provider.host)!;
    const entries = [...claims.keys()].flatMap((consumerId) => {
      const resources = this.#heldOf(provider, consumerId);
      return resources === null ? [] : [[consumerId, { resources }] as const];
    });
    return ok({ allocations: Object.fromEntries(entries), resource_provider_generation: generation });
  }

  /** Without what is none, as Nova asks for it. */
  #heldOf({ host, address, resourceClass }: MemoryProvider, consumerId: string): Record<string, number> | null {
    const claim = this.state.hosts.get(host)!.claims.get(consumerId);
    if (claim === undefined) return null;
    if (address !== null) return claim.cards.includes(address) ? { [resourceClass]: 1 } : null;
    const { vcpus, ram, disk } = claim.flavor;
    return { VCPU: vcpus, MEMORY_MB: ram, ...(disk > 0 && { DISK_GB: disk }) };
  }

  #listMoves(query: URLSearchParams): Reply {
    const [serverId, host] = [query.get('instance_uuid'), query.get('host')];
    const [wantedType, wantedStatus] = [query.get('migration_type'), query.get('status')];
    const fitting = [...this.state.moves.values()].filter(
      (move) =>
        (serverId === null || move.serverId === serverId) &&
        (host === null || move.source === host || move.target === host) &&
        (wantedType === null || move.type === wantedType) &&
        (wantedStatus === null || move.status === wantedStatus),
    );
    return page(fitting, query, 'migrations', ({ id, serverId: server, type, status, source, target }) => ({
      uuid: id,
      instance_uuid: server,
      migration_type: type,
      status,
      source_compute: source,
      dest_compute: target,
    }));
  }
}

/** The class under which Nova reports a device, by its PCI id. */
function pciClassOf(alias: string): string {
  const model = aliasesOf({}).modelOf(alias);
  const pciId = model === undefined ? undefined : modelNamed(model)!.pciIds[0];
  return `CUSTOM_PCI_${(pciId ?? 'ffff:0001').toUpperCase().replace(':', '_')}`;
}

/** UUID of the aggregate of a zone. */
function aggregateOf(zone: string): string {
  return `aggregate-${zone}`;
}

function rootOf(provider: { id: string; parent: string | null } | undefined): string | null {
  return provider === undefined ? null : (provider.parent ?? provider.id);
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function bad(message: string): Reply {
  return { status: 400, body: { badRequest: { code: 400, message } } };
}

function forbidden(message: string): Reply {
  return { status: 403, body: { forbidden: { code: 403, message } } };
}

function notFound(message: string): Reply {
  return { status: 404, body: { itemNotFound: { code: 404, message } } };
}

function shownFlavor({ id, name, vcpus, ram, disk, isPublic, description, extraSpecs }: MemoryFlavor): object {
  return { id, name, vcpus, ram, disk, 'os-flavor-access:is_public': isPublic, description, extra_specs: extraSpecs };
}

/** A page of 1000, or fewer where `limit` says so, and a link to the next one. */
function page<T extends { readonly id: string }>(
  items: readonly T[],
  query: URLSearchParams,
  field: string,
  shown: (item: T) => object,
): Reply {
  const limit = Math.min(1000, Number(query.get('limit') ?? 1000));
  const marker = query.get('marker');
  const start = marker === null ? 0 : items.findIndex(({ id }) => id === marker) + 1;
  const some = items.slice(start, start + limit);
  const hasMore = start + limit < items.length;
  const links = hasMore && { [`${field}_links`]: [{ rel: 'next', href: `http://nowhere/?marker=${some.at(-1)!.id}` }] };
  return ok({ [field]: some.map(shown), ...links });
}

function send(response: ServerResponse, { status, body }: Reply, token?: string): void {
  const headers = { 'content-type': 'application/json', ...(token !== undefined && { 'x-subject-token': token }) };
  response.writeHead(status, headers);
  response.end(body === undefined ? '' : JSON.stringify(body));
}
