/** The paper's scheduler as a library: hosts and requests, filters, scores, policies, one decision and its explanation. No Node. */
export { acceptsModel, servingCards, servingInGroup, tightestCards } from './card-fit.ts';
export { type CardGroup, Cluster, HostView } from './cluster.ts';
export { parseCluster } from './cluster-file.ts';
export type { Decision, HostVerdict } from './decision.ts';
export { countedCards, cpuRamDisk, type Filter, fineGrainedGpu, gpuCount, hostUp, type Rejection } from './filters.ts';
export type { GpuCard, GpuModel } from './gpu-card.ts';
export { hashText, mix } from './hash.ts';
export type { HostSpec } from './host.ts';
export { InputError } from './input-error.ts';
export { leftoverShare, leftoverTerms } from './policies/best-fit.ts';
export { fineGrained } from './policies/first-fit.ts';
export { policies, policyNamed } from './policies/index.ts';
export { keptForCards, keptForCardsOptions } from './policies/kept-for-cards.ts';
export { createPolicy, type Policy, type PolicyFactory, type PolicyFactoryWith, type ScoreIndex } from './policy.ts';
export type {
  ChoiceOption,
  NumberOption,
  OptionValues,
  PolicyContext,
  PolicyOption,
  PolicyOptionRecord,
  PolicyOptions,
} from './policy-options.ts';
export { isGpuRequest, type VmRequest, vmRequest } from './request.ts';
export { explain, Scheduler, schedule } from './scheduler.ts';
export { cardScore, gpuScore, leastRequestedScore, similarity } from './scores.ts';
export type { ShownScores, ShownTerm } from './shown-scores.ts';
export type { TypicalRequest } from './typical-request.ts';
