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
  norm = 0;

  /** @param largest what Eq. (3) divides by */
  constructor(largest: ResourceVector) {
    this.perCard = 1 / largest.cards;
    this.perCardMib = 1 / largest.cardMemoryMib;
    this.perCore = 1 / largest.cardCores;
    this.perVcpu = 1 / largest.vcpus;
    this.perMib = 1 / largest.ramMib;
  }

  set({ cards, cardMemoryMib, cardCores, vcpus, ramMib }: VmRequest): void {
    this.cards = cards * this.perCard;
    this.cardMemory = cardMemoryMib * this.perCardMib;
    this.cardCores = cardCores * this.perCore;
    this.vcpus = vcpus * this.perVcpu;
    this.ram = ramMib * this.perMib;
    this.norm = Math.sqrt(
      this.cards * this.cards +
        this.cardMemory * this.cardMemory +
        this.cardCores * this.cardCores +
        this.vcpus * this.vcpus +
        this.ram * this.ram,
    );
  }
}

/**
 * S_card × cosine, up to rounding. With the cards fixed, the cosine is
 *
 *     (dot + x · r₄ + y · r₅) / (√(square + x² + y²) · ‖R‖)
 *
 * in scaled free vCPUs x and scaled free RAM y; dot and square are what the cards contribute. It is quasi-concave: it has one peak, and
 * falls in every direction from there.
 */
export class FitCurve {
  /** The offer that it was drawn for. */
  offer: CardOffer = { cards: 0, cardMemoryMib: 0, cardCores: 0, cardScore: 0 };
  readonly #asked: ScaledRequest;
  #dot = 0;
  #square = 0;
  /** S_card / ‖R‖. */
  #scale = 0;

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
    this.#scale = offer.cardScore / asked.norm;
  }

  /** The score of a host with so much free. */
  at(vcpus: number, ramMib: number): number {
    return this.#at(vcpus * this.#asked.perVcpu, ramMib * this.#asked.perMib);
  }

  /** Free RAM, MiB, at which the score is largest for that many free vCPUs: where the derivative is 0. */
  peakMib(vcpus: number): number {
    return this.#peakRam(vcpus * this.#asked.perVcpu) / this.#asked.perMib;
  }

  /** Free vCPUs at which the score is largest within these limits. */
  peakVcpus(leastVcpus: number, mostVcpus: number, leastMib: number, mostMib: number): number {
    const { vcpus, ram, perVcpu, perMib } = this.#asked;
    const y = (ram * this.#square) / this.#dot;
    let x = (vcpus * this.#square) / this.#dot;
    if (y < leastMib * perMib || y > mostMib * perMib) {
      // The peak lies beyond a limit of the RAM: along that limit.
      const side = (y < leastMib * perMib ? leastMib : mostMib) * perMib;
      x = (vcpus * (this.#square + side * side)) / (this.#dot + side * ram);
    }
    return Math.min(Math.max(x / perVcpu, leastVcpus), mostVcpus);
  }

  /** The largest score with that many free vCPUs and RAM within these limits. */
  most(vcpus: number, leastMib: number, mostMib: number): number {
    const { perVcpu, perMib } = this.#asked;
    const x = vcpus * perVcpu;
    return this.#at(x, Math.min(Math.max(this.#peakRam(x), leastMib * perMib), mostMib * perMib));
  }

  #peakRam(x: number): number {
    return (this.#asked.ram * (this.#square + x * x)) / (this.#dot + x * this.#asked.vcpus);
  }

  #at(x: number, y: number): number {
    const dot = this.#dot + x * this.#asked.vcpus + y * this.#asked.ram;
    return (dot / Math.sqrt(this.#square + x * x + y * y)) * this.#scale;
  }
}
