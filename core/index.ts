/** The scheduler without its surroundings: no files, no network, no clock, so it runs in a browser too. */
export { type CatalogueEntry, catalogue, modelByPciId, modelNamed } from './card-catalogue.ts';
export { acceptsModel, servingCards, servingInGroup, tightestCards } from './card-fit.ts';
export type { CardShare } from './card-share.ts';
export type { Clock } from './clock.ts';
export { type CardGroup, Cluster, HostView, type ObservedHost, type Placement } from './cluster.ts';
export {
  type CardRun,
  type ClusterFile,
  clusterFormat,
  formatCluster,
  type HostRun,
  type NamedCluster,
  parseCluster,
} from './cluster-file.ts';
export type { Decision, HostVerdict } from './decision.ts';
export type {
  BindingRefused,
  CloudEvent,
  HostFault,
  SrmEvent,
  SrmMissed,
  SrmReported,
  VmArrived,
  VmBound,
  VmEnded,
  VmTurnedAway,
  VmWaits,
} from './events.ts';
export {
  cpuRamDisk,
  type Filter,
  fineGrainedGpu,
  hostUp,
  type Rejection,
  rejections,
} from './filters.ts';
export { typicalRequestsOf } from './fragmentation/typical-requests.ts';
export type { CardSharing, GpuCard, GpuModel } from './gpu-card.ts';
export { hashText, mix } from './hash.ts';
export type { HostSpec } from './host.ts';
export { InputError } from './input-error.ts';
export { countedCards, gpuCount } from './pci-aliases.ts';
export { leftoverShare, leftoverTerms } from './policies/best-fit.ts';
export { fineGrained } from './policies/first-fit.ts';
export { policies, policyNamed } from './policies/index.ts';
export { keptForCards, keptForCardsOptions, type Reserve } from './policies/kept-for-cards.ts';
export { createPolicy, type Policy, type PolicyFactory, type PolicyFactoryWith, type ScoreIndex } from './policy.ts';
export type {
  ChoiceOption,
  NumberOption,
  OptionValues,
  PolicyContext,
  PolicyOption,
  PolicyOptionRecord,
  PolicyOptions,
  ValueOf,
} from './policy-options.ts';
export {
  type FlavorSize,
  isGpuRequest,
  type RequestNumbers,
  requestFromFlavor,
  type VmRequest,
  vmRequest,
} from './request.ts';
export { dimensions, type ResourceVector } from './resources.ts';
export { checkRunFile } from './runs/check-run-file.ts';
export { compareRuns, type MeasureComparison, mediansOf, type PolicyRuns } from './runs/comparison.ts';
export { describeRequest, type Funnel, formatTime, funnelOf, ranked } from './runs/explanation.ts';
export { type DayCount, type Measure, measures, nameOf, servedMeasure, titleOf } from './runs/measures.ts';
export { decisionsOf, firstTryOf, type Moment, momentOf, policyOf, rowOf, viewAt } from './runs/replay.ts';
export {
  beginOf,
  type CloudOptions,
  type ConflictColumns,
  cardsAt,
  type DecisionColumns,
  type FaultColumns,
  type KindSummary,
  type PolicyModuleRecord,
  type RunFile,
  type RunInputs,
  type RunSummary,
  requestAt,
  runFormat,
  type SeriesColumns,
  type SeriesName,
  seriesNames,
  type TextColumn,
  textAt,
} from './runs/run-file.ts';
export { verdictOf } from './runs/verdict.ts';
export { type Engine, engines, explain, formatRejections, isServable, Scheduler, schedule } from './scheduler.ts';
export {
  type CardFigures,
  type CardWeights,
  cardScore,
  defaultLrs,
  equalCardWeights,
  gpuScore,
  type LrsHost,
  type LrsOptions,
  type LrsParts,
  leastRequestedParts,
  leastRequestedScore,
  rawUnits,
  type SimilarityParts,
  similarity,
  similarityParts,
} from './scores.ts';
// How scores are shown.
export type { LrsTerms, ShownScores, ShownTerm, SimilarityTerms } from './shown-scores.ts';
// What hosts report of themselves.
export { applySrm, type CardUse, checkSrm, type SrmCard, type SrmRecord, srmAgeS, srmCardOf, srmOf } from './srm.ts';
export { type Estimate, estimate, pairedDifference } from './statistics/estimate.ts';
export { type QuantileEstimate, quantileInterval } from './statistics/quantile-interval.ts';
export type { RequestKind, TypicalRequest } from './typical-request.ts';
