/** Whether our clock and those of the cloud's services agree: tokens, leases and the ages of records depend on it. */
import type { Clock } from '../../core/clock.ts';
import type { Check } from '../checks.ts';
import type { Exchange } from '../openstack/index.ts';
import { check } from './cloud-checks.ts';
import { clockStep } from './steps.ts';

/** Seconds by which clocks may differ. */
export const mostApartS = 5;

type SeenExchange = Pick<Exchange, 'service' | 'status' | 'durationS' | 'serviceTimeS'>;

/** Gathers what the exchanges of a session tell of the services' clocks. */
export class ServiceClocks {
  readonly #clock: Pick<Clock, 'nowS'>;
  /** By service: by how much at least it is ahead of us (negative: behind), from the exchange in which that is least. */
  readonly #apartS = new Map<string, number>();
  readonly #answered = new Set<string>();

  constructor(clock: Pick<Clock, 'nowS'>) {
    this.#clock = clock;
  }

  /** The session's `observe`. */
  observe({ service, status, durationS, serviceTimeS }: SeenExchange): void {
    if (status === null) return;
    this.#answered.add(service);
    if (serviceTimeS === null) return;
    const { nowS } = this.#clock;
    // The time leaves out the second's parts, and was written at some moment of the exchange.
    const aheadS = Math.max(0, serviceTimeS - nowS);
    const behindS = Math.max(0, nowS - durationS - (serviceTimeS + 1));
    const apartS = aheadS > 0 ? aheadS : -behindS;
    const before = this.#apartS.get(service);
    if (before === undefined || Math.abs(apartS) < Math.abs(before)) this.#apartS.set(service, apartS);
  }

  /** One check for all services that agree with us, one for each that does not, one for those that have not told their time. */
  checks(): Check[] {
    const all = [...this.#apartS];
    const agreeing = all.filter(([, apartS]) => Math.abs(apartS) <= mostApartS).map(([service]) => service);
    const found =
      agreeing.length === 0 ? [] : [check(clockStep, 'ok', `${agreeing.join(', ')}: within ${mostApartS} s of ours`)];
    for (const [service, apartS] of all) {
      if (Math.abs(apartS) <= mostApartS) continue;
      const text = `${service}: ${Math.round(Math.abs(apartS))} s ${apartS > 0 ? 'ahead of' : 'behind'} our clock`;
      found.push(check(clockStep, 'wrong', text, 'set the clock by NTP, there or here'));
    }
    const silent = [...this.#answered].filter((service) => !this.#apartS.has(service));
    if (silent.length > 0) {
      const text = `${silent.join(', ')}: no time in the answers`;
      found.push(check(clockStep, 'cannot-tell', text, 'is NTP in order on their machines (chronyc tracking)?'));
    }
    return found;
  }
}
