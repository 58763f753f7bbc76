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
    this.note(service, apartS);
  }

  /** What else tells of a clock. @param apartS by how much it is ahead of ours; negative: behind */
  note(name: string, apartS: number): void {
    this.#answered.add(name);
    const before = this.#apartS.get(name);
    if (before === undefined || Math.abs(apartS) < Math.abs(before)) this.#apartS.set(name, apartS);
  }

  /** One check for all services that agree with us, one for each that does not, one for those that have not told their time. */
  checks(): Check[] {
    const all = [...this.#apartS];
    const ours = this.#oursIsWrong(all);
    if (ours !== null) return [ours, ...this.#silentCheck()];
    const agreeing = all.filter(([, apartS]) => Math.abs(apartS) <= mostApartS).map(([service]) => service);
    const found =
      agreeing.length === 0 ? [] : [check(clockStep, 'ok', `${agreeing.join(', ')}: within ${mostApartS} s of ours`)];
    for (const [service, apartS] of all) {
      if (Math.abs(apartS) <= mostApartS) continue;
      const text = `${service}: ${Math.round(Math.abs(apartS))} s ${apartS > 0 ? 'ahead of' : 'behind'} our clock`;
      found.push(check(clockStep, 'wrong', text, 'set the clock by NTP, there or here'));
    }
    return [...found, ...this.#silentCheck()];
  }

  /** Where all others agree with one another but not with us, the wrong clock is this computer's. */
  #oursIsWrong(all: readonly (readonly [string, number])[]): Check | null {
    const aparts = all.map(([, apartS]) => apartS);
    const [least, most] = [Math.min(...aparts), Math.max(...aparts)];
    if (all.length < 2 || most - least > mostApartS || Math.min(Math.abs(least), Math.abs(most)) <= mostApartS)
      return null;
    const text = `this computer's clock is ${Math.round(Math.abs(most))} s ${most > 0 ? 'behind' : 'ahead of'} all others`;
    const names = all.map(([name]) => name).join(', ');
    return check(clockStep, 'wrong', `${text}, which agree: ${names}`, 'set the clock of this computer by NTP');
  }

  #silentCheck(): Check[] {
    const silent = [...this.#answered].filter((service) => !this.#apartS.has(service));
    if (silent.length === 0) return [];
    const text = `${silent.join(', ')}: no time in the answers`;
    return [check(clockStep, 'cannot-tell', text, 'is NTP in order on their machines (chronyc tracking)?')];
  }
}
