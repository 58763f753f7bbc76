/** The server with a certificate of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Agent, fetch } from 'undici';
import { expect, test } from 'vitest';
import type { Configuration } from '../../../live/server/configuration.ts';
import { startLiveServer } from '../../../live/server/server.ts';
import { temporaryFolder } from './build.ts';

test('it answers by TLS, to those who trust its certificate, and not by plain HTTP', async () => {
  const { path, remove } = temporaryFolder();
  const pem = (name: string): string => readFileSync(join('test/live/openstack/tls', `${name}.pem`), 'utf8');
  const configuration: Configuration = {
    listen: { address: '127.0.0.1', port: 0 },
    tls: { certificate: pem('certificate'), key: pem('key') },
    database: { kind: 'sqlite', file: join(path, 'heps.db') },
    srm: { intervalS: 10, auditReportsForH: 6 },
    scheduling: null,
    mirror: null,
    keepForD: { requests: 90, comparisons: 90, audit: 400 },
    keystone: null,
    desktops: null,
    log: { level: 'error' },
  };
  const server = await startLiveServer(configuration, pino({ level: 'silent' }));
  const trusting = new Agent({ connect: { ca: pem('certificate') } });
  try {
    expect(server.url).toMatch(/^https:/);
    const answer = await fetch(`${server.url}healthz`, { dispatcher: trusting });
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    await expect(fetch(`${server.url}healthz`)).rejects.toThrow();
    await expect(fetch(`${server.url.replace('https', 'http')}healthz`)).rejects.toThrow();
  } finally {
    await trusting.close();
    await server.stop();
    remove();
  }
});
