/** `heps live agent`: reports this host's cards, cores and memory to the registry. */
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { hostToken, tokenVariable } from '../gpu-host/host-token.ts';
import { askSmi } from '../gpu-host/nvidia-smi.ts';
import { type Observation, observe } from '../gpu-host/observation.ts';
import { registryTransport } from '../gpu-host/registry-transport.ts';
import { existingRoot } from '../gpu-host/root-folder.ts';
import { wallClock } from '../wall-clock.ts';
import { serverUrl } from './server-options.ts';

interface AgentArguments {
  registry?: URL;
  tokenFile?: string;
  host?: string;
  intervalS: number;
  root: string;
  once?: boolean;
  print?: boolean;
}

export function addAgent(live: Command): void {
  live
    .command('agent')
    .description('report this GPU host to the registry: its cards, who holds them, cores and memory in use')
    .option('--registry <url>', 'address of the registry', serverUrl)
    .option('--token-file <file>', `file with the host's token (default: environment variable ${tokenVariable})`)
    .option('--host <name>', 'name under which Nova knows the host (default: the host name)')
    .option('--interval-s <n>', 'seconds between readings', seconds, 10)
    .option('--root <dir>', 'read a recorded or mounted tree with sys, proc, etc instead of this host', '/')
    .option('--once', 'report once and end')
    .option('--print', 'with --once: print the report as JSON instead of sending it')
    .addHelpText(
      'after',
      `
It sends what has changed, and at least every second interval. Reading who holds a card needs root, or
CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH. A registry with a certificate of your own authority: set
NODE_EXTRA_CA_CERTS to its file.

Example:
  heps live agent --once --print`,
    )
    .action(runCommand);
}

async function runCommand(options: AgentArguments): Promise<void> {
  const { runAgent, sendReport, sequenceNumbers } = await import('../gpu-host/agent.ts');
  if (options.print && !options.once) throw new InputError('--print', '--once with it', undefined);
  const root = existingRoot(options.root);
  const host = options.host ?? hostNameOf(root);
  const ask = root === '/' ? askSmi() : null;
  const observeAt = (nowS: number, sequence: number): Promise<Observation> =>
    observe({ root, host, askSmi: ask, nowS, sequence });

  if (options.print) {
    const { warnings, ...report } = await observeAt(wallClock.nowS, sequenceNumbers()(wallClock.nowS));
    for (const warning of warnings) log(warning);
    console.log(JSON.stringify(report, null, 2));
    return;
  }

  if (options.registry === undefined) throw new InputError('--registry', 'the address of the registry', undefined);
  if (options.registry.username !== '' || options.registry.password !== '') {
    throw InputError.saying('--registry: expected an address without name and password');
  }
  const token = (): string => hostToken(options.tokenFile, process.env);
  token(); // one that is missing now is said now
  warnOfOpenSecrets(options);
  const send = registryTransport({ url: options.registry, token });
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());

  if (options.once) {
    const { warnings, ...report } = await observeAt(wallClock.nowS, sequenceNumbers()(wallClock.nowS));
    for (const warning of warnings) log(warning);
    const outcome = await sendReport(send, report, null, stop.signal);
    if (outcome.kind === 'taken') return;
    log(outcome.kind === 'conflict' ? 'the registry has a different or later record of this host' : outcome.reason);
    process.exitCode = 1;
    return;
  }
  const { intervalS } = options;
  await runAgent({
    observe: observeAt,
    send,
    clock: wallClock,
    random: Math.random,
    log,
    intervalS,
    signal: stop.signal,
  });
}

function log(line: string): void {
  console.error(`heps live agent: ${line}`);
}

function warnOfOpenSecrets({ registry, tokenFile }: AgentArguments): void {
  if (tokenFile !== undefined && (statSync(tokenFile).mode & 0o004) !== 0) {
    log(`${tokenFile} can be read by every user of this host: chmod 600 it`);
  }
  if (registry!.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(registry!.hostname)) {
    log('the token travels unencrypted: use an https address');
  }
}

/** The name in the tree's /etc/hostname; this host's own for `/`. */
function hostNameOf(root: string): string {
  if (root === '/') return hostname();
  try {
    return readFileSync(join(root, 'etc/hostname'), 'utf8').trim();
  } catch (error) {
    const expected = `the host's name, since ${join(root, 'etc/hostname')} does not say`;
    throw InputError.unreadable('--host', expected, error as NodeJS.ErrnoException);
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 1) || !(value <= 3600)) {
    throw new InvalidArgumentError('Expected a number of seconds from 1 to 3600.');
  }
  return value;
}
