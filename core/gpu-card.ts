/** GPU models and the cards of a host. */

/** What every card of one model has in common. */
export interface GpuModel {
  /** The catalogue's name, such as `RTX A6000`. */
  readonly name: string;
  /** Memory of one card, MiB. */
  readonly memoryMib: number;
  /** CUDA cores of one card. In traces that give shares of a card: 1000, so that one core is a thousandth of it. */
  readonly cores: number;
  /** Peak single-precision throughput, TFLOPS: the computing power `cc` of Eq. (2). */
  readonly fp32Tflops: number;
  /** Memory bandwidth, GB/s: `bw` of Eq. (2). */
  readonly bandwidthGBs: number;
  /** Boost clock, MHz: `cl` of Eq. (2). */
  readonly clockMhz: number;
}

/**
 * How a card is given away: `passthrough` whole to one VM; `shared` (the paper's one-card-multi-use) by memory and by a
 * share of its cores, to several.
 */
export type CardSharing = 'passthrough' | 'shared';

/** One card in one host. */
export interface GpuCard extends Omit<GpuModel, 'name'> {
  /** PCI address, `0000:3b:00.0`; unique on its host. */
  readonly address: string;
  /** Name of its GpuModel. */
  readonly model: string;
  /** How it is given away. */
  readonly sharing: CardSharing;
}
