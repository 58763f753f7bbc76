/** A request for a server as the API shows it, and what is kept and told of decisions. */
import { formatRejections } from '../../core/scheduler.ts';
import type { Server } from '../openstack/index.ts';
import type { NamedDecision } from './cloud-view.ts';
import type { HeldCard } from './holding.ts';
import type { DecisionRecord, PastAttempt, ServerRequest } from './server-request.ts';
import type { ServerSpec } from './server-spec.ts';
import type { RequestState } from './tables.ts';

export interface RequestView {
  readonly id: string;
  readonly name: string;
  /** `error`: it was active, and Nova says ERROR now. */
  readonly state: RequestState | 'error';
  /** What Nova says of its server, as last seen: `ACTIVE`, `SHUTOFF`; null where it has none, or none that was seen. */
  readonly status: string | null;
  /** In which project of Keystone it is, and whose; null where that was not written down. */
  readonly project: { readonly id: string; readonly name: string } | null;
  readonly user: { readonly id: string; readonly name: string } | null;
  /** Nova's id; null until it is known. */
  readonly serverId: string | null;
  readonly host: string | null;
  readonly cards: readonly HeldCard[];
  readonly request: ServerSpec['request'];
  readonly attempt: number;
  readonly decision: DecisionRecord;
  readonly history: readonly PastAttempt[];
  readonly fault: string | null;
  readonly createdAtS: number;
  readonly changedAtS: number;
}

export function decisionRecord(
  policy: string,
  { decision, host, cards, terms, rejectedBy }: NamedDecision,
): DecisionRecord {
  const isPlaced = decision.kind === 'placed';
  return {
    policy,
    host,
    cards,
    score: isPlaced ? decision.score : null,
    terms,
    rejectedBy: isPlaced ? {} : rejectedBy,
  };
}

/** `No valid host: vcpus:12|cards-busy:48`. */
export function noValidHostText(rejectedBy: Readonly<Record<string, number>>): string {
  const counts = formatRejections(rejectedBy);
  return counts === '' ? 'No valid host: there is none' : `No valid host: ${counts}`;
}

/** Without user data, which may hold secrets. @param servers as Nova was last seen to have them, by id */
export function requestView(
  serverRequest: ServerRequest,
  servers: ReadonlyMap<string, Pick<Server, 'status'>>,
): RequestView {
  const { id, spec, state, serverId, host, cards, attempt, decision, history, fault, createdAtS, changedAtS } =
    serverRequest;
  const { name, request } = spec;
  const status = (serverId === null ? undefined : servers.get(serverId)?.status) ?? null;
  const { projectId, projectName, userId, userName } = serverRequest;
  return {
    id,
    name,
    state: state === 'active' && status === 'ERROR' ? 'error' : state,
    status,
    project: projectId === null ? null : { id: projectId, name: projectName ?? projectId },
    user: userId === null ? null : { id: userId, name: userName ?? userId },
    serverId,
    host,
    cards,
    request,
    attempt,
    decision,
    history,
    fault,
    createdAtS,
    changedAtS,
  };
}
