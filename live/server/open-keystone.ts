/** Keystone, to be asked about the tokens of people, as the configuration has it. */
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { KeystoneCheck } from '../http/keystone-check.ts';
import { openSession, readCloudConfiguration, showToken, surroundings } from '../openstack/index.ts';
import type { Configuration } from './configuration.ts';
import type { CloudScheduler } from './open-scheduler.ts';

export interface Keystone {
  readonly check: KeystoneCheck;
  /** Closes its login, unless that is the scheduler's. */
  close(): Promise<void>;
}

/** With the scheduler's login, or one of its own; null where no tokens of Keystone are taken. Asks nothing yet. @throws InputError */
export function openKeystone(
  { keystone }: Configuration,
  scheduler: Pick<CloudScheduler, 'session'> | null,
  clock: Pick<Clock, 'nowS'>,
  log: Logger,
): Keystone | null {
  if (keystone === null) return null;
  const session = scheduler?.session ?? openSession(readCloudConfiguration(surroundings(), keystone.cloud));
  const check = new KeystoneCheck({
    show: (token) => showToken(session, token),
    roles: keystone.roles,
    clock,
    onError: (error) => log.warn({ err: error }, 'Keystone could not be asked about a token'),
  });
  return { check, close: async () => (scheduler === null ? await session.close() : undefined) };
}
