/** A real cloud: the streams of a running `heps live serve`, and a client for OpenStack. */
export type * from '../core/events.ts';
export * from './openstack/index.ts';
export type { ReconnectOptions } from './watch/reconnecting.ts';
export { StreamRefused } from './watch/server-sent-events.ts';
export { watchCloud$ } from './watch/watch-cloud.ts';
export { watchSrm$ } from './watch/watch-srm.ts';
