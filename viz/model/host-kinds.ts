/** Puts equal hosts together, so that a reader sees a few kinds of hosts and not hundreds of hosts. */
import type { HostSpec } from '../../core/host.ts';

export interface HostKind {
  readonly label: string;
  /** Host indexes, ascending. */
  readonly hosts: readonly number[];
}

/** More kinds than this are no help; coarser ones are made then. */
const mostKinds = 24;

/** Hosts by what they have: by cards and size where that gives few kinds, else by cards, else by whether they have any. Larger kinds first, hosts without cards before all. */
export function hostKindsOf(specs: readonly HostSpec[]): HostKind[] {
  const ways = [
    (spec: HostSpec) => `${cardsLabel(spec)} · ${spec.vcpus} vCPU · ${Math.round(spec.ramMib / 1024)} GiB`,
    cardsLabel,
    (spec: HostSpec) => (spec.cards.length === 0 ? 'CPU hosts' : 'GPU hosts'),
  ];
  for (const label of ways) {
    const kinds = group(specs, label);
    if (kinds.length <= mostKinds) return kinds;
  }
  return group(specs, ways.at(-1)!);
}

function cardsLabel({ cards }: HostSpec): string {
  if (cards.length === 0) return 'CPU';
  const counts = new Map<string, number>();
  for (const { model, sharing } of cards) {
    const name = sharing === 'shared' ? `${model} shared` : model;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(' + ');
}

function group(specs: readonly HostSpec[], labelOf: (spec: HostSpec) => string): HostKind[] {
  const kinds = new Map<string, number[]>();
  specs.forEach((spec, host) => {
    const label = labelOf(spec);
    const hosts = kinds.get(label);
    if (hosts === undefined) kinds.set(label, [host]);
    else hosts.push(host);
  });
  const hasCards = ({ hosts }: HostKind): number => Math.min(1, specs[hosts[0]!]!.cards.length);
  return [...kinds]
    .map(([label, hosts]) => ({ label, hosts }))
    .sort((a, b) => hasCards(a) - hasCards(b) || b.hosts.length - a.hosts.length || a.hosts[0]! - b.hosts[0]!);
}
