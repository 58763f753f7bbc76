/** `heps live boot`, `servers`, `delete`: servers placed by the scheduler of a running `heps live serve`. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { formatRejections } from '../../core/scheduler.ts';
import { type Client, NoServer } from '../scheduling/client.ts';
import type { RequestView } from '../scheduling/request-view.ts';
import { clientOf, type ServerArguments, withServer } from './server-options.ts';

interface BootArguments extends ServerArguments {
  readonly image: string;
  readonly flavor?: string;
  readonly vcpus?: number;
  readonly ramMib?: number;
  readonly diskGib: number;
  readonly gpus?: number;
  readonly gpuMemoryMib?: number;
  readonly gpuCores?: number;
  readonly gpuModel?: string[];
  readonly network?: string[];
  readonly userData?: string;
  readonly keyName?: string;
  readonly property?: Readonly<Record<string, string>>;
  readonly availabilityZone?: string;
  readonly serverGroup?: string;
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly json?: boolean;
  readonly idempotencyKey?: string;
}

/** The five best hosts and why others fell out, as the API gives them. */
interface Explained {
  readonly hosts: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly best: readonly {
    readonly host: string;
    readonly score: number;
    readonly terms: Readonly<Record<string, number>>;
    readonly cards: readonly string[];
  }[];
}

export function addBoot(live: Command): void {
  withServer(live.command('boot').description('boot a server on the host that the scores choose, and say why'))
    .argument('<name>', 'name of the server')
    .requiredOption('--image <image>', 'id or name')
    .option('--flavor <flavor>', 'id or name; or give --vcpus and --ram-mib')
    .option('--vcpus <n>', 'vCPUs', whole)
    .option('--ram-mib <n>', 'RAM, MiB', whole)
    .option('--disk-gib <n>', 'disk, GiB', whole, 0)
    .option('--gpus <n>', 'cards', whole)
    .option('--gpu-memory-mib <n>', 'minimum memory of each card, MiB', whole)
    .option('--gpu-cores <n>', 'minimum cores of each card', whole)
    .option('--gpu-model <model...>', 'acceptable models')
    .option(
      '--property <key=value>',
      'metadata, once each; heps:gpu_num, _mem_mib, _cores, _model ask for cards',
      property,
    )
    .option('--availability-zone <zone>', 'the zone that it must be in')
    .option('--server-group <id>', 'the server group that it belongs to')
    .option('--network <id...>', 'networks (default: none)')
    .option('--user-data <file>', 'cloud-init')
    .option('--key-name <name>', 'key pair')
    .option('--dry-run', 'only say where it would go')
    .option('--no-wait', 'exit once the claim is made, before the server runs')
    .option('--idempotency-key <key>', 'a request with the same key is the same request')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  heps live boot desk-1 --image debian --vcpus 8 --ram-mib 32768 --gpus 1 --gpu-memory-mib 40000',
    )
    .action(boot);
  withServer(live.command('servers').description('list requests for servers, newest first'))
    .argument('[id]', 'only this one, in full')
    .option('--limit <n>', 'how many', whole, 20)
    .option('--json', 'print the answer as JSON')
    .action(async (id: string | undefined, options: ServerArguments & { limit: number; json?: boolean }) => {
      const client = clientOf(options);
      if (id !== undefined) {
        const { body } = await client.ask('GET', `/v1/servers/${encodeURIComponent(id)}`, [200]);
        console.log(options.json ? JSON.stringify(body, null, 2) : described(body as unknown as RequestView));
        return;
      }
      const { body } = await client.ask('GET', `/v1/servers?limit=${options.limit}`, [200]);
      const servers = body.servers as RequestView[];
      if (options.json) console.log(JSON.stringify(body, null, 2));
      else if (servers.length === 0) console.log('no requests yet: heps live boot --help');
      else for (const server of servers) console.log(lineOf(server));
    });
  withServer(live.command('delete').description('remove a server that was booted here, and its claim'))
    .argument('<id>', 'as heps live servers shows it')
    .option('--no-wait', 'exit once the removal is ordered')
    .action(async (id: string, options: ServerArguments & { wait: boolean }) => {
      const client = clientOf(options);
      const { body } = await client.ask('DELETE', `/v1/servers/${encodeURIComponent(id)}`, [202]);
      const server = options.wait
        ? await settled(client, body as unknown as RequestView)
        : (body as unknown as RequestView);
      console.log(lineOf(server));
    });
}

async function boot(name: string, options: BootArguments): Promise<void> {
  const client = clientOf(options);
  const body = bodyOf(name, options);
  const key = options.idempotencyKey ?? randomUUID();
  if (!options.dryRun) console.error(`heps live boot: idempotency key ${key}`);
  try {
    await bootAs(key, client, body, options);
  } catch (error) {
    if (options.dryRun || !(error instanceof NoServer)) throw error;
    const again = `heps live boot with --idempotency-key ${key} asks for the same server, and says what became of it`;
    throw InputError.saying(`${error.message}; the server may be made all the same: ${again}`);
  }
}

/** Asks for the server under that key, waits where that is wanted, and says what became of it. */
async function bootAs(key: string, client: Client, body: object, options: BootArguments): Promise<void> {
  const query = options.dryRun ? '?dry-run=true' : '?explain=true';
  const { status, body: answer } = await repeated(() =>
    client.ask('POST', `/v1/servers${query}`, [200, 202, 409], { body, headers: { 'Idempotency-Key': key } }),
  );
  if (status === 409) {
    if (options.json) console.log(JSON.stringify(answer, null, 2));
    else console.error(`heps live boot: ${String(answer.detail)} (idempotency key ${key})`);
    process.exitCode = 1;
    return;
  }
  if (answer.mode === 'advise') {
    console.log(options.json ? JSON.stringify(answer, null, 2) : advised(answer as unknown as Advice));
    return;
  }
  const first = answer as unknown as RequestView & Explained;
  if (!options.json) console.log(`${described(first)}\n${reasons(first)}`);
  const last = options.wait ? await settled(client, first) : first;
  if (options.json) console.log(JSON.stringify({ ...first, ...last }, null, 2));
  else if (last !== first) console.log(described(last));
  if (last.state !== 'failed' && last.state !== 'error') return;
  console.error(`heps live boot: it ended as ${last.state} (idempotency key ${key})`);
  process.exitCode = 1;
}

interface Advice extends Explained {
  readonly decision: RequestView['decision'];
}

function bodyOf(name: string, options: BootArguments): object {
  const { image, flavor, vcpus, ramMib, diskGib, gpus, gpuMemoryMib, gpuCores, gpuModel, network, keyName } = options;
  const { property: metadata, availabilityZone, serverGroup } = options;
  if ((flavor === undefined) === (vcpus === undefined)) {
    throw new InputError('--flavor', 'a flavor, or --vcpus and --ram-mib', flavor);
  }
  if (vcpus !== undefined && ramMib === undefined) throw new InputError('--ram-mib', 'RAM in MiB', undefined);
  const asksCards = [gpus, gpuMemoryMib, gpuCores, gpuModel].some((option) => option !== undefined);
  return {
    name,
    image,
    ...(flavor !== undefined ? { flavor } : { size: { vcpus, ramMib, diskGib } }),
    ...(asksCards && {
      gpu: { count: gpus ?? 1, memoryMib: gpuMemoryMib ?? 0, cores: gpuCores ?? 0, models: gpuModel ?? [] },
    }),
    ...(network !== undefined && { networks: network }),
    ...(keyName !== undefined && { keyName }),
    ...(metadata !== undefined && { metadata }),
    ...(availabilityZone !== undefined && { availabilityZone }),
    ...(serverGroup !== undefined && { serverGroup }),
    ...(options.userData !== undefined && { userData: encodedFile(options.userData) }),
  };
}

function encodedFile(path: string): string {
  try {
    return readFileSync(path).toString('base64');
  } catch (error) {
    throw new InputError(`--user-data ${path}`, 'a file that can be read', (error as NodeJS.ErrnoException).code);
  }
}

/** The server may be restarted meanwhile: the key makes asking again harmless. */
async function repeated<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NoServer) || tries === 5) throw error;
      await sleep(500 * 2 ** tries);
    }
  }
}

async function settled(client: Client, first: RequestView): Promise<RequestView> {
  let server = first;
  while (!['active', 'error', 'failed', 'deleted'].includes(server.state) || server === first) {
    await sleep(500);
    const { body } = await repeated(() => client.ask('GET', `/v1/servers/${first.id}`, [200]));
    server = body as unknown as RequestView;
  }
  return server;
}

function lineOf({ id, name, state, host, cards, project, user, fault }: RequestView): string {
  const place = host === null ? '' : ` on ${host}`;
  const owner = project === null ? '' : `, project ${project.name} (${user?.name ?? 'nobody'})`;
  return `${id}  ${state.padEnd(8)}  ${name}${place}${cardsText(cards)}${owner}${fault === null ? '' : `  (${fault})`}`;
}

function described(server: RequestView): string {
  const past = server.history.map(({ host, fault }) => `  ${host} did not work: ${fault}`);
  return [lineOf(server), ...past].join('\n');
}

function cardsText(cards: RequestView['cards']): string {
  if (cards.length === 0) return '';
  return `, ${cards.length} × ${[...new Set(cards.map(({ model }) => model))].join(' and ')}`;
}

function advised(advice: Advice): string {
  const { host, cards, rejectedBy } = advice.decision;
  const where =
    host === null ? `no valid host: ${formatRejections(rejectedBy)}` : `would go to ${host}${cardsText(cards)}`;
  return `${where}\n${reasons(advice)}`;
}

function reasons({ hosts, best, rejectedBy }: Explained): string {
  if (best === undefined) return '';
  const out = formatRejections(rejectedBy);
  const fell = hosts - best.length > 0 && out !== '' ? `; removed ${out}` : '';
  const lines = best.map(({ host, score, terms }) => {
    const parts = Object.entries(terms).map(([term, value]) => `${term} ${value.toFixed(4)}`);
    return `  ${host.padEnd(16)} ${score.toFixed(4).padStart(9)}  ${parts.join(', ')}`;
  });
  return [`the best of ${hosts} hosts${fell}:`, ...lines].join('\n');
}

/** `heps:gpu_mem_mib=40000`, added to those before. */
function property(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError('Expected key=value.');
  return { ...before, [key]: value! };
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
