/** A request for a server as the API shows it, and what is written with it of decisions. */
import { formatRejections } from '../../core/scheduler.ts';
import type { NamedDecision } from './cloud-view.ts';
import type { HeldCard } from './holding.ts';
import type { ServerSpec } from './server-spec.ts';
import type { RequestState, RequestTable } from './tables.ts';

/** A decision as it is kept. */
export interface DecisionRecord {
  readonly policy: string;
  readonly host: string | null;
  readonly cards: readonly HeldCard[];
  /** Null where no host would do. */
  readonly score: number | null;
  /** Parts of the score: `cardScore` and `similarity`, or `lrs`. */
  readonly terms: Readonly<Record<string, number>>;
  /** How many hosts each reason removed; only where no host would do. */
  readonly rejectedBy: Readonly<Record<string, number>>;
}

/** A host on which it did not work. */
export interface PastAttempt {
  readonly attempt: number;
  readonly host: string;
  readonly serverId: string | null;
  readonly fault: string;
}

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

export function decisionRecord(policy: string, { decision, host, cards, terms }: NamedDecision): DecisionRecord {
  const isPlaced = decision.kind === 'placed';
  return {
    policy,
    host,
    cards,
    score: isPlaced ? decision.score : null,
    terms,
    rejectedBy: isPlaced ? {} : decision.rejectedBy,
  };
}

/** `No valid host: vcpus:12|cards-busy:48`. */
export function noValidHostText(rejectedBy: Readonly<Record<string, number>>): string {
  const counts = formatRejections(rejectedBy);
  return counts === '' ? 'No valid host: there is none' : `No valid host: ${counts}`;
}

/** Without user data, which may hold secrets. */
export function requestView(row: RequestTable): RequestView {
  const { id, state, serverId, host, attempt, fault, createdAtS, changedAtS } = row;
  const { name, request } = JSON.parse(row.spec) as ServerSpec;
  return {
    id,
    name,
    state,
    serverId,
    host,
    cards: JSON.parse(row.cards) as HeldCard[],
    request,
    attempt,
    decision: JSON.parse(row.decision) as DecisionRecord,
    history: JSON.parse(row.history) as PastAttempt[],
    fault,
    createdAtS,
    changedAtS,
  };
}
