/** `heps explain RUN REQUEST`: why a VM went where it went, recomputed by the scheduler itself. */
import type { Command } from 'commander';
import type { Cluster } from '../../core/cluster.ts';
import type { Decision, HostVerdict } from '../../core/decision.ts';
import { schedulersOf } from '../../core/runs/deciding-scheduler.ts';
import { describeHistory, describeRequest, formatTime, funnelOf, ranked } from '../../core/runs/explanation.ts';
import { decisionsOf, firstTryOf, momentOf, policyOf, requestsWithId, rowOf, viewAt } from '../../core/runs/replay.ts';
import { requestAt, textAt } from '../../core/runs/run-file.ts';
import { explain, formatRejections } from '../../core/scheduler.ts';
import { sayIdleOptions } from '../../idle-options.ts';
import { policyFileOf } from '../records/policy-of-run.ts';
import { readRunFile } from '../records/run-file-io.ts';
import { whole } from '../terminal/options.ts';
import { formatTable, wrapText } from '../terminal/table.ts';
import { runFileNeeds } from './option-needs.ts';

interface ExplainOptions {
  waiting?: boolean;
  attempt?: number;
  policy?: string;
  all?: boolean;
  json?: boolean;
}

export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('say why a VM of a run was placed where it was, or nowhere: every host, its filter or its score')
    .argument('<run>', 'run file')
    .argument('<request>', 'id of the VM')
    .option('--waiting', 'explain its first try, after which it had to wait, instead of the final decision')
    .option('--attempt <n>', 'which submission, for VMs submitted again (default: the last)', whole(1))
    .option('--policy <file>', 'the policy of the run, if it is one of your own (default: the path in the run file)')
    .option('--all', 'show all hosts, not only the ten best')
    .option('--json', 'print every verdict as JSON')
    .addHelpText('after', '\nExample:\n  heps explain runs/heps-250_heps-30d_hybrid_seed1.run.json heps-000123')
    .action(async (file: string, id: string, options: ExplainOptions, command: Command) => {
      const run = readRunFile(file);
      const decisions = decisionsOf(run, file);
      const row = rowOf(decisions, id, options.attempt ?? null, file);
      const moment = options.waiting ? firstTryOf(run, decisions, row) : momentOf(run, decisions, row);
      const own = await policyFileOf(run, file, options.policy);
      await sayIdleOptions(command, runFileNeeds, { runs: [run], given: own === undefined ? [] : [own.policy] });
      if (own !== undefined && own.warning !== '') console.error(`heps: ${own.warning}`);
      const policy = policyOf(run, own?.policy.factory);
      const cluster = viewAt(run, decisions, moment, policy);
      const request = requestAt(decisions, row);
      const namesakes = requestsWithId(decisions, id);
      const which = `${namesakes} requests of this run have the id ${id}; this is the last of them.`;
      const { decision, verdicts } = explain(cluster, request, policy, moment.excluded);
      if (options.json) {
        if (namesakes > 1) console.error(`heps: ${which}`);
        const named = verdicts.map((verdict) => ({ name: cluster.specs[verdict.host]!.name, ...verdict }));
        console.log(JSON.stringify({ request, atS: moment.nowS, decision, verdicts: named }, null, 2));
        return;
      }
      console.log(describeRequest(request));
      if (namesakes > 1) console.log(wrapText(which));
      console.log(wrapText(describeHistory(decisions, row, cluster)));
      console.log(`\n${run.inputs.policy.name} at ${formatTime(moment.nowS)}: ${describeDecision(decision, cluster)}`);
      const schedulers = schedulersOf(run.inputs.cloud);
      if (schedulers > 1 && run.inputs.cloud.srmIntervalS > 0) {
        console.log(
          wrapText(
            `Scheduler ${moment.scheduler + 1} of ${schedulers} decided: it knew its own bindings, and those of the others up to the last report.`,
          ),
        );
      }
      if (textAt(options.waiting ? decisions.waitReason : decisions.reason, row) === 'behind-others') {
        console.log('It was not tried then, since others waited before it: first come, first served.');
      }
      console.log('');
      console.log(describeFunnel(verdicts));
      const best = ranked(verdicts).slice(0, options.all ? Infinity : 10);
      if (best.length > 0) console.log(`\n${scoreTable(best, cluster)}`);
      const rejected = verdicts.filter(({ rejection }) => rejection !== undefined);
      if (options.all && rejected.length > 0) console.log(`\n${rejectionTable(rejected, cluster)}`);
    });
}

function describeDecision(decision: Decision, cluster: Cluster): string {
  if (decision.kind === 'no-valid-host') return `no valid host (${formatRejections(decision.rejectedBy)})`;
  const { host, cards, score } = decision;
  return `${cluster.specs[host]!.name}${cards.length > 0 ? `, cards ${cards.join(' ')}` : ''}, score ${score}`;
}

/** How many hosts each filter removed, and why. */
function describeFunnel(verdicts: readonly HostVerdict[]): string {
  const { hosts, steps, scored } = funnelOf(verdicts);
  const removed = steps.map(({ filter, removed, reasons }) => {
    const list = reasons.map(({ reason, count }) => `${count} ${reason}`).join(', ');
    return `  ${filter} removes ${removed}: ${list}`;
  });
  return [`${hosts} hosts`, ...removed, `  ${scored} scored`].join('\n');
}

function scoreTable(best: readonly HostVerdict[], cluster: Cluster): string {
  const terms = Object.keys(best[0]!.scored!.terms);
  const header = ['host', 'tier', 'score', ...terms, 'cards'];
  const rows = best.map(({ host, scored }) => [
    cluster.specs[host]!.name,
    String(scored!.tier),
    scored!.shownScore.toFixed(6),
    ...terms.map((term) => scored!.terms[term]!.toFixed(6)),
    scored!.cards.length === 0
      ? '–'
      : `${scored!.cards.join(' ')} ${cluster.specs[host]!.cards[scored!.cards[0]!]!.model}`,
  ]);
  return formatTable([header, ...rows]);
}

function rejectionTable(rejected: readonly HostVerdict[], cluster: Cluster): string {
  const header = ['host', 'filter', 'reason', 'free vCPUs', 'free RAM, MiB', 'idle cards'];
  const rows = rejected.map(({ host, rejection }) => {
    const view = cluster.hosts[host]!;
    const free = [view.vcpusFree, view.ramFreeMib, view.idleCards].map(String);
    return [view.name, rejection!.filter, rejection!.reason, ...free];
  });
  return formatTable([header, ...rows]);
}
