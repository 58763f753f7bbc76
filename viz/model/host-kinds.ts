/** Puts equal hosts together, so that a reader sees a few kinds of hosts and not hundreds of hosts. */
import type { HostSpec } from '../../core/host.ts';

export interface HostKind {
  /** What sets it apart: `4 × A40`. */
  readonly title: string;
  /** How many there are, and their size: `8 hosts · 64 vCPUs`. */
  readonly detail: string;
  /** Host indexes, ascending. */
  readonly hosts: readonly number[];
}

/** More kinds than this are no help; coarser ones are made then. */
const mostKinds = 24;

/** Hosts by what they have: by cards and size where that gives few kinds, else by cards, else by whether they have any. Larger kinds first, hosts without cards before all. */
export function hostKindsOf(specs: readonly HostSpec[]): HostKind[] {
  const bySize = (spec: HostSpec): Label => [cardsLabel(spec), `${spec.vcpus} vCPUs`, spec.ramMib];
  const byCards = (spec: HostSpec): Label => [cardsLabel(spec), '', 0];
  const byUse = ({ cards }: HostSpec): Label => [cards.length === 0 ? 'no cards' : 'with cards', '', 0];
  for (const label of [bySize, byCards]) {
    const kinds = group(specs, label);
    if (kinds.length <= mostKinds) return kinds;
  }
  return group(specs, byUse);
}

/** Title; the size that is shown, where all hosts of the kind have the same; what else they have in common. */
type Label = readonly [string, string, number];

function cardsLabel({ cards }: HostSpec): string {
  if (cards.length === 0) return 'no cards';
  const counts = new Map<string, number>();
  for (const { model, sharing } of cards) {
    const name = sharing === 'shared' ? `${model} shared` : model;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(' + ');
}

function group(specs: readonly HostSpec[], labelOf: (spec: HostSpec) => Label): HostKind[] {
  const kinds = new Map<string, { label: Label; hosts: number[] }>();
  specs.forEach((spec, host) => {
    const label = labelOf(spec);
    const kind = kinds.get(label.join()) ?? { label, hosts: [] };
    kinds.set(label.join(), kind);
    kind.hosts.push(host);
  });
  const hasCards = ({ hosts }: HostKind): number => Math.min(1, specs[hosts[0]!]!.cards.length);
  return [...kinds.values()]
    .map(({ label: [title, size], hosts }) => ({ title, detail: detailOf(hosts.length, size), hosts }))
    .sort((a, b) => hasCards(a) - hasCards(b) || b.hosts.length - a.hosts.length || a.hosts[0]! - b.hosts[0]!);
}

function detailOf(count: number, size: string): string {
  return `${count} ${count === 1 ? 'host' : 'hosts'}${size === '' ? '' : ` · ${size}`}`;
}
