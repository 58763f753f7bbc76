/** Eq. (4) as a function of a host's free vCPUs and free RAM, for one request and one offer of cards: where it peaks, and its bounds. */
import type { CardOffer } from './card-state.ts';
import type { VmRequest } from './request.ts';
import type { ResourceVector } from './resources.ts';

/** What a request asks for, each component divided by the largest: R of Eq. (3), set once a decision. */
export class ScaledRequest {
  readonly perCard: number;
  readonly perCardMib: number;
  readonly perCore: number;
  readonly perVcpu: number;
  readonly perMib: number;
  cards = 0;
  cardMemory = 0;
  cardCores = 0;
  vcpus = 0;
  ram = 0;
  /** 1 / ‖R‖. */
  perNorm = 0;

  /** @param largest what Eq. (3) divides by */
  constructor(largest: ResourceVector) {
    this.perCard = 1 / largest.cards;
    this.perCardMib = 1 / largest.cardMemoryMib;
    this.perCore = 1 / largest.cardCores;
    this.perVcpu = 1 / largest.vcpus;
    this.perMib = 1 / largest.ramMib;
  }

  set(request: VmRequest): void {
    this.cards = request.cards * this.perCard;
    this.cardMemory = request.cardMemoryMib * this.perCardMib;
    this.cardCores = request.cardCores * this.perCore;
    this.vcpus = request.vcpus * this.perVcpu;
    this.ram = request.ramMib * this.perMib;
    const { cards: r1, cardMemory: r2, cardCores: r3, vcpus: r4, ram: r5 } = this;
    this.perNorm = 1 / Math.sqrt(r1 * r1 + r2 * r2 + r3 * r3 + r4 * r4 + r5 * r5);
  }
}

/**
 * The square of S_card × cosine, up to rounding. With the cards fixed, S_card × cosine is
 *
 *     scale · (dot + x · r₄ + y · r₅) / √(square + x² + y²)        scale = S_card / ‖R‖
 *
 * in scaled free vCPUs x and scaled free RAM y; dot and square are what the cards contribute. It is quasi-concave: it has one peak, and
 * falls in every direction from there. Squares are in the same order and need no roots. Mostly the peak lies beyond everything that is
 * free, which is seen without a division.
 */
export class FitCurve {
  /** The offer that it was drawn for. */
  offer: CardOffer = { cards: 0, cardMemoryMib: 0, cardCores: 0, cardScore: 0 };
  /** Free vCPUs at which `climb` found the largest value. */
  peakVcpus = 0;
  readonly #asked: ScaledRequest;
  #dot = 0;
  #square = 0;
  #scaleSquared = 0;

  constructor(asked: ScaledRequest) {
    this.#asked = asked;
  }

  /** Makes this the curve of that offer to the request as it is set now. */
  draw(offer: CardOffer): void {
    const asked = this.#asked;
    this.offer = offer;
    const n1 = offer.cards * asked.perCard;
    const n2 = offer.cardMemoryMib * asked.perCardMib;
    const n3 = offer.cardCores * asked.perCore;
    this.#dot = n1 * asked.cards + n2 * asked.cardMemory + n3 * asked.cardCores;
    this.#square = n1 * n1 + n2 * n2 + n3 * n3;
    const scale = offer.cardScore * asked.perNorm;
    this.#scaleSquared = scale * scale;
  }

  /** The value for a host with so much free. */
  at(vcpus: number, ramMib: number): number {
    return this.#at(vcpus * this.#asked.perVcpu, ramMib * this.#asked.perMib);
  }

  /** Whether more free RAM than this, with that many free vCPUs, would be better still. */
  isRising(vcpus: number, ramMib: number): boolean {
    return this.#isRisingInRam(vcpus * this.#asked.perVcpu, ramMib * this.#asked.perMib);
  }

  /** Free RAM, MiB, at which the value is largest for that many free vCPUs: where the derivative is 0. */
  peakMib(vcpus: number): number {
    return this.#peakRam(vcpus * this.#asked.perVcpu) / this.#asked.perMib;
  }

  /** The largest value with that many free vCPUs and RAM within these limits. */
  most(vcpus: number, leastMib: number, mostMib: number): number {
    const { perVcpu, perMib } = this.#asked;
    const x = vcpus * perVcpu;
    const highest = mostMib * perMib;
    return this.#at(x, this.#isRisingInRam(x, highest) ? highest : Math.max(this.#peakRam(x), leastMib * perMib));
  }

  /** The largest value within these limits; `peakVcpus` says where it is. */
  climb(leastVcpus: number, mostVcpus: number, leastMib: number, mostMib: number): number {
    const { vcpus, ram, perVcpu, perMib } = this.#asked;
    const highX = mostVcpus * perVcpu;
    const highY = mostMib * perMib;
    this.peakVcpus = mostVcpus;
    if (
      this.#isRisingInRam(highX, highY) &&
      vcpus * (this.#square + highY * highY) >= highX * (this.#dot + highY * ram)
    ) {
      return this.#at(highX, highY);
    }
    const lowY = leastMib * perMib;
    const y = (ram * this.#square) / this.#dot;
    let x = (vcpus * this.#square) / this.#dot;
    if (y < lowY || y > highY) {
      // The peak lies beyond a limit of the RAM: along that limit.
      const side = y < lowY ? lowY : highY;
      x = (vcpus * (this.#square + side * side)) / (this.#dot + side * ram);
    }
    this.peakVcpus = Math.min(Math.max(x / perVcpu, leastVcpus), mostVcpus);
    return this.most(this.peakVcpus, leastMib, mostMib);
  }

  #isRisingInRam(x: number, y: number): boolean {
    const { vcpus, ram } = this.#asked;
    return ram * (this.#square + x * x) >= y * (this.#dot + x * vcpus);
  }

  #peakRam(x: number): number {
    return (this.#asked.ram * (this.#square + x * x)) / (this.#dot + x * this.#asked.vcpus);
  }

  #at(x: number, y: number): number {
    const dot = this.#dot + x * this.#asked.vcpus + y * this.#asked.ram;
    return (this.#scaleSquared * dot * dot) / (this.#square + x * x + y * y);
  }
}
