/** Who may knock at all: origin, rate, number of connections; and the note that is made of each refusal. */
import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.ts';
import { clientAddress } from '../../http/client-address.ts';
import { RateLimit } from '../../http/rate-limit.ts';
import { requestIdOf } from '../../http/request-id.ts';
import { type Authority, Refused } from '../authority/authority.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { GatewayLimits } from './limits.ts';

/** Somebody at the door. */
export interface Caller {
  readonly address: string;
  readonly requestId: string;
}

export interface AdmissionParts {
  readonly proxies: BlockList;
  readonly limits: GatewayLimits;
  readonly authority: Pick<Authority, 'refused'>;
  readonly metrics: Pick<GatewayMetrics, 'refused'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #connects: RateLimit;
  /** Rights to applications that the authority is asked for, beside which its answers are kept: an institute may stand behind one address. */
  readonly #appQuestions: RateLimit;
  /** One who is refused for coming too often must not fill the audit trail by that. */
  readonly #notes: RateLimit;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    const { connectBurst: burst, connectPerS: perS } = parts.limits;
    this.#connects = new RateLimit({ burst, perS }, parts.clock);
    this.#appQuestions = new RateLimit({ burst: 10 * burst, perS: 10 * perS }, parts.clock);
    this.#notes = new RateLimit({ burst: 1, perS: 1 / 60 }, parts.clock);
  }

  callerOf(request: IncomingMessage): Caller {
    return { address: clientAddress(request, this.#parts.proxies), requestId: requestIdOf(request) };
  }

  /** Counts a connect. @throws Refused */
  takeConnect({ address }: Caller): void {
    if (!this.#connects.take(address)) throw new Refused('rate-limit');
  }

  /** Counts a question for the right to an application. @throws Refused */
  takeAppQuestion({ address }: Caller): void {
    if (!this.#appQuestions.take(address)) throw new Refused('rate-limit');
  }

  /** @throws Refused */
  checkOrigin(request: IncomingMessage, origins: ReadonlySet<string>): void {
    const { origin } = request.headers;
    if (origin === undefined || !origins.has(origin)) throw new Refused('origin');
  }

  /**
   * Counts, logs and notes a refusal. @param isOurs the gateway's decision, which the authority does not know of. @returns the HTTP status
   */
  refused(error: unknown, { address, requestId }: Caller, isOurs: boolean): number {
    const { metrics, log, authority } = this.#parts;
    if (!(error instanceof Refused)) {
      metrics.refused('error');
      log.error({ err: error, requestId, address }, 'a connect failed');
      return 500;
    }
    const { reason } = error;
    metrics.refused(reason);
    if (reason !== 'rate-limit' || this.#notes.take(address)) {
      log.info({ requestId, address, reason }, 'refused');
      if (isOurs) void authority.refused(reason, address, requestId);
    }
    return reason === 'rate-limit' ? 429 : reason === 'authority-away' ? 503 : 403;
  }
}
