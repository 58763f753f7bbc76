/** What Prometheus' own tools say of alerts and metrics, and that alerts, tests, runbook and dashboard speak of the same things. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { hashOf } from '../../live/access/secrets.ts';
import { makeToken } from '../../live/access/tokens.ts';
import { openStores } from '../../live/server/stores.ts';
import { MemoryCloud } from '../live/memory-cloud/memory-cloud.ts';
import { memoryHost } from '../live/scheduling/harness.ts';
import { temporaryFolder } from '../live/srm/build.ts';
import { type ServerProcess, startServerProcess } from '../live/srm/server-process.ts';

const rulesFile = 'live/prometheus/heps.rules.yml';
const dashboardFile = 'live/prometheus/heps.dashboard.json';
const testsFile = 'test/prometheus/heps.rules.test.yml';
const promtool = (...args: string[]) => spawnSync('promtool', args, { encoding: 'utf8' });

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
const rules = (parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

const { path, remove } = temporaryFolder();
let cloud: MemoryCloud;
let server: ServerProcess;
/** `/metrics` of a server with a scheduler and desktops. */
let metrics: string;

beforeAll(async () => {
  cloud = await MemoryCloud.start({ hosts: [memoryHost('cpu-1'), memoryHost('gpu-1', 'a40', 4)] });
  const database = { file: `${path}/heps.db` };
  const stores = await openStores({ kind: 'sqlite', file: database.file });
  const token = makeToken();
  await stores.tokens.addToken(hashOf(token), 'reader', null, 0);
  await stores.close();
  server = await startServerProcess(path, database, {
    more: {
      scheduling: { mode: 'act' },
      desktops: {
        stationsFile: resolve('live/desktops/examples/stations.yaml'),
        publicUrl: 'https://desk.example.org',
        networks: ['10.20.0.0/16'],
        vmNetworks: ['5d6f'],
      },
      accounts: { kind: 'local' },
      gateway: { publicUrl: 'https://stream.example.org' },
    },
    environment: cloud.environment(path),
  });
  const answer = await fetch(`${server.url}metrics`, { headers: { authorization: `Bearer ${token}` } });
  metrics = await answer.text();
});

afterAll(async () => {
  await server?.end('SIGTERM');
  await cloud?.close();
  remove();
});

test('promtool finds nothing wrong with the alerts', () => {
  const { status, stdout, stderr } = promtool('check', 'rules', rulesFile);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  expect(status).toBe(0);
});

test('each alert fires for what it is for, and none fires for a service in good health', () => {
  const { status, stdout, stderr } = promtool('test', 'rules', testsFile);
  expect([stdout, stderr].join('')).toContain('SUCCESS');
  expect(status).toBe(0);
  const tested = (parse(readFileSync(testsFile, 'utf8')) as { tests: { name: string }[] }).tests.map(
    ({ name }) => name,
  );
  expect(tested).toEqual(expect.arrayContaining(rules.map(({ alert }) => alert)));
});

test('the runbook has a section for each alert, at the place that the alert names', () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8');
  const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(rules.map(({ alert }) => alert));
  for (const { alert, annotations } of rules) {
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
  }
});

test('promtool finds nothing wrong with the metrics of the server', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
  const ours = [stdout, stderr]
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('heps_'));
  expect(ours).toEqual([]);
  // 3 where it has something to say of the names of Node's own metrics.
  expect([0, 3]).toContain(status);
});

test('the server has every metric of alerts and dashboard', () => {
  const dashboard = JSON.parse(readFileSync(dashboardFile, 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const expressions = [...rules, ...dashboard.panels.flatMap(({ targets }) => targets)].map(({ expr }) => expr);
  const named = new Set(expressions.flatMap((expr) => [...expr.matchAll(/heps_\w+/g)].map(([name]) => name)));
  const has = new Set(
    [...metrics.matchAll(/^# TYPE (heps_\w+) (\w+)$/gm)].flatMap(([, name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
  );
  expect(named.size).toBeGreaterThan(12);
  expect([...named].filter((name) => !has.has(name))).toEqual([]);
});
