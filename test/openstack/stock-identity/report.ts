/** What a whole run of boots shows. */
import type { HostSpec } from '../../../core/host.ts';
import { type Baseline, policyOf } from './baseline.ts';
import { type Boot, type Comparison, hostBy, type Verdict } from './comparison.ts';
import type { LoggedDecision } from './scheduler-log.ts';
import type { Delays } from './seen-hosts.ts';

/** A boot, how Nova decided, and how that compares. */
export interface Judged {
  readonly boot: Boot;
  readonly logged: LoggedDecision;
  readonly comparison: Comparison;
}

export interface Report {
  readonly servers: number;
  readonly placed: number;
  readonly gpuPlaced: number;
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  /** Refused by Placement, for vCPUs, RAM or disk, or by PciPassthroughFilter. */
  readonly refused: { readonly placement: number; readonly filters: number };
  /** Largest difference between a weight of ours and the one in Nova's log, of those that agree. */
  readonly weightError: number;
  /** Servers that would be elsewhere without that weigher. */
  readonly decisive: Readonly<Partial<Record<string, number>>>;
  /** Servers that would be elsewhere if DiskWeigher knew of removed disks at once. */
  readonly elsewhereWithoutLateDisk: number;
  /** Servers that would be elsewhere if each server counted as building for this many seconds (`heps simulate --boot-s`). */
  readonly elsewhereByBootS: Readonly<Record<string, number>>;
  /** Servers for which several hosts weigh the same and the first by name is not Nova's. */
  readonly tiesByName: number;
}

/** @param specs of all hosts */
export function reportOf(judged: readonly Judged[], specs: readonly HostSpec[], baseline: Baseline): Report {
  const policy = policyOf(baseline);
  const placed = judged.filter(({ boot }) => boot.host !== null);
  const agreed = judged.filter(({ comparison }) => comparison.verdict !== 'different');
  const refused = judged.filter(({ comparison }) => comparison.verdict === 'refused');
  const ofEquals = judged.filter(({ comparison }) => comparison.verdict === 'same-of-equals');
  // What was refreshed in between was not known when the hosts were read.
  const known = placed.filter(({ comparison }) => comparison.verdict !== 'refreshed');
  const elsewhere = (change: (boot: Boot) => Boot, disk: Delays['disk']) =>
    known.filter(
      ({ boot, logged }) => hostBy(policy, change(boot), logged, specs, { disk, building: 'late' }) !== boot.host,
    ).length;
  return {
    servers: judged.length,
    placed: placed.length,
    gpuPlaced: placed.filter(({ boot }) => boot.request.cards > 0).length,
    verdicts: counts(judged.map(({ comparison }) => comparison.verdict)),
    refused: {
      placement: refused.filter(({ logged }) => logged.candidates === 0).length,
      filters: refused.filter(({ logged }) => logged.candidates > 0).length,
    },
    weightError: Math.max(...agreed.map(({ comparison }) => comparison.weightError)),
    decisive: counts(placed.flatMap(({ comparison }) => comparison.decisive)),
    elsewhereWithoutLateDisk: elsewhere((boot) => boot, 'now'),
    elsewhereByBootS: Object.fromEntries(
      [0, 15, 30, 45, 60].map((bootS) => [bootS, elsewhere((boot) => buildingFor(bootS, boot), 'late')]),
    ),
    tiesByName: ofEquals.filter(({ boot, comparison }) => [...comparison.equals].sort()[0] !== boot.host).length,
  };
}

/** The same, had each server counted as building for so long. */
function buildingFor(bootS: number, boot: Boot): Boot {
  const recent = counts(boot.running.filter(({ atS }) => atS > boot.atS - bootS).map(({ host }) => host));
  return {
    ...boot,
    seen: new Map([...boot.seen].map(([name, host]) => [name, { ...host, building: recent[name] ?? 0 }])),
  };
}

function counts<T extends string>(values: readonly T[]): Partial<Record<T, number>> {
  const counted: Partial<Record<T, number>> = {};
  for (const value of values) counted[value] = (counted[value] ?? 0) + 1;
  return counted;
}
