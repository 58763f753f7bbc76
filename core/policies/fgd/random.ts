/** Random of the FGD artifact (random_score.go): any host that fits, and of its cards that fit any, by lots that can be drawn again. */
import { serves } from '../../card-fit.ts';
import type { HostView } from '../../cluster.ts';
import { hashText, mix } from '../../hash.ts';
import type { Policy, PolicyFactory } from '../../policy.ts';
import type { VmRequest } from '../../request.ts';
import { KindScoreIndex } from '../../score-index/kind-score-index.ts';
import { artifactFilters, indexesOf, tightestServingIndexes } from './artifact.ts';

export const fgdRandom: PolicyFactory = {
  name: 'fgd/random',
  summary: 'Random of the FGD paper: any host that fits and any card that fits, by lots drawn from the seed',
  create({ seed }) {
    let [hashedId, hash] = ['', hashText(`${seed}/`)];
    /** In [0, 1): a function of seed, request and host alone. */
    const lot = ({ index }: HostView, { id }: VmRequest): number => {
      if (id !== hashedId) [hashedId, hash] = [id, hashText(`${seed}/${id}`)];
      return mix(hash ^ mix(index + 1)) / 2 ** 32;
    };
    const policy: Policy = {
      ...artifactFilters,
      name: 'fgd/random',
      score: lot,
      terms: (host, request) => ({ lot: lot(host, request) }),
      cards: (host, request) =>
        request.cards > 1 ? tightestServingIndexes(host, request) : anyCard(host, request, seed),
      index: (cluster) => new KindScoreIndex(cluster, policy, 'by request'),
    };
    return policy;
  },
  shown: () => ({ isLot: true }),
};

/** One of the cards that can serve a request for one card; of whole cards the first, as the artifact's other policies take them. */
function anyCard(host: HostView, request: VmRequest, seed: number): number[] {
  const { cluster, index } = host;
  const serving: number[] = [];
  for (let card = cluster.cardStart[index]!; card < cluster.cardStart[index + 1]!; card++) {
    if (serves(cluster, card, request)) serving.push(card);
  }
  const isWhole = cluster.gpuVmColumn(index, [serving[0]! - cluster.cardStart[index]!], request, false) === 1;
  const lot = hashText(`${seed}/${request.id}/card`) / 2 ** 32;
  return indexesOf(host, [serving[isWhole ? 0 : Math.floor(lot * serving.length)]!]);
}
