/** A real cloud: the OpenStack client, and the streams of a running `heps live serve`. */
export * from './openstack/index.ts';
