/** How a web application is started. */
import type { WebApp } from '../catalogue/station.ts';

/** On a machine it listens at all addresses, whose one is not known beforehand: the gateway comes from outside. */
export function appCommand({ command }: WebApp, base: string, address = '0.0.0.0'): string {
  return command.replaceAll('{base}', base).replaceAll('{address}', address);
}
