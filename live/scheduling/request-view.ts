/** A request for a server as the API shows it, and what is kept and told of decisions. */
import { formatRejections } from '../../core/scheduler.ts';
import type { NamedDecision } from './cloud-view.ts';
import type { HeldCard } from './holding.ts';
import type { DecisionRecord, PastAttempt, ServerRequest } from './server-request.ts';
import type { ServerSpec } from './server-spec.ts';
import type { RequestState } from './tables.ts';

export interface RequestView {
  readonly id: string;
  readonly name: string;
  readonly state: RequestState;
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

/** Without user data, which may hold secrets. */
export function requestView(serverRequest: ServerRequest): RequestView {
  const { id, spec, state, serverId, host, cards, attempt, decision, history, fault, createdAtS, changedAtS } =
    serverRequest;
  const { name, request } = spec;
  return {
    id,
    name,
    state,
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
