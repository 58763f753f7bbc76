/** What the parts of one gateway share. */
import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.ts';
import type { Authority, Grant } from '../authority/authority.ts';
import { Refused } from '../authority/authority.ts';
import type { Admission } from './admission.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { GatewayLimits } from './limits.ts';
import type { OpenRights } from './open-rights.ts';
import type { Upgrades } from './upgrade.ts';

export interface GatewayContext {
  /** One that fails closed. */
  readonly authority: Authority;
  readonly admission: Admission;
  readonly rights: OpenRights;
  readonly upgrades: Upgrades;
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether browsers reach it over HTTPS. */
  readonly isSecure: boolean;
}

/** Holds the numbers of connections. @throws Refused */
export function checkRoom({ rights, limits }: Pick<GatewayContext, 'rights' | 'limits'>, { person }: Grant): void {
  if (rights.size >= limits.mostOpen || rights.ofPerson(person) >= limits.mostOpenPerPerson) {
    throw new Refused('rate-limit');
  }
}
