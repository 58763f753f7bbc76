/** Our baselines are the real thing: for each of some hundred boots, the host that nova-scheduler chose is the one that the policy says. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { policyNamed } from '../../core/policies/index.ts';
import { createPolicy } from '../../core/policy.ts';
import { collect, type Nova, openGlance, openNova } from '../../live/openstack/index.ts';
import { randomStream } from '../../traces/random.ts';
import { cloudConfiguration, logIn, stateFolder } from './cloud.ts';
import { cloudSpecs, modelByProduct } from './gpu-reports.ts';
import type { Baseline } from './stock-identity/baseline.ts';
import { bootServers, until } from './stock-identity/boot-servers.ts';
import { compare, hostBy } from './stock-identity/comparison.ts';
import { addHostAggregates } from './stock-identity/host-aggregates.ts';
import { type Judged, reportOf } from './stock-identity/report.ts';
import { readDecisions } from './stock-identity/scheduler-log.ts';
import { openTables } from './stock-identity/seen-hosts.ts';
import { addUnevenHosts, type BootedFlavor, createFlavors } from './stock-identity/uneven-hosts.ts';

const servers = Number(process.env.HEPS_IDENTITY_SERVERS ?? 300);
const seed = Number(process.env.HEPS_SEED ?? 1);
const admin = logIn(cloudConfiguration('admin'));
const log = join(stateFolder, 'log/scheduler.log');
let nova: Nova;
let tables: Pool;
let imageId: string;
let removeUnevenHosts: (() => Promise<void>) | undefined;

beforeAll(async () => {
  nova = await openNova(admin.session);
  tables = openTables();
  await removeServers();
  await removeFlavors();
  removeUnevenHosts = await addUnevenHosts(admin.session, nova);
  imageId = (await collect(openGlance(admin.session).listImages()))[0]!.id;
}, 240_000);

afterAll(async () => {
  await removeUnevenHosts?.();
  await tables.end();
  await admin.session.close();
}, 240_000);

const baselines: readonly Baseline[] = [
  { policy: 'nova', hostAggregates: 'none' },
  { policy: 'nova-aliases', hostAggregates: 'none' },
  { policy: 'nova-aliases', hostAggregates: 'gpu' },
];

describe.each(baselines)('policy $policy, host aggregates $hostAggregates', (baseline) => {
  let flavors: BootedFlavor[];
  let judged: Judged[];
  let removeHostAggregates: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    if (baseline.hostAggregates === 'gpu') {
      removeHostAggregates = await addHostAggregates(admin.session, nova, cloudSpecs());
    }
    flavors = await createFlavors(nova, baseline);
  }, 240_000);

  afterAll(async () => {
    await removeServers();
    await removeFlavors();
    await removeHostAggregates?.();
  }, 240_000);

  test(`${servers} servers are where the policy puts them, or refused as it refuses them`, async () => {
    const specs = cloudSpecs();
    const from = statSync(log).size;
    const beginMs = performance.now();
    const random = randomStream(seed, 'stock-identity');
    const plan = { baseline, servers, flavors, imageId, random, cpuShare: 0.6, removedShare: 0.5 };
    const boots = await bootServers(nova, tables, specs, modelByProduct(), plan);
    const seconds = Math.round((performance.now() - beginMs) / 1000);
    const decisions = await readDecisions(log, from);
    judged = boots.map((boot, index) => {
      const logged = decisions.get(boot.requestId);
      if (logged === undefined) throw new Error(`server ${index}: nova-scheduler's log has no ${boot.requestId}`);
      return { boot, logged, comparison: compare(boot, logged, specs, baseline) };
    });
    console.log(JSON.stringify({ ...baseline, seed, seconds, ...reportOf(judged, specs, baseline) }, null, 1));
    for (const [index, { comparison }] of judged.entries()) {
      if (comparison.reason !== null) console.log(`server ${index}: ${comparison.verdict}: ${comparison.reason}`);
    }
    expect(judged.length).toBe(servers);
    expect(judged.filter(({ comparison }) => comparison.verdict === 'different')).toEqual([]);
  }, 2_400_000);

  // With few servers a weigher may never have been decisive, or nobody refused.
  test.skipIf(servers < 200)('another policy, or Nova without one of its weighers, would not pass', () => {
    const specs = cloudSpecs();
    const placed = judged.filter(({ boot }) => boot.host !== null);
    const sameBy = (name: string) =>
      placed.filter(({ boot, logged }) => hostBy(createPolicy(policyNamed(name)), boot, logged, specs) === boot.host)
        .length;
    const same = Object.fromEntries(
      ['first-fit', 'best-fit', 'worst-fit', 'dot-product', 'hybrid'].map((name) => [name, sameBy(name)]),
    );
    console.log(`of ${placed.length}, at Nova's host by other policies: ${JSON.stringify(same)}`);
    expect(Math.max(...Object.values(same))).toBeLessThan(0.9 * placed.length);
    const { boot, logged } = judged.find(
      ({ comparison }) => comparison.verdict === 'same' && comparison.decisive.length > 0,
    )!;
    const wrong = { ...boot, host: logged.passed.find((name) => name !== boot.host)! };
    expect(compare(wrong, logged, specs, baseline)).toMatchObject({
      verdict: 'different',
      reason: expect.stringContaining(wrong.host),
    });
    const { decisive, refused } = reportOf(judged, specs, baseline);
    // In host aggregates all candidates for CPU VMs have no card.
    const weighers =
      baseline.hostAggregates === 'gpu' ? ['cpu', 'disk', 'io_ops', 'ram'] : ['cpu', 'disk', 'io_ops', 'pci', 'ram'];
    expect(Object.keys(decisive).sort()).toEqual(expect.arrayContaining(weighers));
    expect(Math.min(refused.placement, refused.filters)).toBeGreaterThan(0);
  });

  // What the policies differ in shows at the hosts that the filters let through.
  test.runIf(baseline.policy === 'nova-aliases')(
    'policy nova, which knows no sizes, lets through hosts that Nova does not',
    () => {
      const specs = cloudSpecs();
      const plain = { policy: 'nova', hostAggregates: 'none' } as const;
      const differing = judged.filter(({ boot, logged }) => {
        return boot.request.cards > 0 && compare(boot, logged, specs, plain).verdict === 'different';
      });
      expect(differing.length).toBeGreaterThan(0);
    },
  );
});

async function removeServers(): Promise<void> {
  const ids = async () => (await collect(nova.listServers({ allProjects: true }))).map(({ id }) => id);
  let left = await ids();
  while (left.length > 0) {
    await Promise.all(left.slice(0, 8).map((id) => nova.deleteServer(id).catch(() => undefined)));
    left = left.slice(8);
  }
  await until(
    async () => (await ids()).length === 0,
    () => 'servers are left',
  );
}

async function removeFlavors(): Promise<void> {
  for await (const { id, name } of nova.listFlavors()) if (name.startsWith('identity-')) await nova.deleteFlavor(id);
}
