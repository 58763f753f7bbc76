/** Typical requests: which kinds of VMs a workload is made of, and how often. They weigh the fragmentation measure of FGD. */
import { InputError } from '../input-error.ts';
import type { VmRequest } from '../request.ts';
import type { RequestKind, TypicalRequest } from '../typical-request.ts';

/** VMs of a workload that are counted at most, the first ones; a longer one is not read to its end for it. */
export const mostCountedVms = 100_000;

/** Part of the VMs whose kinds are typical: the most frequent kinds that together reach it. */
const typicalShare = 0.95;

/** Counts requests by kind. */
export class RequestKinds {
  readonly #counts = new Map<string, { readonly kind: RequestKind; count: number }>();
  #total = 0;

  /** VMs counted so far. */
  get total(): number {
    return this.#total;
  }

  add({ vcpus, cards, cardMemoryMib, cardCores, cardModels }: RequestKind): void {
    const isGpu = cards > 0;
    // What a CPU VM says of cards means nothing.
    const key = isGpu ? `${vcpus} ${cards} ${cardMemoryMib} ${cardCores} ${cardModels.join('|')}` : `${vcpus}`;
    const known = this.#counts.get(key);
    this.#total++;
    if (known !== undefined) known.count++;
    else {
      const ofCards = isGpu
        ? { cardMemoryMib, cardCores, cardModels }
        : { cardMemoryMib: 0, cardCores: 0, cardModels: [] };
      this.#counts.set(key, { kind: { vcpus, cards, ...ofCards }, count: 1 });
    }
  }

  /**
   * The most frequent kinds until 95 % of the VMs are covered, as section 3.2 of Weng et al. (USENIX ATC 2023) has it; of equally
   * frequent ones those that ask for more vCPUs come first, then for more cores of a card, more cards, then by models, and by card
   * memory, which the paper does not know. Empty without VMs.
   */
  typical(): TypicalRequest[] {
    const sorted = [...this.#counts.values()].sort((a, b) => b.count - a.count || descending(a.kind, b.kind));
    const taken: typeof sorted = [];
    let covered = 0;
    for (const each of sorted) {
      if (covered >= typicalShare * this.#total) break;
      taken.push(each);
      covered += each.count;
    }
    // In two steps, as the artifact rounds: FGD's points hang on the last bit.
    const coveredShare = covered / this.#total;
    return taken.map(({ kind, count }) => ({ share: count / this.#total / coveredShare, ...kind }));
  }
}

function descending(a: RequestKind, b: RequestKind): number {
  const [modelsA, modelsB] = [a.cardModels.join('|'), b.cardModels.join('|')];
  return (
    b.vcpus - a.vcpus ||
    b.cardCores - a.cardCores ||
    b.cards - a.cards ||
    (modelsA === modelsB ? 0 : modelsA < modelsB ? 1 : -1) ||
    b.cardMemoryMib - a.cardMemoryMib
  );
}

/** The typical requests of those VMs. */
export function typicalRequestsOf(requests: Iterable<VmRequest>): TypicalRequest[] {
  const kinds = new RequestKinds();
  for (const request of requests) {
    if (kinds.total === mostCountedVms) break;
    kinds.add(request);
  }
  return kinds.typical();
}

/** @throws InputError when a policy that needs them was given none */
export function neededTypicalRequests(
  policy: string,
  typicalRequests: readonly TypicalRequest[] | undefined,
): readonly TypicalRequest[] {
  if (typicalRequests !== undefined) return typicalRequests;
  throw new InputError(`policy ${policy}`, 'typical requests, which only a workload known beforehand has', undefined);
}
