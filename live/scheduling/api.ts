/** The scheduler's routes: servers asked for, shown and removed; what others boot compared; the questions of Nova's filter. */
import { createHash, randomUUID } from 'node:crypto';
import { anArray, anObject, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { requestFromFlavor, type VmRequest } from '../../core/request.ts';
import { ranked } from '../../core/runs/explanation.ts';
import { Problem, sendJson, sendText } from '../http/problem.ts';
import { readJson } from '../http/request-body.ts';
import type { Exchange, Route } from '../http/routes.ts';
import { NoAnswerError, OpenStackError } from '../openstack/index.ts';
import type { RequestTable } from '../srm/schema.ts';
import * as docs from './api-docs.ts';
import { byOurselves } from './binder.ts';
import { requestOf } from './comparison.ts';
import type { RequestStore } from './request-store.ts';
import { decisionRecord, requestView } from './request-view.ts';
import { KeyReused, NotReady, type Scheduling, type Sender } from './scheduling.ts';
import { checkServerBody } from './server-spec.ts';

/** User data has at most 64 KiB, metadata 100 × 510 bytes. */
const mostBodyBytes = 256 * 1024;

const readers = ['reader', 'scheduler', 'admin'] as const;
const writers = ['scheduler', 'admin'] as const;

/** What others are told of the time of a decision by `POST /v1/nova/hosts`, seconds: so long a chosen host counts as taken. */
const answeredForS = 30;

export interface SchedulingApiParts {
  readonly scheduling: Scheduling;
  readonly store: RequestStore;
  readonly clock: { readonly nowS: number; after(delayS: number, action: () => void): () => void };
  /** Told of what was wrong with database or cloud, which the sender is not told. */
  readonly onError: (error: unknown, requestId: string) => void;
  /** Told how long each decision took, from the request to the claim on disk. */
  readonly onDecision: (outcome: 'claimed' | 'no-valid-host', tookS: number) => void;
}

export function schedulingRoutes(parts: SchedulingApiParts): Route[] {
  const { scheduling, store, clock, onError, onDecision } = parts;

  /** Problems for what is thrown below. */
  async function told<T>(requestId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (error instanceof InputError) throw new Problem(400, error.message);
      if (error instanceof KeyReused) throw new Problem(409, error.message);
      if (error instanceof NotReady) throw unavailable(error.message);
      onError(error, requestId);
      const isCloud = error instanceof OpenStackError || error instanceof NoAnswerError;
      throw unavailable(isCloud ? error.message : 'the database did not take the request');
    }
  }

  async function postServer({ request, response, query, requestId, holder }: Exchange): Promise<void> {
    const startMs = performance.now();
    const sender: Sender = { tokenId: holder!.id, requestId };
    const body = await readJson(request, mostBodyBytes);
    await told(requestId, async () => {
      const checked = checkServerBody(body);
      const key = keyIn(request.headers['idempotency-key']) ?? randomUUID();
      const id = randomUUID();
      if (scheduling.settings.mode === 'shadow')
        throw new Problem(409, 'the scheduler only watches: scheduling.mode is shadow');
      const spec = await scheduling.specOf(id, checked);
      if (scheduling.settings.mode === 'advise' || query.get('dry-run') === 'true') {
        const advice = scheduling.advise(spec);
        await store.note('advice', advice.host ?? '', { ...byOurselves(clock.nowS), ...sender });
        const decision = decisionRecord(scheduling.settings.policy, advice);
        return sendJson(response, { mode: 'advise', request: spec.request, decision, ...explained(spec.request) });
      }
      // Worked out before the claim, since it is about the hosts as the decision finds them.
      const why = query.get('explain') === 'true' ? explained(spec.request) : {};
      const row = await scheduling.submit(spec, key, sender);
      const isNew = row.id === id;
      const view = { ...requestView(row), ...why };
      if (isNew) onDecision(row.host === null ? 'no-valid-host' : 'claimed', (performance.now() - startMs) / 1000);
      if (row.state === 'failed') throw new Problem(409, row.fault ?? 'failed', { members: { server: view } });
      const headers = { Location: `/v1/servers/${row.id}` };
      sendText(response, isNew ? 202 : 200, JSON.stringify(view), 'application/json', headers);
    });
  }

  /** The five best hosts with the parts of their scores, and how many each filter removed. */
  function explained(request: VmRequest) {
    const { verdicts } = scheduling.view.explain(request);
    const { specs } = scheduling.view.cluster;
    const rejectedBy: Record<string, number> = {};
    for (const { rejection } of verdicts) {
      if (rejection !== undefined) rejectedBy[rejection.reason] = (rejectedBy[rejection.reason] ?? 0) + 1;
    }
    const best = ranked(verdicts)
      .slice(0, 5)
      .map(({ host, scored }) => ({
        host: specs[host]!.name,
        score: scored!.shownScore,
        terms: scored!.terms,
        cards: scored!.cards.map((card) => specs[host]!.cards[card]!.address),
      }));
    return { hosts: verdicts.length, rejectedBy, best };
  }

  function found(row: RequestTable | undefined): RequestTable {
    if (row === undefined) throw new Problem(404, 'no request of that id');
    return row;
  }

  /** Which of the hosts that Nova's filters left the policy would take, and how much it likes them. */
  async function postNovaHosts({ request, response, requestId }: Exchange): Promise<void> {
    const body = await readJson(request, mostBodyBytes * 8);
    await told(requestId, async () => {
      if (scheduling.unreadyBecause !== null) throw new NotReady(scheduling.unreadyBecause);
      const { instance, hosts, asked } = checkNovaQuestion(body, scheduling);
      const { mode } = scheduling.settings;
      if (mode === 'shadow') return sendJson(response, { mode, hosts: {} });
      // Asked again, the server was not put where we said.
      scheduling.view.letGo(`nova:${instance}`);
      const names = new Set(hosts);
      const { verdicts } = scheduling.view.explain(asked);
      const { specs } = scheduling.view.cluster;
      const order = ranked(verdicts).filter(({ host }) => names.has(specs[host]!.name));
      // The order is the policy's; numbers, since Nova's weigher adds them to its own: the best gets 1, the worst above 0.
      const weights = order.map(({ host }, index) => [specs[host]!.name, 1 - index / order.length] as const);
      const [best] = order;
      if (best !== undefined) {
        const name = specs[best.host]!.name;
        const cards = best.scored!.cards.map((card) => specs[best.host]!.cards[card]!);
        const models = [...new Set(cards.map(({ model }) => model))];
        scheduling.view.hold({
          ...asked,
          id: `nova:${instance}`,
          serverId: instance,
          host: name,
          cards: models.map((model) => {
            const addresses = cards.filter((card) => card.model === model).map(({ address }) => address);
            return { model, count: addresses.length, addresses };
          }),
        });
        clock.after(answeredForS, () => scheduling.view.letGo(`nova:${instance}`));
      }
      sendJson(response, { mode, hosts: Object.fromEntries(weights) });
    });
  }

  return [
    { method: 'POST', path: '/v1/servers', roles: writers, operation: docs.bootOperation, answer: postServer },
    {
      method: 'GET',
      path: '/v1/servers',
      roles: readers,
      operation: docs.listServersOperation,
      answer: ({ response, requestId, query }) =>
        told(requestId, async () => {
          const text = query.get('limit') ?? '100';
          if (!/^\d{1,4}$/.test(text) || Number(text) === 0) throw new InputError('limit', '1 to 9999', text);
          const rows = await store.readNewest(Number(text));
          sendJson(response, { servers: rows.map(requestView) });
        }),
    },
    {
      method: 'GET',
      path: '/v1/servers/{id}',
      roles: readers,
      operation: docs.showServerOperation,
      answer: ({ response, requestId, parameter }) =>
        told(requestId, async () => sendJson(response, requestView(found(await store.read(parameter))))),
    },
    {
      method: 'DELETE',
      path: '/v1/servers/{id}',
      roles: writers,
      operation: docs.deleteServerOperation,
      answer: ({ response, requestId, parameter, holder }) =>
        told(requestId, async () => {
          const row = found(await scheduling.remove(parameter, { tokenId: holder!.id, requestId }));
          sendText(response, 202, JSON.stringify(requestView(row)), 'application/json');
        }),
    },
    {
      method: 'GET',
      path: '/v1/holdings',
      roles: readers,
      operation: docs.holdingsOperation,
      answer({ response }) {
        const { view } = scheduling;
        const hosts = [...view.hosts.values()]
          .sort((one, other) => (one.name < other.name ? -1 : 1))
          .map(({ name, takesServers }) => ({
            host: name,
            takesServers,
            servers: view.holdingsOn(name).map(({ id, serverId, vcpus, ramMib, diskGib }) => ({
              ...(serverId === id ? {} : { request: id }),
              serverId,
              vcpus,
              ramMib,
              diskGib,
            })),
            cards: Array.from(view.cardHolders(name), ([address, holder]) => ({ address, holder })),
          }));
        sendJson(response, { hosts });
      },
    },
    {
      method: 'GET',
      path: '/v1/comparisons',
      roles: readers,
      operation: docs.comparisonsOperation,
      answer: ({ response, requestId }) =>
        told(requestId, async () => {
          const rows = await store.readComparisons(0, 10_000);
          const comparisons = rows.map(({ request, ...row }) => ({
            ...row,
            request: JSON.parse(request) as VmRequest,
          }));
          const same = rows.filter(({ host, novaHost }) => host === novaHost).length;
          const objected = rows.filter(({ objection }) => objection !== null).length;
          sendJson(response, { servers: rows.length, sameHost: same, objected, comparisons });
        }),
    },
    {
      method: 'POST',
      path: '/v1/nova/hosts',
      roles: writers,
      operation: docs.novaHostsOperation,
      answer: postNovaHosts,
    },
  ];
}

/** What `heps_nova` sends. @throws InputError naming the field */
function checkNovaQuestion(
  value: unknown,
  scheduling: Scheduling,
): { instance: string; hosts: readonly string[]; asked: VmRequest } {
  const body = anObject(value, 'body');
  const instance = aText(body.instance, 'instance');
  const hosts = anArray(body.hosts, 'hosts').map((host, index) => aText(host, `hosts[${index}]`));
  const flavor = anObject(body.flavor, 'flavor');
  const number = (field: string): number => {
    const size = flavor[field];
    if (typeof size !== 'number') throw new InputError(`flavor.${field}`, 'a number', size);
    return size;
  };
  const hints = textsIn(body.hints ?? {});
  const described = requestOf(
    {
      id: instance,
      metadata: hints,
      flavor: {
        name: String(flavor.name ?? ''),
        vcpus: number('vcpus'),
        ramMib: number('memory_mb'),
        diskGib: number('root_gb'),
        extraSpecs: textsIn(flavor.extra_specs ?? {}),
      },
    },
    scheduling.aliases,
  );
  if (described === null) {
    // Says what is wrong with it.
    const size = { vcpus: number('vcpus'), ram: number('memory_mb'), disk: number('root_gb') };
    return { instance, hosts, asked: requestFromFlavor(instance, size, textsIn(flavor.extra_specs ?? {}), hints) };
  }
  return { instance, hosts, asked: described };
}

/** Hints reach a filter as lists; `heps_gpu_mem_mib` stands for `heps:gpu_mem_mib`, since a hint may have no colon. */
function textsIn(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(anObject(value, 'hints')).map(([key, item]) => [
      key.replace(/^heps_/, 'heps:'),
      String(Array.isArray(item) ? item[0] : item),
    ]),
  );
}

function keyIn(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(header)) {
    throw new InputError('Idempotency-Key', '1 to 128 visible characters', header);
  }
  // A key may be a secret of its sender's, and has a place of 255 characters with the token's id before it.
  return createHash('sha256').update(header).digest('hex');
}

function unavailable(detail: string): Problem {
  return new Problem(503, detail, { headers: { 'Retry-After': '1' } });
}
