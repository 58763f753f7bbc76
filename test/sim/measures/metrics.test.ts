import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cluster } from '../../../core/cluster.ts';
import { cardsAt, type DecisionColumns, type RunSummary, requestAt, textAt } from '../../../core/runs/run-file.ts';
import { cardScore } from '../../../core/scores.ts';
import { card, hostSpec, large, policyNamed, small } from '../../core/build.ts';
import { anyRun, hostsOf, type Run, runOf, simulated, vm } from '../build.ts';

const gpu = { cards: 1 };

describe('use', () => {
  test('use is averaged over the time until the last arrival, what is bound later than that counts nothing', async () => {
    const hosts = [
      { vcpus: 4, ramMib: 8192 },
      { vcpus: 4, ramMib: 8192 },
    ];
    const arrivals = [
      vm('a', 0, 30, { vcpus: 2, ramMib: 4096 }),
      vm('b', 10, 90, { vcpus: 3, ramMib: 2048 }),
      vm('c', 40, 100, { vcpus: 4, ramMib: 8192 }),
    ];
    const { summary } = await simulated(runOf(hosts, arrivals));
    // Over 40 s: vCPUs 2 · 30 + 3 · 30 = 150 of 8 · 40; RAM 4 · 30 + 2 · 30 = 180 GiB·s of 16 · 40; VMs 30 + 30.
    expect(summary).toMatchObject({ durationS: 40, vcpuShare: 150 / 320, ramShare: 180 / 640, meanVms: 60 / 40 });
    expect(summary).toMatchObject({ cardShare: null, cardMemoryShare: null, cardMemoryAskedShare: null });
  });

  test('use is averaged over the days asked for, and arrivals at their end are left out', async () => {
    const arrivals = [vm('a', 0, 30), vm('b', 60, 30), vm('c', 100, 30)];
    const { summary, decisions } = await simulated(runOf(hostsOf(1), arrivals, { untilS: 100 }));
    expect(summary).toMatchObject({ durationS: 100, meanVms: 0.6, all: { arrived: 2 } });
    expect(decisions.id).toEqual(['a', 'b']);
  });

  test('use counts a VM from its binding, boot included', async () => {
    const { summary } = await simulated(runOf(hostsOf(1), [vm('a', 0, 30)], { cloud: { bootS: 20 }, untilS: 100 }));
    expect(summary.meanVms).toBe(0.5);
  });

  test('overcommitted vCPUs are a share of what may be given out', async () => {
    const hosts = [{ vcpus: 4, ramMib: 8192, cpuAllocationRatio: 2 }];
    const { summary } = await simulated(runOf(hosts, [vm('a', 0, 50, { vcpus: 4 })], { untilS: 100 }));
    expect(summary.vcpuShare).toBe(0.25);
  });

  test('a card held whole is in use, however little of its memory was asked for', async () => {
    const hosts = [{ vcpus: 8, ramMib: 16384, cards: [card(large), card(small)] }];
    const arrivals = [vm('a', 0, 50, { cards: 1, cardMemoryMib: 20480 })];
    const { summary } = await simulated(runOf(hosts, arrivals, { untilS: 100 }));
    // One of two cards for half of the time; 48 of 64 GiB, 20 of them asked for.
    expect(summary).toMatchObject({ cardShare: 0.25, cardMemoryShare: 48 / 128, cardMemoryAskedShare: 20 / 128 });
  });

  test('a shared card is in use as far as its cores are held', async () => {
    const hosts = [{ vcpus: 8, ramMib: 16384, cards: [card(small, 'shared')] }];
    const arrivals = [vm('a', 0, 50, { cards: 1, cardMemoryMib: 4096, cardCores: 1000 })];
    const { summary } = await simulated(runOf(hosts, arrivals, { untilS: 100 }));
    // 1000 of 5000 cores, 4 of 16 GiB, half of the time.
    expect(summary).toMatchObject({ cardShare: 0.1, cardMemoryShare: 0.125, cardMemoryAskedShare: 0.125 });
  });

  test('CPU VMs on GPU hosts are counted, and averaged over time', async () => {
    const hosts = [...hostsOf(1), { vcpus: 8, ramMib: 16384, cards: [card(large)] }];
    const arrivals = [vm('a', 0, 80), vm('b', 10, 30), vm('c', 10, 30, gpu), vm('d', 20, 10)];
    const { summary } = await simulated(runOf(hosts, arrivals, { policy: 'hybrid', untilS: 100 }));
    // a takes the CPU host; b and d find only the GPU host: 30 + 10 VM-seconds. c belongs there.
    expect(summary).toMatchObject({ cpuVmsOnGpuHosts: 2, meanCpuVmsOnGpuHosts: 0.4 });
  });
});

describe('stranded cards', () => {
  const hosts = [{ vcpus: 4, ramMib: 16384, cards: [card(large), card(large), card(large)] }];

  test('stranded cards are idle on a host with fewer vCPUs free than any GPU VM so far asked for', async () => {
    const arrivals = [
      vm('a', 0, 100, { ...gpu, vcpus: 2 }),
      vm('b', 10, 50, { vcpus: 1 }), // one vCPU left, two cards idle
      vm('c', 30, 20, { ...gpu, vcpus: 1 }), // takes the last vCPU, and one card; now one vCPU would do
    ];
    const { summary } = await simulated(runOf(hosts, arrivals, { untilS: 100 }));
    // From 10 to 30 two cards; from 30 to 50 no vCPU and one card; from 50 on a vCPU is free, which is enough.
    expect(summary.meanStrandedCards).toBeCloseTo((20 * 2 + 20 * 1) / 100, 12);
  });

  test('cards are stranded for want of RAM too', async () => {
    const arrivals = [vm('a', 0, 20, { ...gpu, ramMib: 4096 }), vm('b', 10, 40, { ramMib: 12288 })];
    const { summary } = await simulated(runOf(hosts, arrivals, { untilS: 100 }));
    // From 10 to 20 no RAM and two idle cards, from 20 to 50 4 GiB, which is enough.
    expect(summary.meanStrandedCards).toBeCloseTo(0.2, 12);
  });

  test('stranded cards are none before a GPU VM has asked, though no vCPU is free; one that is refused has asked too', async () => {
    const arrivals = [vm('a', 0, 50, { vcpus: 4 }), vm('b', 30, 10, gpu)];
    const { summary } = await simulated(runOf(hosts, arrivals, { untilS: 100 }));
    expect(summary.all).toMatchObject({ placed: 1, refused: 1 });
    expect(summary.meanStrandedCards).toBeCloseTo((20 * 3) / 100, 12);
  });
});

describe('cards that are too small', () => {
  const host = { vcpus: 8, ramMib: 16384, cards: [card(small), card(small), card(large)] };
  const hosts = [host, host];
  const arrivals = [
    vm('big', 0, 100, { ...gpu, cardMemoryMib: 40_000 }),
    vm('cores', 0, 100, { ...gpu, cardCores: 6000 }),
    vm('any', 0, 100, gpu),
    vm('cpu', 0, 100),
  ];

  test('nova gives them, and such VMs are placed but not served as asked', async () => {
    const { summary, decisions } = await simulated(runOf(hosts, arrivals, { policy: 'nova' }));
    // Hosts weigh the same, so big gets the first card of the first host. Then RAM and vCPUs speak for host 1, by 1/16 + 1/8, and
    // PCIWeigher by 1 for host 0, which has fewer cards idle.
    expect(decisions.host.slice(0, 3)).toEqual([0, 0, 0]);
    expect([0, 1, 2].map((row) => cardsAt(decisions, row))).toEqual([[0], [1], [2]]);
    expect(summary.wrongCards).toBe(2);
    expect(summary.stockWrongCards).toBe(2);
    expect(summary.gpu).toMatchObject({ arrived: 3, placed: 3, served: 1 });
    expect(summary).toMatchObject({ acceptanceShare: 1, servedShare: 0.5, gpuServedShare: 1 / 3 });
  });

  test('hybrid never gives them, and counts how often stock counting would have', async () => {
    const { summary } = await simulated(runOf(hosts, arrivals, { policy: 'hybrid' }));
    // Both large cards go to big and cores. To any, stock counting cannot give a wrong one.
    expect(summary).toMatchObject({ wrongCards: 0, stockWrongCards: 2, servedShare: 1, gpuServedShare: 1 });
  });
});

describe('counts and waits', () => {
  /** Waits of 0, 10, 20, …: one place, VMs of 10 s that all come at once. */
  const atOnce = (count: number) => Array.from({ length: count }, (_, index) => vm(`vm-${index}`, 1, 10));

  test('quantiles of waits are by nearest rank over placed VMs', async () => {
    const { summary } = await simulated(runOf(hostsOf(1), atOnce(10), { cloud: { onFull: 'queue' } }));
    // 0, 10, …, 90: mean 45; ranks 5, 10, 10.
    expect(summary.waitS).toEqual({ mean: 45, p50: 40, p95: 90, p99: 90, max: 90 });
    expect(summary).toMatchObject({ waited: 9, all: { placed: 10, meanWaitS: 45 } });
  });

  test('a wait ends with the start, so that boot is part of it, also of those that are bound at once', async () => {
    const cloud = { onFull: 'queue', bootS: 5 } as const;
    const { summary } = await simulated(runOf(hostsOf(1), atOnce(2), { cloud }));
    // The second is bound at 1 + 5 + 10 and starts at 21, 20 s after it asked.
    expect(summary.waitS).toMatchObject({ p50: 5, max: 20, mean: 12.5 });
    expect(summary.waited).toBe(1);
  });

  test('acceptance is told by flavor, in the order of names', async () => {
    const of = (flavor: string, id: string, atS: number, vcpus = 1) => ({ ...vm(id, atS, 10, { vcpus }), flavor });
    const arrivals = [
      of('office', 'a', 0),
      of('cad', 'b', 0),
      of('office', 'c', 1),
      of('', 'd', 5),
      of('cad', 'e', 6, 3),
      of('office', 'f', 12),
    ];
    const cloud = { onFull: 'queue', patienceS: 4 } as const;
    const { summary } = await simulated(runOf(hostsOf(2), arrivals, { cloud }));
    // a and b run from 0 to 10. c asks at 1 and gives up at 5, d asks at 5 and gives up at 9, e fits nowhere.
    const none = { arrived: 1, placed: 0, served: 0, refused: 0, gaveUp: 0, unservable: 0, meanWaitS: null };
    expect(summary.byFlavor).toEqual({
      cad: { ...none, arrived: 2, placed: 1, served: 1, unservable: 1, meanWaitS: 0 },
      office: { ...none, arrived: 3, placed: 2, served: 2, gaveUp: 1, meanWaitS: 0 },
      unnamed: { ...none, gaveUp: 1 },
    });
    expect(Object.keys(summary.byFlavor)).toEqual(['cad', 'office', 'unnamed']);
    expect(summary).toMatchObject({ acceptanceShare: 0.5, servedShare: 0.5, gpuServedShare: null });
    // c and d waited 4 s each, of 12.
    expect(summary.meanWaiting).toBeCloseTo(8 / 12, 12);
  });

  test('without VMs there is nothing to measure', async () => {
    const { summary, series } = await simulated(runOf(hostsOf(1), []));
    expect(summary).toMatchObject({ durationS: 0, acceptanceShare: null, servedShare: null, vcpuShare: 0, meanVms: 0 });
    expect(summary.waitS).toEqual({ mean: null, p50: null, p95: null, p99: null, max: null });
    expect(series.vms).toEqual([]);
  });

  test('a day without arrivals counts as a day', async () => {
    const { summary, series } = await simulated(runOf(hostsOf(1), [], { untilS: 86_400 }));
    expect(summary).toMatchObject({ durationS: 86_400, vcpuShare: 0 });
    expect(series.vms).toEqual(new Array(24).fill(0));
  });
});

describe('series', () => {
  test('series are means over intervals, the last one as long as it is, and counts', async () => {
    const arrivals = [vm('a', 0, 15, { vcpus: 2 }), vm('b', 5, 20), vm('c', 7, 1, { vcpus: 4 }), vm('d', 25, 5)];
    const { series } = await simulated(runOf(hostsOf(4), arrivals, { intervalS: 10 }));
    // VMs: 10 + 5, then 5 + 10, then 5 of 5 s; vCPUs 20 + 5, 10 + 10, 5.
    expect(series).toMatchObject({ intervalS: 10, vms: [1.5, 1.5, 1], vcpuShare: [25 / 40, 20 / 40, 5 / 20] });
    expect(series).toMatchObject({ arrived: [3, 0, 1], placed: [2, 0, 1], turnedAway: [1, 0, 0] });
    expect(series).toMatchObject({ waiting: [0, 0, 0], cardShare: [0, 0, 0], strandedCards: [0, 0, 0] });
  });

  test('series count every arrival, also one at the very end that begins an interval', async () => {
    const { series, summary } = await simulated(runOf(hostsOf(4), [vm('a', 0, 5), vm('b', 20, 5)], { intervalS: 10 }));
    expect(series.arrived.reduce((sum, count) => sum + count, 0)).toBe(summary.all.arrived);
  });

  test('series have intervals twice as long each time there would be more than 4096', async () => {
    // 10 000 s in intervals of 1 s: doubled twice.
    const { series } = await simulated(runOf(hostsOf(4), [vm('a', 0, 6000)], { intervalS: 1, untilS: 10_000 }));
    expect([series.intervalS, series.vms.length]).toEqual([4, 2500]);
    expect(series.vms).toEqual([...new Array(1500).fill(1), ...new Array(1000).fill(0)]);
  });
});

/** ∫ over [fromS, untilS] of what rows weigh while they last. */
function area(spans: readonly Span[], fromS: number, untilS: number): number {
  const overlap = (span: Span): number => Math.max(0, Math.min(span.toS, untilS) - Math.max(span.fromS, fromS));
  return spans.reduce((sum, span) => sum + span.weight * overlap(span), 0);
}

interface Span {
  readonly fromS: number;
  readonly toS: number;
  readonly weight: number;
}

type Result = Awaited<ReturnType<typeof simulated>>;

/** Rectangles of each figure, from the recorded decisions alone. */
function rectangles({ decisions }: Result, run: Run) {
  const specs = run.hosts.map(hostSpec);
  const { wholeCards } = policyNamed(run.policy);
  const rows = decisions.id.map((_, row) => row);
  const placed = rows.filter((row) => decisions.host[row]! >= 0);
  const held = (weigh: (row: number) => number): Span[] =>
    placed.map((row) => ({ fromS: decisions.decidedS[row]!, toS: decisions.endS[row]!, weight: weigh(row) }));
  const ofCards = (row: number, weigh: (memoryShare: { memoryMib: number; coresShare: number }) => number): number =>
    cardsAt(decisions, row).reduce((sum, index) => {
      const { memoryMib, cores, sharing } = specs[decisions.host[row]!]!.cards[index]!;
      const [mib, asked] = [decisions.cardMemoryMib[row]!, decisions.cardCores[row]!];
      if (wholeCards || sharing === 'passthrough' || mib + asked === 0)
        return sum + weigh({ memoryMib, coresShare: 1 });
      const coresHeld = asked > 0 ? asked : Math.floor((cores * mib) / memoryMib);
      const memoryHeld = mib > 0 ? mib : Math.floor((memoryMib * asked) / cores);
      return sum + weigh({ memoryMib: memoryHeld, coresShare: coresHeld / cores });
    }, 0);
  const isGpuHost = (row: number) => specs[decisions.host[row]!]!.cards.length > 0;
  return {
    vms: held(() => 1),
    vcpus: held((row) => decisions.vcpus[row]!),
    ramMib: held((row) => decisions.ramMib[row]!),
    cards: held((row) => ofCards(row, ({ coresShare }) => coresShare)),
    cardMemoryMib: held((row) => ofCards(row, ({ memoryMib }) => memoryMib)),
    cardMemoryAskedMib: held((row) => decisions.cards[row]! * decisions.cardMemoryMib[row]!),
    cpuVmsOnGpuHosts: held((row) => (decisions.cards[row] === 0 && isGpuHost(row) ? 1 : 0)),
    waiting: rows
      .filter((row) => textAt(decisions.waitReason, row) !== '')
      .map((row) => ({ fromS: decisions.submitS[row]!, toS: decisions.decidedS[row]!, weight: 1 })),
  };
}

/** S_card of the slowest card of each GPU VM, averaged over those placed; null without one. Submissions after a failure do not count. */
function meanCardScore(decisions: Result['decisions'], run: Run): unknown {
  const { specs, largestCard } = new Cluster(run.hosts.map(hostSpec));
  const scores = decisions.host.flatMap((host, row) => {
    if (host < 0 || decisions.attempt[row]! > 1 || decisions.cards[row] === 0) return [];
    return [Math.min(...cardsAt(decisions, row).map((card) => cardScore(specs[host]!.cards[card]!, largestCard)))];
  });
  return scores.length === 0 ? null : expect.closeTo(scores.reduce((sum, each) => sum + each, 0) / scores.length, 12);
}

/** Stranded cards between every two moments at which something happens, from a new cluster each time. */
function strandedSpans({ decisions, faults }: Result, run: Run): Span[] {
  const { wholeCards } = policyNamed(run.policy);
  const { submitS, decidedS, endS } = decisions;
  const timesS = [...submitS, ...decidedS, ...endS.filter((each) => each !== null), ...faults!.atS];
  const moments = [...new Set(timesS)].sort((a, b) => a - b);
  return moments.map((nowS, index) => {
    const cluster = new Cluster(run.hosts.map(hostSpec));
    decisions.host.forEach((host, row) => {
      if (host < 0 || decidedS[row]! > nowS || endS[row]! <= nowS) return;
      cluster.bind({ request: requestAt(decisions, row), host, cards: cardsAt(decisions, row), wholeCards });
    });
    faults!.atS.forEach((atS, fault) => {
      const [host, card] = [faults!.host[fault]!, faults!.card[fault]!];
      if (atS > nowS) return;
      if (card < 0) cluster.up[host] = faults!.up[fault]!;
      else cluster.cardHealthy[cluster.cardStart[host]! + card] = faults!.up[fault]!;
    });
    const asked = submitS.flatMap((atS, row) => (atS <= nowS && decisions.cards[row]! > 0 ? [row] : []));
    const leastVcpus = Math.min(...asked.map((row) => decisions.vcpus[row]!));
    const leastRamMib = Math.min(...asked.map((row) => decisions.ramMib[row]!));
    const weight = cluster.hosts.reduce((sum, host) => {
      const isShort = host.vcpusFree < leastVcpus || host.ramFreeMib < leastRamMib;
      return asked.length > 0 && host.isUp && isShort ? sum + host.idleCards : sum;
    }, 0);
    return { fromS: nowS, toS: moments[index + 1] ?? Infinity, weight };
  });
}

/** Capacities of all hosts together. */
function capacityOf(run: Run) {
  const cards = run.hosts.flatMap((host) => host.cards ?? []);
  return {
    vcpus: run.hosts.reduce((sum, host) => sum + Math.round(host.vcpus * host.cpuAllocationRatio! * 1000) / 1000, 0),
    ramMib: run.hosts.reduce((sum, host) => sum + host.ramMib, 0),
    cards: cards.length,
    cardMemoryMib: cards.reduce((sum, each) => sum + each.memoryMib, 0),
  };
}

/** Counts of the rows that a claim is true of. */
function countOf(decisions: DecisionColumns, claim: (row: number) => boolean): number {
  return decisions.id.filter((_, row) => claim(row)).length;
}

const often = { numRuns: 300 };

describe('any run, recomputed from its recorded decisions', () => {
  test('uses are the sums of rectangles, over the run and over each interval', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const result = await simulated(run);
        const { summary, series } = result;
        const spans = { ...rectangles(result, run), stranded: strandedSpans(result, run) };
        const capacity = capacityOf(run);
        const compare = [
          ['meanVms', 'vms', spans.vms, 1],
          ['meanWaiting', 'waiting', spans.waiting, 1],
          ['vcpuShare', 'vcpuShare', spans.vcpus, capacity.vcpus],
          ['ramShare', 'ramShare', spans.ramMib, capacity.ramMib],
          ['cardShare', 'cardShare', spans.cards, capacity.cards],
          ['cardMemoryShare', 'cardMemoryShare', spans.cardMemoryMib, capacity.cardMemoryMib],
          ['cardMemoryAskedShare', 'cardMemoryAskedShare', spans.cardMemoryAskedMib, capacity.cardMemoryMib],
          ['meanStrandedCards', 'strandedCards', spans.stranded, 1],
          ['meanCpuVmsOnGpuHosts', 'cpuVmsOnGpuHosts', spans.cpuVmsOnGpuHosts, 1],
        ] as const satisfies readonly (readonly [keyof RunSummary, keyof typeof series, Span[], number])[];
        const { durationS } = summary;
        for (const [figure, name, rows, of] of compare) {
          const mean = durationS === 0 ? 0 : area(rows, 0, durationS) / durationS;
          if (of === 0) expect(summary[figure]).toBeNull();
          else expect(summary[figure], figure).toBeCloseTo(mean / of, 9);
          const intervals = series[name].map((_, index) => {
            const fromS = index * series.intervalS;
            const untilS = Math.min(fromS + series.intervalS, durationS);
            return of === 0 ? 0 : area(rows, fromS, untilS) / (untilS - fromS) / of;
          });
          for (const [index, value] of series[name].entries()) {
            expect(value, `${name}[${index}]`).toBeCloseTo(intervals[index]!, 5);
          }
          expect(series[name].length).toBe(Math.ceil(durationS / series.intervalS));
        }
      }),
      often,
    );
  });

  test('the time of a run is what was asked for, or until the last arrival', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const { summary } = await simulated(run);
        const lastS = run.arrivals.at(-1)?.atS ?? 0;
        if (run.untilS !== null || lastS > 0) expect(summary.durationS).toBe(run.untilS ?? lastS);
      }),
    );
  });

  test('counts, waits and losses are those of the rows', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const { summary, decisions, faults, conflicts } = await simulated(run);
        const { attempt, host, startS, endS, submitS, vcpus, outcome } = decisions;
        const isFirst = (row: number) => attempt[row] === 1;
        const isLost = (row: number) => textAt(outcome, row) === 'lost';
        const first = (text: string) => countOf(decisions, (row) => isFirst(row) && textAt(outcome, row) === text);
        const hasWrongCards = (row: number) =>
          cardsAt(decisions, row).some((index) => {
            const { memoryMib, cores } = run.hosts[host[row]!]!.cards![index]!;
            return memoryMib < decisions.cardMemoryMib[row]! || cores < decisions.cardCores[row]!;
          });
        const waitsS = submitS.flatMap((atS, row) => (isFirst(row) && host[row]! >= 0 ? [startS[row]! - atS] : []));
        expect(summary.all).toEqual({
          arrived: run.arrivals.filter(({ atS }) => atS < (run.untilS ?? Infinity)).length,
          placed: first('completed') + first('lost'),
          served: countOf(decisions, (row) => isFirst(row) && host[row]! >= 0 && !hasWrongCards(row)),
          refused: first('refused'),
          gaveUp: first('gave-up'),
          unservable: first('unservable'),
          meanWaitS: waitsS.length === 0 ? null : expect.closeTo(waitsS.reduce((a, b) => a + b, 0) / waitsS.length, 6),
        });
        const { all, cpu, gpu: ofGpu } = summary;
        for (const part of ['arrived', 'placed', 'served', 'refused', 'gaveUp', 'unservable'] as const) {
          expect(cpu[part] + ofGpu[part]).toBe(all[part]);
          expect(Object.values(summary.byFlavor).reduce((sum, kind) => sum + kind[part], 0)).toBe(all[part]);
        }
        expect(all.placed + all.refused + all.gaveUp + all.unservable).toBe(all.arrived);
        const lostRows = endS.flatMap((_, row) => (isLost(row) ? [row] : []));
        const ranS = (row: number) => Math.max(0, endS[row]! - startS[row]!);
        expect(summary.lostVms).toBe(lostRows.length);
        expect(summary.lostVcpuHours * 3600).toBeCloseTo(
          lostRows.reduce((sum, row) => sum + ranS(row) * vcpus[row]!, 0),
          6,
        );
        expect(summary.lostCardHours * 3600).toBeCloseTo(
          lostRows.reduce((sum, row) => sum + ranS(row) * decisions.cards[row]!, 0),
          6,
        );
        expect(summary.hostFailures).toBe(
          faults!.up.filter((up, index) => up === 0 && faults!.card[index] === -1).length,
        );
        expect(summary.cardFailures).toBe(
          faults!.up.filter((up, index) => up === 0 && faults!.card[index] !== -1).length,
        );
        expect(summary.wrongCards).toBe(countOf(decisions, (row) => host[row]! >= 0 && hasWrongCards(row)));
        if (run.policy !== 'nova') expect(summary.wrongCards).toBe(0);
        expect(summary.meanCardScore).toEqual(meanCardScore(decisions, run));
        // What refused at the first try may be the same as at the last.
        for (const firstTry of [0, 1]) {
          const recorded = conflicts!.firstTry.filter((each) => each === firstTry).length;
          expect(summary.conflicts).toBeGreaterThanOrEqual(recorded);
        }
        if (run.cloud.srmIntervalS === 0) expect(summary.conflicts).toBe(0);
      }),
      often,
    );
  });

  test('series count every arrival in its interval', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const { summary, series, decisions } = await simulated(run);
        // The last interval ends with the run and has whatever comes at that moment.
        const intervalOf = (atS: number) => Math.min(Math.floor(atS / series.intervalS), series.arrived.length - 1);
        const counts = series.arrived.map((_, index) =>
          countOf(decisions, (row) => decisions.attempt[row] === 1 && intervalOf(decisions.submitS[row]!) === index),
        );
        expect(series.arrived).toEqual(counts);
        if (summary.durationS === 0) expect(series.arrived).toEqual([]);
        else expect(series.arrived.reduce((sum, count) => sum + count, 0)).toBe(summary.all.arrived);
      }),
      often,
    );
  });

  test('under nova the cards that stock counting gets wrong are those that the run gets wrong', async () => {
    const novaRun = anyRun.map((run): Run => {
      const cloud = { ...run.cloud, mtbfH: null, cardMtbfH: null };
      return { ...run, policy: 'nova', cloud };
    });
    await fc.assert(
      fc.asyncProperty(novaRun, async (run) => {
        const { summary } = await simulated(run);
        expect(summary.stockWrongCards).toBe(summary.wrongCards);
      }),
      often,
    );
  });
});
