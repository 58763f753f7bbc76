/** The subscriber of docs/examples/live-subscriber prints what is committed, of a simulation and of a live cloud. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken } from '../../../live/access/tokens.ts';
import { startLiveServer } from '../../../live/server/server.ts';
import { openStores } from '../../../live/server/stores.ts';
import { reportOf, temporaryFolder } from '../../live/srm/build.ts';
import { agentTokens, put } from '../../live/srm/server-process.ts';

const folder = 'docs/examples/live-subscriber';
const script = `${folder}/subscriber.mjs`;

test('of a simulation it prints the committed lines', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe(readFileSync(`${folder}/simulation.txt`, 'utf8'));
});

test('of a live cloud whose host reports two VMs, one after the other, it prints the committed lines', async () => {
  const { path, remove } = temporaryFolder();
  const database = { kind: 'sqlite', file: join(path, 'heps.db') } as const;
  const server = await startLiveServer(
    {
      ...{
        listen: { address: '127.0.0.1', port: 0 },
        tls: null,
        database,
        keepForD: { requests: 90, comparisons: 90, audit: 400 },
        keystone: null,
        mirror: null,
        desktops: null,
      },
      ...{ srm: { intervalS: 10, auditReportsForH: 6 }, scheduling: null, log: { level: 'error' } },
    },
    pino({ level: 'silent' }),
  );
  const store = await openStores(database);
  const token = makeToken();
  await store.tokens.addToken(hashOf(token), 'reader', null, 0);
  const agents = await agentTokens(store, ['gpu-01']);
  await store.close();
  const report = async (sequence: number, holders: string[], healthy = true): Promise<void> => {
    await put(server.url, agents.get('gpu-01')!, reportOf('gpu-01', sequence, { holders, healthy }), sequence - 1);
  };
  await report(1, ['desktop-1', '']);
  const child = spawn(process.execPath, [script, server.url], { env: { ...process.env, HEPS_TOKEN: token } });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  onTestFinished(async () => {
    child.kill();
    await server.stop();
    remove();
  });
  const lines = readFileSync(`${folder}/live.txt`, 'utf8').trimEnd().split('\n');
  const reached = (count: number): Promise<void> =>
    expect.poll(() => printed.trimEnd().split('\n'), { timeout: 20_000 }).toEqual(lines.slice(0, count));
  await reached(1);
  await report(2, ['desktop-1', 'desktop-2']);
  await reached(2);
  await report(3, ['', 'desktop-2']);
  await reached(3);
  await report(4, ['', 'desktop-2'], false);
  await reached(5);
});
