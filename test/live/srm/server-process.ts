/** `heps live serve` as a process of its own, as built, and agents that report to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken } from '../../../live/access/tokens.ts';
import type { Stores } from '../../../live/server/stores.ts';
import type { HostReport } from '../../../live/srm/report.ts';

export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Every line of the log so far. */
  readonly log: readonly string[];
  /** Ends it by a signal. @returns its exit code, null after SIGKILL */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

export interface ProcessOptions {
  /** Further parts of the configuration. */
  readonly more?: object;
  readonly environment?: Readonly<Record<string, string>>;
  /** Defaults to a free one. */
  readonly port?: number;
}

/** Starts the server with that part of the configuration. Resolves when it is ready. */
export async function startServerProcess(
  folder: string,
  database: object,
  { more = {}, environment = {}, port = 0 }: ProcessOptions = {},
): Promise<ServerProcess> {
  const config = join(folder, 'heps.yaml');
  writeFileSync(config, stringify({ listen: { port }, database, log: { level: 'debug' }, ...more }));
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'live', 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const log: string[] = [];
  const exited = once(child, 'exit');
  createInterface({ input: child.stderr! }).on('line', (line) => log.push(line));
  const url = await new Promise<string>((found, failed) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      log.push(line);
      const entry = JSON.parse(line) as { msg: string; url?: string };
      if (entry.msg === 'ready') found(entry.url!);
    });
    child.once('exit', () => failed(new Error(`the server ended: ${log.join('\n')}`)));
  });
  return {
    url,
    child,
    log,
    async end(signal) {
      child.kill(signal);
      return (await exited)[0] as number | null;
    },
  };
}

/** Makes tokens for agents, by host. */
export async function agentTokens(store: Stores, hosts: readonly string[]): Promise<Map<string, string>> {
  const tokens = new Map<string, string>();
  for (const host of hosts) {
    const token = makeToken();
    await store.tokens.addToken(hashOf(token), 'agent', host, 1_764_000_000);
    tokens.set(host, token);
  }
  return tokens;
}

/** Sends a report as the successor of a version, 0 for the first. */
export async function put(url: string, token: string, report: HostReport, version: number): Promise<Response> {
  return await fetch(`${url}v1/srm/${report.record.host}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(version > 0 && { 'if-match': `"${version}"` }),
    },
    body: JSON.stringify(report),
  });
}
