/** Eq. (4) as a function of a host's free vCPUs and free RAM, for one request and several offers of cards: where it peaks, and its bounds. */

import type { AskedVector } from '../asked-vector.ts';
import type { StateOffer } from './card-state.ts';

/** Places of a curve's figures, which stand one curve after the other in one array: this costs less than an object each. */
const dot = 0;
const square = 1;
const scaleSquared = 2;
const peakVcpus = 3;
const figures = 4;

/**
 * Curves, numbered as they are drawn. A curve is the square of S_card × cosine, up to rounding. With the cards fixed, S_card × cosine is
 *
 *     scale · (dot + x · r₄ + y · r₅) / √(square + x² + y²)        scale = S_card / ‖R‖
 *
 * in scaled free vCPUs x and scaled free RAM y; dot and square are what the cards contribute. It is quasi-concave: it has one peak, and
 * falls in every direction from there. Squares are in the same order and need no roots. Mostly the peak lies beyond everything that is
 * free, which is seen without a division.
 */
export class FitCurves {
  /** How many are drawn. */
  length = 0;
  #perCard = 0;
  #perCardMib = 0;
  #perCore = 0;
  #perVcpu = 0;
  #perMib = 0;
  /** R of Eq. (3), scaled, and 1 / ‖R‖². */
  readonly #asked = new Float64Array(6);
  #figures = new Float64Array(64 * figures);

  /** Removes all curves; those drawn from now on are for this request. */
  start({ asked: { cards, cardMemoryMib, cardCores, vcpus, ramMib }, units }: AskedVector): void {
    this.length = 0;
    this.#perCard = 1 / units.cards;
    this.#perCardMib = 1 / units.cardMemoryMib;
    this.#perCore = 1 / units.cardCores;
    this.#perVcpu = 1 / units.vcpus;
    this.#perMib = 1 / units.ramMib;
    const r1 = cards * this.#perCard;
    const r2 = cardMemoryMib * this.#perCardMib;
    const r3 = cardCores * this.#perCore;
    const r4 = vcpus * this.#perVcpu;
    const r5 = ramMib * this.#perMib;
    const vector = this.#asked;
    vector[0] = r1;
    vector[1] = r2;
    vector[2] = r3;
    vector[3] = r4;
    vector[4] = r5;
    vector[5] = 1 / (r1 * r1 + r2 * r2 + r3 * r3 + r4 * r4 + r5 * r5);
  }

  /**
   * The largest value that an offer can have with free vCPUs and RAM within these limits. Its curve is added if that is at least `least`;
   * `peakVcpus` says then where it is.
   */
  climb(
    { cards, cardMemoryMib, cardCores, cardScore }: StateOffer,
    leastVcpus: number,
    mostVcpus: number,
    leastMib: number,
    mostMib: number,
    least: number,
  ): number {
    const asked = this.#asked;
    const r4 = asked[3]!;
    const r5 = asked[4]!;
    const n1 = cards * this.#perCard;
    const n2 = cardMemoryMib * this.#perCardMib;
    const n3 = cardCores * this.#perCore;
    const base = n1 * asked[0]! + n2 * asked[1]! + n3 * asked[2]!;
    const baseSquare = n1 * n1 + n2 * n2 + n3 * n3;
    const scale = cardScore * cardScore * asked[5]!;
    const x = mostVcpus * this.#perVcpu;
    const y = mostMib * this.#perMib;
    if (r4 * (baseSquare + y * y) >= x * (base + y * r5) && r5 * (baseSquare + x * x) >= y * (base + x * r4)) {
      // It still rises in the corner where both are largest.
      const sum = base + x * r4 + y * r5;
      const value = (scale * sum * sum) / (baseSquare + x * x + y * y);
      if (value >= least) this.#add(base, baseSquare, scale, mostVcpus);
      return value;
    }
    const lowY = leastMib * this.#perMib;
    const peakY = (r5 * baseSquare) / base;
    let peakX = (r4 * baseSquare) / base;
    if (peakY < lowY || peakY > y) {
      // The peak lies beyond a limit of the RAM: along that limit.
      const side = peakY < lowY ? lowY : y;
      peakX = (r4 * (baseSquare + side * side)) / (base + side * r5);
    }
    const peak = Math.min(Math.max(peakX / this.#perVcpu, leastVcpus), mostVcpus);
    const curve = this.#add(base, baseSquare, scale, peak);
    const value = this.most(curve, peak, leastMib, mostMib);
    if (value < least) this.length--;
    return value;
  }

  /** @returns its number */
  #add(base: number, baseSquare: number, scale: number, peak: number): number {
    const place = this.length * figures;
    if (place === this.#figures.length) {
      const larger = new Float64Array(2 * place);
      larger.set(this.#figures);
      this.#figures = larger;
    }
    this.#figures[place + dot] = base;
    this.#figures[place + square] = baseSquare;
    this.#figures[place + scaleSquared] = scale;
    this.#figures[place + peakVcpus] = peak;
    return this.length++;
  }

  /** The value for a host with this much free. */
  at(curve: number, vcpus: number, ramMib: number): number {
    return this.#at(curve, vcpus * this.#perVcpu, ramMib * this.#perMib);
  }

  /** Whether more free RAM than this, with that many free vCPUs, would be better still. */
  isRising(curve: number, vcpus: number, ramMib: number): boolean {
    return this.#isRisingInRam(curve, vcpus * this.#perVcpu, ramMib * this.#perMib);
  }

  /**
   * Whether with every vCPU and MiB more the value grows, up to these. A little less than the truth, so that it grows by more than rounding
   * can hide: the derivative by x has the sign of r₄ (square + y²) − x (dot + y r₅), that by y likewise.
   */
  isRisingBelow(curve: number, vcpus: number, ramMib: number): boolean {
    const place = curve * figures;
    const base = 0.99 * this.#figures[place + square]!;
    const cards = this.#figures[place + dot]!;
    const x = vcpus * this.#perVcpu;
    const y = ramMib * this.#perMib;
    const r4 = this.#asked[3]!;
    const r5 = this.#asked[4]!;
    return r4 * base >= x * (cards + y * r5) && r5 * base >= y * (cards + x * r4);
  }

  /** Free RAM, MiB, at which the value is largest for that many free vCPUs: where the derivative is 0. */
  peakMib(curve: number, vcpus: number): number {
    return this.#peakRam(curve, vcpus * this.#perVcpu) / this.#perMib;
  }

  /** The largest value with that many free vCPUs and RAM within these limits. */
  most(curve: number, vcpus: number, leastMib: number, mostMib: number): number {
    const x = vcpus * this.#perVcpu;
    const highest = mostMib * this.#perMib;
    if (this.#isRisingInRam(curve, x, highest)) return this.#at(curve, x, highest);
    return this.#at(curve, x, Math.max(this.#peakRam(curve, x), leastMib * this.#perMib));
  }

  /** Free vCPUs at which `climb` found the largest value. */
  peakVcpus(curve: number): number {
    return this.#figures[curve * figures + peakVcpus]!;
  }

  #isRisingInRam(curve: number, x: number, y: number): boolean {
    const place = curve * figures;
    const asked = this.#asked;
    return asked[4]! * (this.#figures[place + square]! + x * x) >= y * (this.#figures[place + dot]! + x * asked[3]!);
  }

  #peakRam(curve: number, x: number): number {
    const place = curve * figures;
    const asked = this.#asked;
    return (asked[4]! * (this.#figures[place + square]! + x * x)) / (this.#figures[place + dot]! + x * asked[3]!);
  }

  #at(curve: number, x: number, y: number): number {
    const place = curve * figures;
    const asked = this.#asked;
    const sum = this.#figures[place + dot]! + x * asked[3]! + y * asked[4]!;
    return (this.#figures[place + scaleSquared]! * sum * sum) / (this.#figures[place + square]! + x * x + y * y);
  }
}
