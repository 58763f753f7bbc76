/** One decision of a run, repeated: what the scheduler saw, what it said of each host, and what the file says it did. */
import type { Cluster } from '../../core/cluster.ts';
import type { Decision, HostVerdict } from '../../core/decision.ts';
import type { Policy } from '../../core/policy.ts';
import type { VmRequest } from '../../core/request.ts';
import { ranked } from '../../core/runs/explanation.ts';
import { firstTryOf, type Moment, momentOf, viewAt } from '../../core/runs/replay.ts';
import { type DecisionColumns, type RunFile, requestAt, textAt } from '../../core/runs/run-file.ts';
import { explain } from '../../core/scheduler.ts';
import type { ShownScores } from '../../core/shown-scores.ts';
import type { ShownPolicy } from './run-policy.ts';

export interface DecisionCase {
  readonly file: RunFile;
  readonly decisions: DecisionColumns;
  readonly row: number;
  readonly moment: Moment;
  /** As the scheduler saw it, which late reports make differ from the truth. */
  readonly cluster: Cluster;
  readonly request: VmRequest;
  readonly policy: Policy;
  /** How the policy's scores are shown. */
  readonly shown: ShownScores;
  readonly decision: Decision;
  /** One per host, in host order. */
  readonly verdicts: readonly HostVerdict[];
  /** The scored ones, best first. */
  readonly ranking: readonly HostVerdict[];
  /** Others waited before it, so that it was not tried: the decision is what a try would have said. */
  readonly isBehindOthers: boolean;
}

/** @param waiting 1: the moment at which it asked first and had to wait; 0: the final decision */
export function decisionCase(
  file: RunFile,
  decisions: DecisionColumns,
  { policy, shown }: ShownPolicy,
  row: number,
  waiting: 0 | 1,
): DecisionCase {
  const moment = waiting === 1 ? firstTryOf(file, decisions, row) : momentOf(file, decisions, row);
  const cluster = viewAt(file, decisions, moment, policy);
  const request = requestAt(decisions, row);
  const { decision, verdicts } = explain(cluster, request, policy, moment.excluded);
  const reason = textAt(waiting === 1 ? decisions.waitReason : decisions.reason, row);
  // Who waits behind others may give up while there is room for it.
  const hadRoom = waiting === 0 && decisions.host[row]! < 0 && decision.kind === 'placed';
  const isBehindOthers = reason === 'behind-others' || hadRoom;
  const ranking = ranked(verdicts);
  return { file, decisions, row, moment, cluster, request, policy, shown, decision, verdicts, ranking, isBehindOthers };
}

/** Whether the VM had to wait before it was settled. */
export function hasWaited(decisions: DecisionColumns, row: number): boolean {
  return textAt(decisions.waitReason, row) !== '';
}
