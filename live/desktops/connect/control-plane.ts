/** Addresses of the control plane, to which no stream may ever go. */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { Session } from '../../openstack/index.ts';

/** Services of the cloud whose endpoints are known here. */
const services = ['identity', 'compute', 'placement', 'image'] as const;

/** Of this computer, without loopback, which has a rule of its own. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address.split('%')[0]!);
}

/** Of the cloud's services. @throws what the cloud or the name service threw */
export async function endpointAddresses(session: Session): Promise<string[]> {
  const endpoints = await Promise.all(services.map((service) => endpointOf(session, service)));
  const names = new Set(endpoints.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, '')));
  const found = await Promise.all([...names].map((name) => lookup(name, { all: true })));
  return found.flat().map(({ address }) => address);
}

function endpointOf(session: Session, service: (typeof services)[number]): Promise<string> {
  return service === 'identity' ? Promise.resolve(session.cloud.authUrl) : session.endpoint(service);
}
