/** The scheduler's routes: servers asked for, shown and removed; what others boot compared; the questions of Nova's filter. */
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { InputError } from '../../core/input-error.ts';
import type { VmRequest } from '../../core/request.ts';
import { ranked } from '../../core/runs/explanation.ts';
import type { TokenHolder } from '../access/tokens.ts';
import { Problem, sendJson, sendText } from '../http/problem.ts';
import { readJson } from '../http/request-body.ts';
import type { Exchange, Route } from '../http/routes.ts';
import { NoAnswerError, OpenStackError } from '../openstack/index.ts';
import * as docs from './api-docs.ts';
import { byOurselves } from './binder.ts';
import { checkNovaQuestion, type NovaQuestion } from './nova-questions.ts';
import type { RequestStore } from './request-store.ts';
import { decisionRecord, requestView } from './request-view.ts';
import { reviewRoutes } from './review-api.ts';
import { KeyReused, NotReady, type Scheduling, type Sender } from './scheduling.ts';
import type { ServerRequest } from './server-request.ts';
import { checkServerBody } from './server-spec.ts';
import { mayRemove, maySee, projectSeenBy } from './whose.ts';

/** User data has at most 64 KiB, metadata 100 × 510 bytes. */
const mostBodyBytes = 256 * 1024;

const readers = ['reader', 'scheduler', 'admin'] as const;
/** What shows nothing but a project's own is for its people too. */
const projectReaders = [...readers, 'project-member', 'project-reader'] as const;
const writers = ['scheduler', 'admin', 'project-member'] as const;
const askers = ['scheduler', 'plugin', 'admin'] as const;

/** Names of 10 000 hosts. */
const mostQuestionBytes = 2 * 2 ** 20;

export interface SchedulingApiParts {
  readonly scheduling: Scheduling;
  readonly store: RequestStore;
  readonly clock: Clock;
  /** Told of what was wrong with database or cloud, which the sender is not told. */
  readonly onError: (error: unknown, requestId: string) => void;
  /** Told how long each decision took, from the request to the claim on disk. */
  readonly onDecision: (outcome: 'claimed' | 'no-valid-host', tookS: number) => void;
  /** Told of each question of Nova's filter. */
  readonly onNovaAnswer: (outcome: NovaOutcome) => void;
  readonly log: (level: 'info' | 'warn', fields: object, text: string) => void;
}

/** What became of a question of Nova's filter: hosts in order, none at all, nothing since the scheduler only watches, or it could not be read. */
export type NovaOutcome = 'hosts' | 'refused' | 'shadow' | 'unreadable';

export function schedulingRoutes(parts: SchedulingApiParts): Route[] {
  const { scheduling, store, clock, onError, onDecision, onNovaAnswer, log } = parts;

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
    const sender = senderOf(holder!, requestId);
    const body = await readJson(request, mostBodyBytes);
    await told(requestId, async () => {
      const checked = checkServerBody(body);
      const key = keyIn(request.headers['idempotency-key']) ?? randomUUID();
      const id = randomUUID();
      if (scheduling.settings.mode === 'shadow')
        throw new Problem(409, 'the scheduler only watches: scheduling.mode is shadow');
      const spec = await scheduling.specOf(id, checked, sender.person).catch((error: unknown) => {
        const isHers = sender.person !== undefined && error instanceof OpenStackError;
        throw isHers && [401, 403].includes(error.status) ? new Problem(error.status, error.message) : error;
      });
      if (scheduling.settings.mode === 'advise' || query.get('dry-run') === 'true') {
        const advice = await scheduling.advise(spec);
        await store.note('advice', advice.host ?? '', { ...byOurselves(clock.nowS), ...sender });
        const decision = decisionRecord(scheduling.settings.policy, advice);
        return sendJson(response, { mode: 'advise', request: spec.request, decision, ...explained(spec.request) });
      }
      // The sender was told that there is no answer: what she does not know of is not made.
      if (response.writableEnded || response.destroyed) return;
      // Worked out before the claim, since it is about the hosts as the decision finds them.
      const why = query.get('explain') === 'true' ? explained(spec.request) : {};
      const row = await scheduling.submit(spec, key, sender);
      const isNew = row.id === id;
      const view = { ...requestView(row, scheduling.servers), ...why };
      if (isNew) onDecision(row.host === null ? 'no-valid-host' : 'claimed', (performance.now() - startMs) / 1000);
      if (row.state === 'failed') throw new Problem(409, row.fault ?? 'failed', { members: { server: view } });
      const headers = { Location: `/v1/servers/${row.id}` };
      sendText(response, isNew ? 202 : 200, JSON.stringify(view), 'application/json', headers);
    });
  }

  /** The five best hosts with the parts of their scores, and how many each filter removed. */
  function explained(request: VmRequest) {
    const { verdicts, rejectedBy } = scheduling.view.explain(request);
    const { specs } = scheduling.view.cluster;
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

  function found(row: ServerRequest | undefined, holder: TokenHolder): ServerRequest {
    if (row === undefined || !maySee(holder, row)) throw new Problem(404, 'no request of that id');
    return row;
  }

  async function postNovaHosts({ request, response, requestId }: Exchange): Promise<void> {
    const body = await readJson(request, mostQuestionBytes);
    await told(requestId, async () => {
      if (scheduling.unreadyBecause !== null) throw new NotReady(scheduling.unreadyBecause);
      const question = readQuestion(body);
      const { mode } = scheduling.settings;
      if (mode === 'shadow') {
        onNovaAnswer('shadow');
        return sendJson(response, { mode, hosts: {} });
      }
      const { hosts, refusal } = await scheduling.questions.answer(question);
      onNovaAnswer(refusal === null ? 'hosts' : 'refused');
      if (refusal !== null) {
        const { instance, asked } = question;
        const text = mode === 'act' ? 'a server of Nova is refused' : 'a server of Nova has no host that would do';
        log('warn', { instance, requestId, request: asked.request, reason: refusal }, text);
      }
      sendJson(response, { mode, hosts, ...(refusal !== null && { reason: refusal }) });
    });
  }

  /** @throws InputError, which the sender is told; Nova goes on as its `fail_open` says */
  function readQuestion(body: unknown): NovaQuestion {
    try {
      return checkNovaQuestion(body, scheduling.aliases);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      onNovaAnswer('unreadable');
      const instance = typeof body === 'object' && body !== null && 'instance' in body ? body.instance : undefined;
      log('warn', { instance, err: error.message }, 'a question of Nova cannot be read: it does as fail_open says');
      throw error;
    }
  }

  return [
    { method: 'POST', path: '/v1/servers', roles: writers, operation: docs.bootOperation, answer: postServer },
    {
      method: 'GET',
      path: '/v1/servers',
      roles: projectReaders,
      operation: docs.listServersOperation,
      answer: ({ response, requestId, query, holder }) =>
        told(requestId, async () => {
          const text = query.get('limit') ?? '100';
          if (!/^\d{1,4}$/.test(text) || Number(text) === 0) throw new InputError('limit', '1 to 9999', text);
          const rows = await store.readNewest(Number(text), projectSeenBy(holder!));
          sendJson(response, { servers: rows.map((row) => requestView(row, scheduling.servers)) });
        }),
    },
    {
      method: 'GET',
      path: '/v1/servers/{id}',
      roles: projectReaders,
      operation: docs.showServerOperation,
      answer: ({ response, requestId, parameter, holder }) =>
        told(requestId, async () => {
          const row = found(await store.read(parameter), holder!);
          sendJson(response, requestView(row, scheduling.servers));
        }),
    },
    {
      method: 'DELETE',
      path: '/v1/servers/{id}',
      roles: writers,
      operation: docs.deleteServerOperation,
      answer: ({ response, requestId, parameter, holder }) =>
        told(requestId, async () => {
          const there = found(await store.read(parameter), holder!);
          if (!mayRemove(holder!, there, scheduling.login)) {
            throw new Problem(403, `it is of the project ${there.projectName}: its own people or an admin remove it`);
          }
          const row = found(await scheduling.remove(parameter, senderOf(holder!, requestId)), holder!);
          sendText(response, 202, JSON.stringify(requestView(row, scheduling.servers)), 'application/json');
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
            servers: view.holdingsOn(name).map(({ id, serverId, vcpus, ramMib, diskGib, kind }) => ({
              ...(serverId === id || kind !== undefined ? {} : { request: id }),
              ...(kind !== undefined && { kind }),
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
          const comparisons = await store.readComparisons(0, 10_000);
          const same = comparisons.filter(({ host, novaHost }) => host === novaHost).length;
          const objected = comparisons.filter(({ objection }) => objection !== null).length;
          sendJson(response, { servers: comparisons.length, sameHost: same, objected, comparisons });
        }),
    },
    {
      method: 'POST',
      path: '/v1/nova/hosts',
      roles: askers,
      operation: docs.novaHostsOperation,
      answer: postNovaHosts,
    },
    ...reviewRoutes(scheduling, told),
  ];
}

/** @throws Problem for a token that names no project */
function senderOf({ id, person }: TokenHolder, requestId: string): Sender {
  if (person === undefined) return { tokenId: id, requestId };
  if (person.project === null) throw new Problem(400, 'expected a Keystone token of a project');
  return { tokenId: null, requestId, person };
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
