/** What the options of runs need to have an effect. */
import { policies as builtIn } from '../../core/policies/index.ts';
import type { PolicyFactory } from '../../core/policy.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import type { OptionNeed } from '../../idle-options.ts';
import { recogniseTrace, type TraceFormat } from '../../traces/formats.ts';
import { defaultCloud } from '../cloud/cloud-options.ts';
import { type ClusterInput, readCluster } from './inputs.ts';

/** What the other options of a run, or of several, say. */
export interface RunSituation {
  readonly cluster: ClusterInput;
  readonly trace: string | null;
  /** Another seed means other arrivals, whatever the trace. */
  readonly isGenerated: boolean;
  readonly cloud: CloudOptions;
  /** None where nothing is scheduled. */
  readonly policies: readonly PolicyFactory[];
  /** Values that are not as usual. */
  readonly policyOptions: Readonly<Record<string, unknown>>;
}

/** A workload alone. */
export function workloadSituation(trace: string | null, isGenerated = trace === null): RunSituation {
  return { cluster: 'heps-250', trace, isGenerated, cloud: defaultCloud, policies: [], policyOptions: {} };
}

/** The seed of one run, the seeds of several, and what adds seeds. */
const seedFlags = ['--seed', '--seeds', '--until-ci'];

/** A table of the options of runs; of their policies those that come with heps and those of `outside`. */
export function runNeedsWith(outside: readonly PolicyFactory[] = []): readonly OptionNeed<RunSituation>[] {
  return [...runNeeds, ...policyNeeds([...builtIn, ...outside])];
}

const runNeeds: readonly OptionNeed<RunSituation>[] = [
  {
    flags: ['--backfill', '--patience'],
    idle: ({ cloud }) => (cloud.onFull === 'queue' ? undefined : 'without --on-full queue'),
  },
  {
    flags: ['--schedulers'],
    idle: ({ cloud: { schedulers = 1, srmIntervalS } }) =>
      schedulers === 1 || srmIntervalS > 0 ? undefined : 'without --srm-interval-s: all see the same',
  },
  {
    flags: ['--mttr-h', '--resubmit'],
    idle: ({ cloud: { mtbfH, cardMtbfH } }) =>
      mtbfH === null && cardMtbfH === null ? 'without --mtbf-h or --card-mtbf-h' : undefined,
  },
  {
    flags: ['--card-mtbf-h'],
    idle: async ({ cluster }) => {
      const { name, hosts } = await readCluster(cluster);
      return hosts.some(({ cards }) => cards.length > 0) ? undefined : `on cluster ${name}, which has no cards`;
    },
  },
  { flags: ['--skip-invalid'], idle: ({ trace }) => (trace === null ? 'without a trace' : undefined) },
  {
    flags: ['--times'],
    idle: async ({ trace }) => {
      if (trace === null) return 'without a trace of openb';
      const format = await recogniseTrace(trace);
      return format === 'openb' ? undefined : `with a trace that is not of openb but ${formatNames[format]}`;
    },
  },
  {
    flags: seedFlags,
    idle: async ({ trace, isGenerated, cloud, policies }) => {
      const isByLot = isGenerated || cloud.mtbfH !== null || cloud.cardMtbfH !== null || policies.some(mayDrawLots);
      if (isByLot || (trace !== null && (await recogniseTrace(trace)) === 'azure2017')) return undefined;
      const names = policies.map(({ name }) => name);
      const parts = [
        'the arrivals are given',
        ...(names.length === 0 ? [] : ['nothing fails', 'no policy draws lots']),
      ];
      return `here: ${parts.join(', ')}`;
    },
  },
];

const formatNames: Readonly<Record<TraceFormat, string>> = {
  'heps-csv': 'heps CSV',
  openb: 'openb',
  azure2017: 'azure2017',
  'azure-vmtable': "Azure's vmtable",
  swf: 'SWF',
};

/** Those of the policies, by name or by file, that may draw lots. */
export function policiesWithLots(names: readonly string[]): string[] {
  return names.filter((name) => {
    const factory = builtIn.find((policy) => policy.name === name);
    return factory === undefined || mayDrawLots(factory);
  });
}

/** A policy of heps says so; of others nobody knows. */
function mayDrawLots(factory: PolicyFactory): boolean {
  if (!builtIn.some(({ name }) => name === factory.name)) return true;
  return factory.shown?.({ seed: 1 }).isLot === true;
}

/** Options that count only beside some value of another one of the same policy. */
const besides: Readonly<Record<string, { readonly other: string; readonly value: string }>> = {
  similarity: { other: 'gpuScore', value: 'card' },
  reserveVcpusPerCard: { other: 'spill', value: 'never' },
  reserveRamMibPerCard: { other: 'spill', value: 'never' },
};

function policyNeeds(factories: readonly PolicyFactory[]): OptionNeed<RunSituation>[] {
  const names = new Set(factories.flatMap(({ options = {} }) => Object.keys(options)));
  return [...names].map((name) => ({
    flags: [flagOf(name)],
    idle: ({ policies, policyOptions }) => {
      const having = policies.filter(({ options = {} }) => Object.hasOwn(options, name));
      if (having.length === 0) {
        const chosen = policies.map((policy) => policy.name).join(', ');
        return `with ${policies.length === 1 ? 'policy' : 'policies'} ${chosen}`;
      }
      const { other, value } = besides[name] ?? {};
      const isCovered =
        other !== undefined &&
        policyOptions[other] === value &&
        having.every(
          (policy) => builtIn.some((one) => one.name === policy.name) && policy.options![other] !== undefined,
        );
      return isCovered ? `with ${flagOf(other)} ${value}` : undefined;
    },
  }));
}

/** `reserveVcpusPerCard` → `--reserve-vcpus-per-card`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
