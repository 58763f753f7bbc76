/** What one decision costs: the scheduler against the same algorithm written with `.filter().map().sort()` over plain objects. */
import Benchmark from 'benchmark';
import { Cluster } from '../core/cluster.ts';
import { hybrid } from '../core/policies/hybrid.ts';
import { defaultPolicyOptions } from '../core/policy.ts';
import type { VmRequest } from '../core/request.ts';
import { schedule } from '../core/scheduler.ts';
import { inBatches, loadCluster, openWorkload } from '../sim/inputs.ts';
import { defaultCloud, simulate } from '../sim/simulate.ts';
import { type PlainHost, plainHosts, scheduleOverObjects } from './plain-scheduler.ts';

/** A cluster of heps-250 in the middle of its month, and the requests of the day after. */
export async function busyCluster(): Promise<{ cluster: Cluster; plain: PlainHost[]; requests: VmRequest[] }> {
  const { hosts } = await loadCluster('heps-250');
  const workload = { preset: 'heps', trace: null, days: 10, load: 1, times: null, skipInvalid: false };
  const arrivals = [];
  for await (const batch of (await openWorkload(workload, 1)).arrivals) arrivals.push(...batch);
  const nowS = 9 * 86400;
  const { decisions } = await simulate(hosts, inBatches(arrivals), hybrid.create(defaultPolicyOptions), {
    cloud: defaultCloud,
    seed: 1,
    untilS: nowS,
    record: true,
  });
  const cluster = new Cluster(hosts);
  const byId = new Map(arrivals.map(({ request }) => [request.id, request]));
  decisions!.id.forEach((id, row) => {
    const host = decisions!.host[row]!;
    if (host < 0 || decisions!.endS[row]! <= nowS) return;
    const text = decisions!.cardIndexes.texts[decisions!.cardIndexes.rows[row]!]!;
    const cards = text === '' ? [] : text.split('-').map(Number);
    cluster.bind({ request: byId.get(id)!, host, cards, wholeCards: false });
  });
  const requests = arrivals.filter(({ atS }) => atS >= nowS).map(({ request }) => request);
  return { cluster, plain: plainHosts(cluster), requests };
}

/** Prints microseconds a decision, median of the samples, for both ways. */
export async function benchDecision(): Promise<void> {
  const { cluster, plain, requests } = await busyCluster();
  const policy = hybrid.create(defaultPolicyOptions);
  const ways: [string, () => unknown][] = [
    ['objects, filter map sort', () => requests.map((request) => scheduleOverObjects(plain, request))],
    ['schedule(), the reference', () => requests.map((request) => schedule(cluster, request, policy))],
  ];
  for (const [name, decideAll] of ways) {
    const bench = new Benchmark(name, decideAll).run();
    const samples = [...bench.stats.sample].sort((a, b) => a - b);
    const median = samples[Math.floor(samples.length / 2)]!;
    const us = (seconds: number): string => ((seconds / requests.length) * 1e6).toFixed(2);
    console.log(
      `one decision at 250 hosts, ${name.padEnd(26)} ${us(median)} µs (${us(samples[0]!)} to ${us(samples.at(-1)!)})`,
    );
  }
}
