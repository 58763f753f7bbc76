/** The scoring formulas of the paper, section 3.5.2, on one page. Pure functions of numbers. */
import type { GpuModel } from './gpu-card.ts';
import { dimensions, type ResourceVector } from './resources.ts';

/** Options of the Least Requested Score. */
export interface LrsOptions {
  /** Weight of free vCPUs; the weight of RAM is 1 minus it. Defaults to ½. */
  readonly vcpuWeight: number;
  /** M of Eq. (1): points of an empty host. Defaults to 100. */
  readonly maxScore: number;
}
/** The weights of Eq. (1) unless others are given: vCPUs and RAM alike, 100 points at most. */
export const defaultLrs: LrsOptions = { vcpuWeight: 0.5, maxScore: 100 };

/** The part of a host that Eq. (1) reads. */
export interface LrsHost {
  /** vCPUs that it gives out. */
  readonly vcpus: number;
  /** vCPUs that may still be given out. */
  readonly vcpusFree: number;
  /** RAM that VMs may use, MiB. */
  readonly ramMib: number;
  /** RAM that is free, MiB. */
  readonly ramFreeMib: number;
}

/**
 * Least Requested Score, Eq. (1): how much of the host stays free once the request is placed.
 *
 *     LRS = Σᵢ wᵢ (cᵢ − rᵢ) / cᵢ · M        i ∈ {vCPU, RAM}
 *
 * `rᵢ` is what the host already carries plus this request; the paper leaves that open. With equal weights it is evaluated as
 * M · ((c₁−r₁)·c₂ + (c₂−r₂)·c₁) / (2·c₁·c₂) with vCPUs in thousandths: whole numbers above and below, so that scores that are
 * equal on paper are equal as floats.
 *
 * @returns points in [0, maxScore]; higher is emptier
 */
export function leastRequestedScore(
  host: LrsHost,
  request: { readonly vcpus: number; readonly ramMib: number },
  options: LrsOptions = defaultLrs,
): number {
  const ramLeftMib = host.ramFreeMib - request.ramMib;
  const { vcpuWeight, maxScore } = options;
  if (vcpuWeight === 0.5) {
    const milliVcpus = Math.round(host.vcpus * 1000);
    const milliVcpusLeft = Math.round((host.vcpusFree - request.vcpus) * 1000);
    return (maxScore * (milliVcpusLeft * host.ramMib + ramLeftMib * milliVcpus)) / (2 * milliVcpus * host.ramMib);
  }
  const vcpusLeft = host.vcpusFree - request.vcpus;
  return ((vcpusLeft / host.vcpus) * vcpuWeight + (ramLeftMib / host.ramMib) * (1 - vcpuWeight)) * maxScore;
}

/** Eq. (1) resource by resource. */
export interface LrsParts {
  /** (cᵢ − rᵢ) / cᵢ: what stays free once the request is placed, as shares of what the host has. */
  readonly vcpusLeftShare: number;
  /** The same of RAM. */
  readonly ramLeftShare: number;
  /** Points that each adds; their sum is the score but for the last bits, which the score avoids to round. */
  readonly vcpuPoints: number;
  /** The same of RAM. */
  readonly ramPoints: number;
}

/** The two halves of `leastRequestedScore`, for explanations. */
export function leastRequestedParts(
  host: LrsHost,
  request: { readonly vcpus: number; readonly ramMib: number },
  { vcpuWeight, maxScore }: LrsOptions = defaultLrs,
): LrsParts {
  const vcpusLeftShare = (host.vcpusFree - request.vcpus) / host.vcpus;
  const ramLeftShare = (host.ramFreeMib - request.ramMib) / host.ramMib;
  const vcpuPoints = vcpusLeftShare * vcpuWeight * maxScore;
  return { vcpusLeftShare, ramLeftShare, vcpuPoints, ramPoints: ramLeftShare * (1 - vcpuWeight) * maxScore };
}

/** Weights w₁, w₂, w₃ of Eq. (2): computing power, bandwidth, clock. */
export type CardWeights = readonly [number, number, number];
/** The weights of Eq. (2) unless others are given. */
export const equalCardWeights: CardWeights = [1 / 3, 1 / 3, 1 / 3];

/** The figures of a card that Eq. (2) weighs: FP32 TFLOPS, memory bandwidth in GB/s, clock in MHz. */
export type CardFigures = Pick<GpuModel, 'fp32Tflops' | 'bandwidthGBs' | 'clockMhz'>;

/**
 * Performance of a card, Eq. (2).
 *
 *     S_card = cc · w₁ + bw · w₂ + cl · w₃
 *
 * cc, bw and cl are FP32 TFLOPS, memory bandwidth and boost clock, each divided by the largest among the cluster's cards.
 *
 * @returns in (0, 1] when the weights sum to 1
 */
export function cardScore(
  card: CardFigures,
  largest: CardFigures,
  [w1, w2, w3]: CardWeights = equalCardWeights,
): number {
  const cc = card.fp32Tflops / largest.fp32Tflops;
  const bw = card.bandwidthGBs / largest.bandwidthGBs;
  const cl = card.clockMhz / largest.clockMhz;
  return cc * w1 + bw * w2 + cl * w3;
}

/** Eq. (3) taken literally: every dimension in its own unit, so that the largest numbers (MiB, cores) decide alone. */
export const rawUnits: ResourceVector = { cards: 1, cardMemoryMib: 1, cardCores: 1, vcpus: 1, ramMib: 1 };

/**
 * Similarity of what is idle (N) and what is asked for (R), Eq. (3).
 *
 *     S_similarity = N · R / (‖N‖ ‖R‖)
 *
 * Differs from the paper in that each component is first divided by `largest`, the largest capacity over the cluster's hosts;
 * with `rawUnits` it is the paper's form. Sums run left to right over the five dimensions.
 *
 * @returns in [0, 1] but for the last bit, since no component is negative; the angle counts, not the size. 0 when a vector is zero
 */
export function similarity(idle: ResourceVector, asked: ResourceVector, largest: ResourceVector): number {
  const n1 = idle.cards / largest.cards;
  const n2 = idle.cardMemoryMib / largest.cardMemoryMib;
  const n3 = idle.cardCores / largest.cardCores;
  const n4 = idle.vcpus / largest.vcpus;
  const n5 = idle.ramMib / largest.ramMib;
  const r1 = asked.cards / largest.cards;
  const r2 = asked.cardMemoryMib / largest.cardMemoryMib;
  const r3 = asked.cardCores / largest.cardCores;
  const r4 = asked.vcpus / largest.vcpus;
  const r5 = asked.ramMib / largest.ramMib;
  const dot = n1 * r1 + n2 * r2 + n3 * r3 + n4 * r4 + n5 * r5;
  const normN = Math.sqrt(n1 * n1 + n2 * n2 + n3 * n3 + n4 * n4 + n5 * n5);
  const normR = Math.sqrt(r1 * r1 + r2 * r2 + r3 * r3 + r4 * r4 + r5 * r5);
  const norms = normN * normR;
  return norms === 0 ? 0 : dot / norms;
}

/** Eq. (3) dimension by dimension. */
export interface SimilarityParts {
  /** nᵢ, idle, divided by the largest. */
  readonly idle: ResourceVector;
  /** rᵢ, asked for, divided by the largest. */
  readonly asked: ResourceVector;
  /** nᵢ · rᵢ. */
  readonly products: ResourceVector;
  /** N · R, the sum of the products. */
  readonly dot: number;
  /** ‖N‖ and ‖R‖. */
  readonly idleNorm: number;
  /** Length of what is asked for. */
  readonly askedNorm: number;
  /** dot / (idleNorm · askedNorm): `similarity` of the same vectors, bit for bit. */
  readonly similarity: number;
}

/** `similarity` with all that it is made of, for explanations. */
export function similarityParts(idle: ResourceVector, asked: ResourceVector, largest: ResourceVector): SimilarityParts {
  const n = quotients(idle, largest);
  const r = quotients(asked, largest);
  const products = eachDimension((dimension) => n[dimension] * r[dimension]);
  const norm = (vector: ResourceVector): number => Math.sqrt(sum(eachDimension((each) => vector[each] * vector[each])));
  const [dot, idleNorm, askedNorm] = [sum(products), norm(n), norm(r)];
  const norms = idleNorm * askedNorm;
  return { idle: n, asked: r, products, dot, idleNorm, askedNorm, similarity: norms === 0 ? 0 : dot / norms };
}

function quotients(vector: ResourceVector, largest: ResourceVector): ResourceVector {
  return eachDimension((dimension) => vector[dimension] / largest[dimension]);
}

function eachDimension(value: (dimension: (typeof dimensions)[number]) => number): ResourceVector {
  return Object.fromEntries(dimensions.map((each) => [each, value(each)])) as unknown as ResourceVector;
}

/** Left to right, as `similarity` adds. */
function sum(vector: ResourceVector): number {
  return vector.cards + vector.cardMemoryMib + vector.cardCores + vector.vcpus + vector.ramMib;
}

/**
 * Score of a card and its host for a GPU VM, Eq. (4).
 *
 *     Gpu_score = S_card × S_similarity
 */
export function gpuScore(sCard: number, sSimilarity: number): number {
  return sCard * sSimilarity;
}
