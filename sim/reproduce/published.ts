/** What the FGD paper published for its default list: GPU allocated at 130 % asked for, per cent, mean over the seeds 42 to 51 (Fig. 9a). */
export const publishedAt130: Readonly<Record<string, number>> = {
  'fgd/random': 87.47,
  'fgd/dot-product': 90.85,
  'gpu-clustering': 91.88,
  'gpu-packing': 92,
  'fgd/best-fit': 93.08,
  fgd: 95.39,
};

/** Whether those are the nodes and the list of the paper, judged by their sizes. */
export function isPublished(
  list: string,
  { nodes, cards, listed, listedMilliGpu }: { nodes: number; cards: number; listed: number; listedMilliGpu: number },
): boolean {
  return list === 'default' && nodes === 1213 && cards === 6212 && listed === 8152 && listedMilliGpu === 6_086_800;
}
