/** Workloads: readers of public traces, the generator of the HEPS workload, and our own format. */
export type { CardSharing, GpuCard, GpuModel } from '../core/gpu-card.ts';
export type { HostSpec } from '../core/host.ts';
export { InputError } from '../core/input-error.ts';
export type { VmRequest } from '../core/request.ts';
export { readAlibaba2025 } from './alibaba-2025.ts';
export type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
export { copyOf } from './arrival-row.ts';
export { readAzure } from './azure.ts';
export { readAzureVmTable } from './azure-vmtable.ts';
export { readTrace, recogniseTrace, type TraceFormat, type TraceOptions } from './formats.ts';
export type { HepsCalendar } from './heps-calendar.ts';
export { formatHepsCsv, hepsCsvHeader, readHepsCsv } from './heps-csv.ts';
export type {
  Beamline,
  DesktopKind,
  DesktopSize,
  EverydayUse,
  HepsParameters,
  Lifetime,
  Profile,
  Rhythm,
} from './heps-parameters.ts';
export { readHepsParameters } from './heps-parameters-reader.ts';
export { generateHeps, type HepsOptions } from './heps-workload.ts';
export { type LeftOut, type LeftOutReason, LeftOutRows, leftOutWords, RowError } from './left-out.ts';
export { type OpenbOptions, readOpenbNodes, readOpenbPods } from './openb.ts';
export { exponential, type RandomStream, randomStream } from './random.ts';
export { readSwf, type SwfOptions } from './swf.ts';
export type { Weighted } from './weighted-choice.ts';
