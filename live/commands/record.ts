/** `heps live record`: a cloud's servers as a trace, and its hosts as a cluster file, for the simulator. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { shellWord } from '../../files/shell-words.ts';
import { type Recording, recordCloud } from '../record/record-cloud.ts';
import { refuseExisting, writeTogether } from '../record/write-together.ts';
import { aliasesOf, aModel } from '../scheduling/aliases.ts';
import { wallClock } from '../wall-clock.ts';
import { clientOf, serverUrl } from './server-options.ts';
import { withSession } from './session-option.ts';

const clusterName = 'cluster.json';
const traceName = 'trace.csv';

interface RecordArguments {
  readonly cloud?: string;
  readonly since: (nowS: number) => number;
  readonly server?: URL;
  readonly tokenFile?: string;
  readonly alias: Readonly<Record<string, string>>;
  readonly refusedLifetime?: number;
  readonly out: string;
  readonly force?: boolean;
}

export function addRecord(live: Command): void {
  live
    .command('record')
    .description('record the servers and hosts of a cloud as a trace and a cluster file, to replay them (admin)')
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .addOption(
      new Option('--since <time>', 'days or hours back, such as 30d, or a date: 2026-01-31')
        .argParser(startOf)
        .default(startOf('30d'), '30d'),
    )
    .option(
      '--server <url>',
      'heps live serve, whose records say which cards hosts have; for other hosts Placement does (default: for all)',
      serverUrl,
    )
    .option(
      '--token-file <file>',
      'with --server: file with a reader’s token (default: environment variable HEPS_TOKEN)',
    )
    .option('--alias <alias=model>', 'the model that a PCI alias of flavors stands for; may be repeated', addAlias, {})
    .option(
      '--refused-lifetime <time>',
      'include servers that never ran, with this assumed lifetime, such as 8h (default: left out)',
      duration,
    )
    .requiredOption('--out <folder>', `folder for ${clusterName} and ${traceName}`)
    .option('--force', 'replace existing files')
    .addHelpText(
      'after',
      `
Servers that ran when the time begins arrive at second 0; those that still run end now. Deleted servers are
in the record as long as Nova has them: until nova-manage db archive_deleted_rows.

Example:
  heps live record --cloud heps --since 30d --alias a100=A100-80GB --out recorded
  heps simulate --cluster recorded/${clusterName} --trace recorded/${traceName} --policy nova`,
    )
    .action(async (options: RecordArguments) => {
      const { cloud, since, server, tokenFile, alias, refusedLifetime, out, force = false } = options;
      refuseExisting(out, [clusterName, traceName], force);
      const client = server === undefined ? null : clientOf({ server, ...(tokenFile !== undefined && { tokenFile }) });
      const { nowS } = wallClock;
      const times = { sinceS: since(nowS), nowS, refusedLifetimeS: refusedLifetime ?? null };
      await withSession(cloud, async (session) => {
        const recording = await recordCloud(session, { ...times, client, aliases: aliasesOf(alias) });
        const { cluster, trace, warnings } = recording;
        const texts = { [clusterName]: `${JSON.stringify(cluster, null, 2)}\n`, [traceName]: trace };
        writeTogether(out, texts, force);
        for (const warning of warnings) console.error(`heps live record: ${warning}`);
        console.log(report(recording, out, refusedLifetime !== undefined));
      });
    });
}

function report({ counts }: Recording, out: string, hasRefused: boolean): string {
  const { servers, gpuServers, neverRan, hosts, cards } = counts;
  const refused = hasRefused ? 'among them' : 'left out; --refused-lifetime includes them';
  const never = neverRan === 0 ? '' : `\n${neverRan} servers that never ran: ${refused}`;
  const [cluster, trace] = [clusterName, traceName].map((name) => `${out.replace(/(?<=.)\/+$/, '')}/${name}`);
  return `${servers} servers, ${gpuServers} of them with cards, on ${hosts} hosts with ${cards} cards${never}

files
  ${cluster}
  ${trace}

replay
  heps simulate --cluster ${shellWord(cluster!)} --trace ${shellWord(trace!)} --policy hybrid`;
}

/** A duration back from now, or a date; as a function of now. */
function startOf(text: string): (nowS: number) => number {
  if (/^\d+(?:\.\d+)?[a-z]?$/.test(text)) {
    const backS = duration(text);
    return (nowS) => Math.max(0, nowS - backS);
  }
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(text.slice(10));
  const atMs = isDate ? Date.parse(text.length === 10 || hasZone ? text : `${text}Z`) : Number.NaN;
  if (Number.isNaN(atMs) || atMs > Date.now()) {
    throw new InvalidArgumentError('Expected a time such as 30d or 12h, or a past date such as 2026-01-31.');
  }
  return () => atMs / 1000;
}

const unitsS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };

function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([mhd])$/.exec(text);
  if (match === null || Number(match[1]) === 0) {
    throw new InvalidArgumentError('Expected a time such as 30d, 12h or 90m.');
  }
  return Number(match[1]) * unitsS[match[2]!]!;
}

function addAlias(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, alias, model] = /^([^=:,\s]+)=(.+)$/.exec(text) ?? [];
  if (alias === undefined || model === undefined) {
    throw new InvalidArgumentError('Expected an alias and a model, such as a100=A100-80GB.');
  }
  try {
    return { ...before, [alias]: aModel(model, alias) };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
