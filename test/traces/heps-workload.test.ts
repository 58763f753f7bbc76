import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../../core/cluster.ts';
import { parseCluster } from '../../core/cluster-file.ts';
import { cpuRamDisk, fineGrainedGpu } from '../../core/filters.ts';
import type { Arrival } from '../../traces/arrival.ts';
import { beamBlocks, isRunDay, secondsPerDay, secondsPerHour, weekdayOf } from '../../traces/heps-calendar.ts';
import { readHepsParameters } from '../../traces/heps-parameters-reader.ts';
import { heldProposals } from '../../traces/heps-proposals.ts';
import { generateHeps } from '../../traces/heps-workload.ts';

const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const json = readJson('../../traces/workloads/heps.json');
const parameters = readHepsParameters(json);
const cluster = new Cluster(parseCluster(readJson('../../traces/clusters/heps-250.json'), 'heps-250.json').hosts);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const days = 30;
const months = seeds.map((seed) => generateHeps({ days, load: 1, seed, parameters }));
const everyArrival = months.flat();

/** Time average over the window of what the running desktops ask for, if each starts as it arrives. */
function demand(arrivals: readonly Arrival[], asked: (arrival: Arrival) => number): number {
  const windowS = days * secondsPerDay;
  let sum = 0;
  for (const arrival of arrivals) {
    sum += asked(arrival) * (Math.min(arrival.atS + arrival.lifetimeS, windowS) - arrival.atS);
  }
  return sum / windowS;
}
const meanDemand = (asked: (arrival: Arrival) => number) => demand(everyArrival, asked) / seeds.length;
const withoutId = ({ request, ...arrival }: Arrival) => JSON.stringify({ ...arrival, request: { ...request, id: '' } });

describe('arrivals of heps.json', () => {
  it('about 500 desktops run at a time at load 1, for every seed', () => {
    expect(meanDemand(() => 1)).toBeGreaterThan(500 * 0.95);
    expect(meanDemand(() => 1)).toBeLessThan(500 * 1.05);
    for (const month of months) expect(Math.abs(demand(month, () => 1) - 500)).toBeLessThan(50);
  });

  it('the first weeks are as full as the last ones: the cloud starts in steady state', () => {
    const running = (month: readonly Arrival[], atS: number) =>
      month.filter((arrival) => arrival.atS <= atS && arrival.atS + arrival.lifetimeS > atS).length;
    // Noon of all days of the first full week against noon of those of the last.
    const week = (first: number) =>
      months
        .flatMap((month) => [0, 1, 2, 3, 4, 5, 6].map((day) => running(month, (first + day + 0.5) * secondsPerDay)))
        .reduce((sum, count) => sum + count, 0);
    expect(week(0) / week(21)).toBeGreaterThan(0.85);
    expect(week(0) / week(21)).toBeLessThan(1.15);
    for (const month of months) expect(running(month, 0)).toBeGreaterThan(250);
  });

  it('half the load is half the desktops, all of which are there at full load too', () => {
    for (const [index, seed] of seeds.slice(0, 3).entries()) {
      const half = generateHeps({ days, load: 0.5, seed, parameters });
      const ratio = demand(half, () => 1) / demand(months[index]!, () => 1);
      expect(ratio).toBeGreaterThan(0.45);
      expect(ratio).toBeLessThan(0.55);
      const full = new Set(months[index]!.map(withoutId));
      expect(half.filter((arrival) => !full.has(withoutId(arrival)))).toEqual([]);
    }
  });

  it('the same seed gives the same arrivals, another seed others, more days the same ones first', () => {
    const first = months[0]!;
    expect(generateHeps({ days, load: 1, seed: 1, parameters })).toEqual(first);
    expect(months[1]!.slice(0, 100)).not.toEqual(first.slice(0, 100));
    expect(generateHeps({ days: 100, load: 1, seed: 1, parameters }).slice(0, first.length)).toEqual(first);
  });

  it('arrivals of heps.json are in order, at whole seconds inside the window, of positive length, with ids in order', () => {
    for (const month of months) {
      const times = month.map((arrival) => arrival.atS);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(month.map((arrival) => arrival.request.id)).toEqual(
        month.map((_, index) => `heps-${String(index + 1).padStart(6, '0')}`),
      );
      expect(times[0]).toBe(0);
      expect(month.at(-1)!.atS).toBeLessThan(days * secondsPerDay);
      const whole = (arrival: Arrival) => Number.isInteger(arrival.atS) && Number.isInteger(arrival.lifetimeS);
      expect(month.every((arrival) => whole(arrival) && arrival.lifetimeS > 0)).toBe(true);
    }
  });

  it('arrivals of heps.json come from all 14 stations, of every kind and size', () => {
    expect(parameters.beamlines).toHaveLength(14);
    const sizes = parameters.kinds.flatMap(({ name, sizes }) => sizes.map(({ value }) => name + JSON.stringify(value)));
    for (const month of months) {
      expect(new Set(month.map((arrival) => arrival.station)).size).toBe(14);
      expect(new Set(month.map((arrival) => arrival.flavor)).size).toBe(parameters.kinds.length);
    }
    const seen = new Set(everyArrival.map(({ flavor, request: { id, ...size } }) => flavor + JSON.stringify(size)));
    expect([...seen].sort()).toEqual(sizes.sort());
  });

  it('analysis starts in working hours', () => {
    // Avizo is used for little but analysis. Starts per hour: 45 working hours a week, 56 hours of night, 48 of weekend.
    const starts = everyArrival.filter(({ flavor, atS }) => flavor === 'volume-rendering' && atS > 0);
    const perHour = (hours: number, matches: (weekday: number, hour: number) => boolean) =>
      starts.filter(({ atS }) => {
        const day = Math.floor(atS / secondsPerDay);
        return matches(weekdayOf(day), Math.floor((atS % secondsPerDay) / secondsPerHour));
      }).length / hours;
    const working = perHour(45, (weekday, hour) => weekday < 5 && hour >= 9 && hour < 18);
    expect(working).toBeGreaterThan(10 * perHour(56, (_, hour) => hour < 8));
    expect(working).toBeGreaterThan(3 * perHour(48, (weekday) => weekday >= 5));
  });
});

describe('beamtime of heps.json', () => {
  const { calendar } = parameters;

  it('beamtime of heps.json is 5 040 hours a year', () => {
    const shifts = [0, 1, 2, 3, 4]
      .flatMap((cycle) => beamBlocks(calendar, cycle))
      .reduce((sum, b) => sum + b.shifts, 0);
    expect(shifts * calendar.shiftHours).toBe(5040); // 5 cycles · 7 weeks · 6 days · 24 h
    expect(5 * calendar.cycleDays).toBe(365);
  });

  it('beamtime of heps.json never starts in a shutdown or on a day of machine study', () => {
    const proposals = heldProposals(parameters, 1, 0, 364);
    const startDays = proposals.map(({ startS }) => Math.floor(startS / secondsPerDay));
    expect(startDays.every((day) => isRunDay(calendar, day) && weekdayOf(day) !== calendar.studyWeekday)).toBe(true);
  });

  it('beamtime of heps.json fills every beamline: no shift is idle, none is given twice', () => {
    const blocks = beamBlocks(calendar, 0).map(({ startS, shifts }) => [startS, startS + shifts * 8 * 3600]);
    for (const beamline of parameters.beamlines) {
      const spans: number[][] = [];
      for (const { startS, endS } of heldProposals(parameters, 3, 0, 0).filter((p) => p.beamline === beamline)) {
        const last = spans.at(-1);
        if (last?.[1] === startS) last[1] = endS;
        else spans.push([startS, endS]);
      }
      expect(spans).toEqual(blocks);
    }
  });

  it('the default 30 days lie within one run; a year has shutdowns, which are quieter', () => {
    expect(Array.from({ length: days }, (_, day) => isRunDay(calendar, day)).every(Boolean)).toBe(true);
    const year = generateHeps({ days: 365, load: 1, seed: 1, parameters });
    const perDay = (inRun: boolean) => {
      const some = Array.from({ length: 365 }, (_, day) => day).filter((day) => isRunDay(calendar, day) === inRun);
      const count = year.filter(({ atS }) => isRunDay(calendar, Math.floor(atS / secondsPerDay)) === inRun).length;
      return count / some.length;
    };
    expect(perDay(false)).toBeLessThan(0.8 * perDay(true));
  });
});

describe('heps.json on heps-250', () => {
  const cards = cluster.specs.flatMap((spec) => spec.cards);
  const cardsOf = (leastMib: number) => cards.filter((card) => card.memoryMib >= leastMib).length;
  const askedOf = (leastMib: number) =>
    meanDemand(({ request }) => (request.cardMemoryMib >= leastMib ? request.cards : 0));
  const total = (hosts: typeof cluster.specs, size: 'vcpus' | 'ramMib') =>
    hosts.reduce((sum, host) => sum + host[size], 0);
  const cpuHosts = cluster.specs.filter((host) => host.cards.length === 0);

  it('heps.json on heps-250 has 250 hosts, and asks for 82 to 88 % of the cards', () => {
    expect(cluster.specs).toHaveLength(250);
    const share = meanDemand(({ request }) => request.cards) / cards.length;
    expect(share).toBeGreaterThan(0.82);
    expect(share).toBeLessThan(0.88);
  });

  it('heps.json on heps-250 asks for 80 to 90 % of the cards that alone can serve 22, 40, 45 and 79 GB', () => {
    for (const leastMib of [22_000, 40_000, 45_000, 79_000]) {
      const share = askedOf(leastMib) / cardsOf(leastMib);
      expect(share, `${leastMib} MiB`).toBeGreaterThan(0.8);
      expect(share, `${leastMib} MiB`).toBeLessThan(0.9);
    }
  });

  it('heps.json on heps-250 asks for about 80 % of the vCPUs and, with CPU desktops, for about 90 % of those of the CPU hosts', () => {
    const vcpus = meanDemand(({ request }) => request.vcpus) / total(cluster.specs, 'vcpus');
    const cpuOnly = meanDemand(({ request }) => (request.cards === 0 ? request.vcpus : 0)) / total(cpuHosts, 'vcpus');
    const ram = meanDemand(({ request }) => request.ramMib) / total(cluster.specs, 'ramMib');
    expect(vcpus).toBeGreaterThan(0.75);
    expect(vcpus).toBeLessThan(0.85);
    expect(cpuOnly).toBeGreaterThan(0.85);
    expect(cpuOnly).toBeLessThan(0.95);
    expect(ram).toBeGreaterThan(0.6);
    expect(ram).toBeLessThan(vcpus);
  });

  it('GPU hosts have more RAM than CPU hosts', () => {
    const most = Math.max(...cpuHosts.map((host) => host.ramMib));
    const gpuHosts = cluster.specs.filter((host) => host.cards.length > 0);
    expect(Math.min(...gpuHosts.map((host) => host.ramMib))).toBeGreaterThan(most);
  });

  it('every request fits on some empty host', () => {
    const requests = parameters.kinds.flatMap(({ sizes }) => sizes.map(({ value }) => ({ id: 'any', ...value })));
    const unserved = requests.filter(
      (request) =>
        !cluster.hosts.some((host) => !cpuRamDisk.reject(host, request) && !fineGrainedGpu.reject(host, request)),
    );
    expect(unserved).toEqual([]);
  });

  it('the test bed is three hosts with one RTX A6000 each', () => {
    const { hosts } = parseCluster(readJson('../../traces/clusters/heps-test-3.json'), 'heps-test-3.json');
    expect(hosts.map((host) => host.cards.map((card) => card.model))).toEqual(Array(3).fill(['RTX A6000']));
  });
});

describe('readHepsParameters', () => {
  const changed = (change: (copy: Record<string, unknown>) => void) => {
    const copy = structuredClone(json) as Record<string, unknown>;
    change(copy);
    return () => readHepsParameters(copy);
  };

  it('readHepsParameters names the field that is wrong', () => {
    expect(changed((copy) => Object.assign(copy, { format: 'x' }))).toThrow('format: expected heps-workload/1');
    expect(changed((copy) => delete (copy.calendar as Record<string, unknown>).reason)).toThrow('calendar.reason');
    expect(changed((copy) => Object.assign(copy.calendar as object, { shiftHours: 7 }))).toThrow('a divisor of 24');
    expect(changed((copy) => Object.assign((copy.profiles as object[])[0]!, { analysis: { x: 1 } }))).toThrow(
      'profiles[0].analysis: expected one of ct-imaging',
    );
    expect(changed((copy) => Object.assign((copy.kinds as object[])[0]!, { sizes: [] }))).toThrow('kinds[0].sizes');
    expect(changed((copy) => Object.assign((copy.beamlines as object[])[1]!, { id: 'B1' }))).toThrow('beamlines[1].id');
  });

  it('readHepsParameters refuses a load of 0 and half a day', () => {
    expect(() => generateHeps({ days: 1, load: 0, seed: 1, parameters })).toThrow('load: expected a number above 0');
    expect(() => generateHeps({ days: 0.5, load: 1, seed: 1, parameters })).toThrow('days: expected a whole number');
  });
});
