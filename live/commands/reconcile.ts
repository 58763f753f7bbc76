/** `heps live reconcile`: what of the cloud is in doubt, with what speaks for it, and an operator's word on it. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { InputError } from '../../core/input-error.ts';
import type { Client } from '../scheduling/client.ts';
import type { ReviewItem } from '../scheduling/review.ts';
import type { ReviewDecision } from '../scheduling/review-store.ts';
import { clientOf, type ServerArguments, withServer } from './server-options.ts';

interface ReconcileArguments extends ServerArguments {
  readonly review?: boolean;
  readonly accept?: string[];
  readonly adopt?: string[];
  readonly delete?: string[];
  readonly drop?: string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** As `GET /v1/review` answers. */
interface ReviewView {
  readonly isOlder: boolean;
  readonly reasons: readonly string[];
  readonly concerns: readonly string[];
  readonly items: readonly ReviewItem[];
}

const help = `
A server in doubt names a request, and cannot be proved to be this server's to remove. After a database was restored, or has failed over to a copy
that was behind, unfinished requests of it wait too. Nothing in doubt is removed or gone on with before somebody says so.

  accept  leave a server to whoever has it; go on with a request
  adopt   make a server the server of a request: it is shown by heps live servers, and removed by heps live delete
  delete  remove a server (role admin)
  drop    end a request, and touch nothing in the cloud

Examples:
  heps live reconcile                       # list
  heps live reconcile --review              # ask for each
  heps live reconcile --adopt ID --drop ID
  heps live reconcile --review --yes        # accept all`;

export function addReconcile(live: Command): void {
  withServer(
    live.command('reconcile').description('show what of the cloud is in doubt, and say what is to become of it'),
  )
    .option('--review', 'ask for each, where there is a terminal; else list')
    .option('--accept <id...>', 'leave these servers, go on with these requests')
    .option('--adopt <id...>', 'make requests of these servers')
    .option('--delete <id...>', 'remove these servers')
    .option('--drop <id...>', 'end these requests')
    .option('--yes', 'accept all that is in doubt')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', help)
    .action(reconcile);
}

async function reconcile(options: ReconcileArguments): Promise<void> {
  const client = clientOf(options);
  const decisions = (['accept', 'adopt', 'delete', 'drop'] as const).flatMap((decision) =>
    (options[decision] ?? []).map((id) => ({ id, decision })),
  );
  if (options.yes && decisions.length > 0)
    throw new InputError('--yes', 'no other decisions beside it', decisions[0]!.id);
  if (options.yes || decisions.length > 0) {
    return shown(await send(client, { all: options.yes ?? false, decisions }), options);
  }
  const review = await read(client);
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (!options.review || !isTerminal || options.json) return shown(review, options);
  await askForEach(client, review);
}

async function askForEach(client: Client, review: ReviewView): Promise<void> {
  console.log(heading(review));
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (const item of review.items) {
      console.log(lineOf(item));
      const answer = (
        await terminal.question(`  ${item.decisions.join(', ')}, or nothing to leave it in doubt: `)
      ).trim();
      const decision = item.decisions.find((each) => each === answer);
      if (answer === '') continue;
      if (decision === undefined) console.log(`  left in doubt: expected one of ${item.decisions.join(', ')}`);
      else await send(client, { all: false, decisions: [{ id: item.id, decision }] });
    }
    if (review.items.length === 0 && review.isOlder) {
      const answer = await terminal.question('  go on with this database? yes or no: ');
      if (answer.trim() === 'yes') await send(client, { all: true, decisions: [] });
    }
  } finally {
    terminal.close();
  }
  console.log(heading(await read(client)));
}

async function read(client: Client): Promise<ReviewView> {
  return (await client.ask('GET', '/v1/review', [200])).body as unknown as ReviewView;
}

async function send(
  client: Client,
  body: { readonly all: boolean; readonly decisions: readonly { id: string; decision: ReviewDecision }[] },
): Promise<ReviewView> {
  return (await client.ask('POST', '/v1/review', [200], { body })).body as unknown as ReviewView;
}

function shown(review: ReviewView, { json }: ReconcileArguments): void {
  console.log(json ? JSON.stringify(review, null, 2) : [heading(review), ...review.items.map(lineOf)].join('\n'));
}

function heading({ isOlder, reasons, concerns, items }: ReviewView): string {
  const head = items.length === 0 ? 'nothing is in doubt' : `${items.length} in doubt:`;
  if (!isOlder) return [...concerns, head].join('\n');
  const older = 'the database is older than the cloud: nothing of it is removed or gone on with';
  return [older, ...reasons.map((reason) => `  ${reason}`), head].join('\n');
}

function lineOf({ kind, id, name, status, host, projectId, userId, launchedAtS, because }: ReviewItem): string {
  const place = host === null ? '' : ` on ${host}`;
  const owner = projectId === null ? '' : `, of user ${userId} in project ${projectId}`;
  const ran = kind === 'server' && launchedAtS === null ? ', never ran' : '';
  return `${kind} ${id}  ${name}, ${status}${place}${owner}${ran}\n    ${because}`;
}
